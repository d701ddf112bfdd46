"""A portable whose manifest cannot be read, or has another name, is still taken for one."""

import pytest

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package

PYTHON = b'{"language": "python", "executable": "mirror.py", "functions": ["echo"]}'


def kind_and_name(files: dict[str, bytes], name: str | None = None) -> tuple[Kind | None, str]:
    package = Package.of(files, name=name, path="odd-1.0.zip")
    return package.kind, package.name


@pytest.mark.parametrize("manifest", [b"", b"{,}", b"\xef\xbb\xbf" + PYTHON, b'{"language": "p'])
@pytest.mark.parametrize("other", ["mirror.py", "functions/echo.json", "sources/s.yaml"])
def test_a_broken_manifest_makes_a_portable_where_the_rest_looks_like_one(
    manifest: bytes, other: str
) -> None:
    assert kind_and_name({"mirror.json": manifest, other: b""}) == (Kind.PORTABLE, "mirror")


def test_a_program_that_may_be_executed_is_enough() -> None:
    package = Package.of({"mirror.json": b"{,}", "mirror": b""}, modes={"mirror": 0o755})
    assert (package.kind, package.name) == (Kind.PORTABLE, "mirror")


@pytest.mark.parametrize("other", ["mirror.so", "mirror.yaml", "README.md"])
def test_broken_metadata_makes_no_portable(other: str) -> None:
    assert kind_and_name({"mirror.json": b"{,}", other: b""})[0] is not Kind.PORTABLE


def test_a_manifest_that_reads_goes_before_a_broken_one() -> None:
    files = {"a.json": b"{,}", "mirror.json": PYTHON, "mirror.py": b""}
    assert kind_and_name(files) == (Kind.PORTABLE, "mirror")


@pytest.mark.parametrize("name", ["Mirror", "MIRROR", "other"])
def test_a_manifest_of_another_name_makes_a_portable_of_the_given_one(name: str) -> None:
    files = {"mirror.json": PYTHON, "mirror.py": b""}
    assert kind_and_name(files, name) == (Kind.PORTABLE, name)


def test_a_manifest_of_another_name_beside_a_shared_object_makes_none() -> None:
    files = {"mirror.json": PYTHON, "random.so": b""}
    assert kind_and_name(files, "random")[0] is not Kind.PORTABLE
