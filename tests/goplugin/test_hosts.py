"""What is known of releases without having their servers."""

from dataclasses import replace
from itertools import combinations

import pytest

from kuiper_pack.goplugin.hosts import KnownBuild, host_of_release, known_builds, line_of
from kuiper_pack.goplugin.moduledata import is_standard
from kuiper_pack.goplugin.predict import Candidate, predict
from kuiper_pack.goplugin.read import Binary, read_binary
from kuiper_pack.package.elf import Elf
from kuiper_pack.profiles import CONTRACT, STABLE, Release, profile
from tests.goplugin.synthetic import Plugin, shared_object

MODULES = (
    "path\texample.test/random\nmod\texample.test/random\t(devel)\t\n"
    f"dep\t{CONTRACT}\t{{}}\th1:sum=\nbuild\t-buildmode=plugin\nbuild\t-trimpath=true\n"
)


def release(text: str) -> Release:
    return Release.parse(text)


def made_for(text: str, machine: int = 62, third: str = "") -> Binary:
    """A plugin with the Go, the contract and the packages of a release."""
    facts = profile(release(text))
    host = host_of_release(release(text), "amd64")
    shared = {name: host.packages[name] for name in ("errors", "runtime") if name in host.packages}
    plugin = Plugin(
        machine=machine,
        go=f"go{facts.go}",
        modules=MODULES.format(f"v{facts.contract}"),
        packages={**(shared or {"errors": "00"}), **({third: "00"} if third else {})},
    )
    return replace(read_binary(shared_object(plugin)), layout=host.layout)


def opened(binary: Binary, text: str, image: str | None = "slim") -> tuple[str, str]:
    host = host_of_release(release(text), binary.elf.machine, image)
    (found,) = predict(host, [Candidate("random.so", binary)])
    return found.outcome, found.reason


@pytest.mark.parametrize("build", known_builds(), ids=lambda one: f"{one.release} {one.go}")
def test_every_line_has_the_go_and_the_contract_of_its_release(build: KnownBuild) -> None:
    if build.origin == "toolchain":
        assert (build.release, list(build.modules)) == ("", [CONTRACT])
        return
    facts = profile(release(build.release))
    assert build.go == facts.go
    if facts.contract:
        assert build.modules[CONTRACT] == f"v{facts.contract}"
    assert {"runtime", "errors", "plugin", "runtime/cgo"} <= set(build.packages)


def test_a_plugin_for_a_release_opens_in_its_image() -> None:
    assert opened(made_for("2.4.0"), "2.4.0")[0] == "ok"


def test_a_release_without_a_line_has_the_standard_library_of_its_go() -> None:
    assert opened(made_for("2.0.8"), "2.0.1", "slim-python") == (
        "error",
        "libc.so.6: version `GLIBC_2.34' not found (required by random.so)",
    )
    host = host_of_release(release("2.0.1"), "amd64")
    assert host.known == "standard"
    assert f"{CONTRACT}/api" in host.packages
    third = made_for("2.0.8", third="example.com/third")
    found = predict(replace(host, libc="glibc", glibc=(2, 36)), [Candidate("a.so", third)])
    assert found[0].missing == (
        "whether eKuiper 2.0.1 has example.com/third, and in which version",
    )


def test_without_an_image_the_c_library_is_missing() -> None:
    assert opened(made_for("2.4.0"), "2.4.0", None) == (
        "unknown",
        "which C library the server has: name its image",
    )
    assert opened(made_for("2.4.0"), "2.4.0", "alpine")[0] == "unknown"


def test_another_go_is_refused_or_ends_the_server_even_where_no_hash_is_known() -> None:
    assert opened(made_for("2.4.0", machine=183), "2.4.0")[0] == "unknown"
    older = made_for("2.0.8", machine=183)
    assert opened(older, "2.4.0") == (
        "error",
        "plugin was built with a different version of package ...",
    )
    assert opened(made_for("1.14.7", machine=183), "2.4.0")[0] == "crash"


def test_another_contract_is_refused_even_where_no_hash_is_known() -> None:
    binary = made_for("2.3.1", machine=183)
    other = replace(
        binary,
        build=read_binary(
            shared_object(Plugin(go="go1.24.1", modules=MODULES.format("v2.0.0")))
        ).build,
    )
    assert opened(binary, "2.3.1")[0] == "unknown"
    assert opened(other, "2.3.1")[0] == "error"


@pytest.mark.parametrize(
    ("flag", "outcome"),
    [
        ("-race=true", "error"),
        ("-gcflags=-N", "unknown"),  # these may be of the plugin's own packages alone
        ("-cover=true", "unknown"),
    ],
)
def test_only_flags_that_change_every_package_are_refused_where_no_hash_is_known(
    flag: str, outcome: str
) -> None:
    modules = f"{MODULES.format('v2.3.1')}build\t{flag}\n"
    binary = made_for("2.4.0", machine=183)
    other = replace(
        binary, build=read_binary(shared_object(Plugin(go="go1.25.4", modules=modules))).build
    )
    assert opened(other, "2.4.0")[0] == outcome


def test_a_line_holds_hashes_of_what_plugins_can_share_and_nothing_else() -> None:
    packages = dict.fromkeys(
        (
            "runtime", "internal/abi", "net", "main", "example.test/contract/api",
            "example.test/contract/internal/x", "example.test/server/pkg",
        ),
        "00",
    )  # fmt: skip
    read = read_binary(shared_object(Plugin(packages=packages)))
    program = replace(read, plugin=None, elf=Elf(64, "amd64", "executable", ""))
    line = line_of(program, "9.9.9", "official", frozenset({"example.test/contract"}))
    assert list(line["packages"]) == [
        "example.test/contract/api", "internal/abi", "net", "runtime",
    ]  # fmt: skip
    assert line["modules"] == {"example.test/contract": "v1.2.3"}
    with pytest.raises(ValueError, match="no server"):
        line_of(replace(program, packages={}), "9.9.9", "official", frozenset())


def test_every_stable_release_with_a_contract_has_its_standard_library_and_contract() -> None:
    for one in STABLE:
        if profile(one).contract:
            packages = host_of_release(one, "amd64").packages
            assert {"runtime", "errors", f"{CONTRACT}/api"} <= set(packages), one


def test_builds_of_one_go_version_have_the_same_standard_library() -> None:
    """So a release without a line may have that of another, and of a toolchain."""
    for first, second in combinations(known_builds(), 2):
        if (first.go, first.machine) == (second.go, second.machine):
            shared = {one for one in first.packages if is_standard(one)} & set(second.packages)
            assert len(shared) > 200
            assert {one: first.packages[one] for one in shared} == {
                one: second.packages[one] for one in shared
            }
