"""Whatever a path leads to is a package or one line that says why not."""

from __future__ import annotations

import os
import random
import socket
import stat
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.document import MAX_DOCUMENT
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package, open_package, package_of_bytes
from tests.package.zips import Member, build, deflate
from tests.rules.rule_cases import findings

MANIFEST = b'{"version": "v1.2", "language": "python", "executable": "main.py", "sources": ["s"]}'
SOURCE = {"Random@v1.0.0.so": b"\x7fELF", "random.yaml": b"default: {}\n", "random.json": b"{}"}


def zipped(files: dict[str, bytes]) -> bytes:
    return build(*(Member(name.encode(), content, method=8) for name, content in files.items()))


FOUND = {
    "source": (SOURCE, (Kind.SOURCE, "random", "1.0.0")),
    "source without so": ({"random.yaml": b""}, (Kind.SOURCE, "random", "")),
    "sink": ({"File.so": b"", "file.json": b'{"properties": []}'}, (Kind.SINK, "file", "")),
    "source by metadata": (
        {"File.so": b"", "file.json": b'{"properties": {}}'},
        (Kind.SOURCE, "file", ""),
    ),
    "function": (
        {"Echo@1.so": b"", "echo.json": b'{"functions": [{"name": "echo"}]}'},
        (Kind.FUNCTION, "echo", "1"),
    ),
    "sink or function": ({"Echo@vfoo.so": b""}, (None, "echo", "foo")),
    "portable": ({"p.json": MANIFEST, "main.py": b""}, (Kind.PORTABLE, "p", "v1.2")),
    "portable of several": (
        {"q.json": b'{"language": "go"}', "p.json": MANIFEST, "main.py": b""},
        (Kind.PORTABLE, "p", "v1.2"),
    ),
    "extra library": (
        {"Libx.so": b"", "Random.so": b"", "random.yaml": b""},
        (Kind.SOURCE, "random", ""),
    ),
    "so in a folder": ({"sub/Random.so": b""}, (None, "given", "")),
    "nothing": ({}, (None, "given", "")),
}


@pytest.mark.parametrize(("files", "found"), FOUND.values(), ids=list(FOUND))
def test_kind_name_and_version_are_found_from_the_content(
    files: dict[str, bytes], found: tuple[Kind | None, str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    packages = [
        package_of_bytes(zipped(files), path="given-v1.zip"),
        Package.of(files, path="given@1.zip"),
        open_package(folder),
    ]
    assert [(package.kind, package.name, package.version) for package in packages] == [found] * 3


def test_what_is_given_is_not_questioned() -> None:
    package = package_of_bytes(zipped(SOURCE), kind=Kind.SINK, name="other")
    assert (package.kind, package.name, package.configuration) == (Kind.SINK, "other", None)
    assert package_of_bytes(zipped(SOURCE), kind=Kind.PORTABLE).name == "package"
    assert package_of_bytes(zipped(SOURCE), name="x").kind is None


def test_documents_are_found_by_kind_and_name() -> None:
    source = package_of_bytes(zipped(SOURCE))
    assert source.manifest is None
    assert source.metadata is not None
    assert source.metadata.file == "random.json"
    assert source.configuration is not None
    assert source.configuration.root is not None
    assert source.configuration.root.plain() == {"default": {}}
    assert source.configuration is source.configuration
    portable = Package.of({"p.json": MANIFEST})
    assert portable.metadata is None
    assert portable.manifest is not None


def test_broken_document_says_where() -> None:
    package = Package.of({"random.yaml": b"a: 1\na: 2\n", "R.so": b""}, name="random")
    assert package.configuration is not None
    assert package.configuration.root is None
    assert package.configuration.error is not None
    assert package.configuration.error.line == 2


def test_huge_document_is_not_read() -> None:
    package = Package.of({"p.json": b'{"language": "go"}' + b" " * MAX_DOCUMENT})
    document = package.json("p.json")
    assert document is not None
    assert (document.root, document.error) == (None, None)
    assert document.unread == "more than 256 KiB"
    assert package.files.unread == {document.entry: "more than 256 KiB"}


def test_equal_names_first_and_last() -> None:
    package = package_of_bytes(build(Member(b"a", b"1"), Member(b"a", b"22")))
    first, last = package.first("a"), package.entry("a")
    assert first is not None
    assert last is not None
    assert (package.read(first), package.read(last), package.read("a")) == (b"1", b"22", b"22")
    assert "a" in package
    assert "b" not in package
    with pytest.raises(KuiperPackError, match="there is no b in it"):
        package.read("b")


def test_names_that_are_not_utf8_can_be_turned_back() -> None:
    (entry,) = package_of_bytes(build(Member(b"\xff\xfea"))).entries
    assert entry.raw_name == b"\xff\xfea"


def test_modes_of_a_package_in_memory() -> None:
    package = Package.of(
        {"a": b"", "d/": b"", "l": b""}, modes={"a": 0o755, "l": stat.S_IFLNK | 0o777}
    )
    assert [oct(entry.mode) for entry in package.entries] == ["0o100755", "0o40755", "0o120777"]


def one_line(path: Path | str) -> str:
    with pytest.raises(KuiperPackError) as raised:
        open_package(path)
    line = str(raised.value)
    assert "\n" not in line
    return line


def test_what_is_no_package_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty.zip").touch()
    (tmp_path / "page.zip").write_text("<html>not found</html>", "utf-8")
    assert "empty" in one_line(tmp_path / "empty.zip")
    assert "neither a zip file nor a folder" in one_line(tmp_path / "page.zip")
    assert "No such file" in one_line(tmp_path / "missing.zip")
    assert one_line("nul\0byte")
    assert one_line("x" * 5000)
    assert one_line(tmp_path / "page.zip" / "below")


if sys.platform != "win32":

    def test_pipes_sockets_and_devices_do_not_hang(tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        assert "not a regular file" in one_line(tmp_path / "fifo")
        assert one_line("/dev/null")
        server = socket.socket(socket.AF_UNIX)
        try:
            server.bind(str(tmp_path / "s"))
            assert one_line(tmp_path / "s")
        finally:
            server.close()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc here")
@pytest.mark.parametrize("name", ["status", "mem", "maps", "cmdline", "environ", "stat"])
def test_files_of_proc_are_one_line(name: str) -> None:
    assert one_line(f"/proc/self/{name}")


def test_package_that_is_gone_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    noise = random.Random(1).randbytes(9_000_000)
    path.write_bytes(build(Member(b"a", noise)))
    package = open_package(path)
    path.unlink()
    with pytest.raises(KuiperPackError, match="cannot read a: No such file"):
        package.read("a")
    assert package.archive is not None
    with pytest.raises(KuiperPackError, match="cannot be read again: No such file"):
        package.archive.as_go((1, 13))


def test_cut_off_zip_is_a_package_that_go_cannot_open() -> None:
    data = zipped(SOURCE)
    package = package_of_bytes(data[:-30])
    assert package.archive is not None
    assert package.archive.as_go((1, 25)).error == "zip: not a valid zip file"
    assert package.entries == ()


SEEDS = [
    zipped(SOURCE),
    zipped({"p.json": MANIFEST, "main.py": b"print()", "sources/s.yaml": b"a: [1, *x"}),
    build(Member(b"a", b"x" * 50, method=8, flags=8, descriptor=b"PK\x07\x08" + bytes(12))),
    build(Member(b"a", b"x"), zip64=True, comment=b"PK\x05\x06" + bytes(30), prefix=b"MZ"),
]


@given(st.data())
def test_splices_of_zips_are_packages_or_one_line(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(raw)))
        change = data.draw(st.sampled_from(["flip", "cut", "splice", "number"]))
        if change == "flip" and at < len(raw):
            raw[at] ^= data.draw(st.integers(1, 255))
        elif change == "cut":
            del raw[at : at + data.draw(st.integers(1, 80))]
        elif change == "splice":
            other = data.draw(st.sampled_from(SEEDS))
            start = data.draw(st.integers(0, len(other)))
            raw[at:at] = other[start : start + data.draw(st.integers(0, 200))]
        else:
            raw[at : at + 4] = data.draw(st.sampled_from([b"\xff" * 4, bytes(4), b"PK\5\6"]))
    try:
        package = package_of_bytes(bytes(raw))
    except KuiperPackError as error:
        assert "\n" not in str(error)
        return
    assert package.archive is not None
    for go in ((1, 13), (1, 17), (1, 19), (1, 20), (1, 22, 1), (1, 25)):
        view = package.archive.as_go(go)
        assert view.error is None or not view.entries
    for entry in package.entries:
        package.read(entry, 1000)
    for document in (package.manifest, package.metadata, package.configuration):
        assert document is None or document.root is not None or document.error or not document.data
    assert package.version is not None


def test_deflated_document_is_read(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(build(Member(b"p.json", MANIFEST, method=8, data=deflate(MANIFEST))))
    package = open_package(path)
    assert (package.kind, package.name, package.read("p.json", 5)) == (
        Kind.PORTABLE,
        "p",
        MANIFEST[:5],
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_document_that_cannot_be_unpacked_is_not_called_empty(
    tmp_path: Path, method: int
) -> None:
    path = tmp_path / "random.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("random.so", b"")
        archive.writestr("random.json", '{"about": {}}' * 20)
    document = open_package(path, kind=Kind.SINK, name="random").metadata
    assert document is not None
    assert (document.root, document.error) == (None, None)


def _damaged(how: str) -> bytes:
    about = b'{"about": {"description": {"en_US": "%s"}}, "functions": [' % (b"Tide levels. " * 20)
    content = about + b'{"name": "f", "example": "f(x)"}]}'
    stream = deflate(content)
    crc = zlib.crc32(content)
    one = {
        "wrong checksum": Member(b"functions/f.json", content, method=8, crc=crc ^ 1),
        "cut short": Member(
            b"functions/f.json", content, method=8, data=stream[: len(stream) * 2 // 3]
        ),
        "other bytes": Member(
            b"functions/f.json", content, method=8, data=stream[:-30] + b"\xff" * 30
        ),
    }[how]
    manifest = b'{"version": "1", "language": "python", "executable": "p.py", "functions": ["f"]}'
    return build(Member(b"p.json", manifest), Member(b"p.py", b"import ekuiper\n"), one)


@pytest.mark.parametrize("how", ["wrong checksum", "cut short", "other bytes"])
def test_nothing_is_said_of_what_a_damaged_document_holds(how: str) -> None:
    package = package_of_bytes(_damaged(how), path="p.zip")
    assert {one.rule for one in findings(package) if one.file == "functions/f.json"} == {"KPL02"}


def test_a_damaged_manifest_still_tells_that_the_package_is_a_portable() -> None:
    package = package_of_bytes(build(Member(b"p.json", MANIFEST, crc=1), Member(b"main.txt", b"")))
    assert (package.kind, package.name) == (Kind.PORTABLE, "p")
    assert {one.rule for one in findings(package)} == {"KPL02"}
