"""Go builds: the clean environment, what is said when go fails, and real compiling where Go is."""

import os
import platform
import re
from pathlib import Path
from zipfile import ZipFile

import pytest

from kuiper_pack.build.ccompiler import c_compiler
from kuiper_pack.build.gomod import go_module
from kuiper_pack.build.gotool import Go
from kuiper_pack.build.make import Built, build, overlay
from kuiper_pack.build.names import package_file_name, shared_object_name, shared_object_pattern
from kuiper_pack.build.project import Project, read_project
from kuiper_pack.build.scaffold import Scaffold, render, write
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.architecture import host_architecture
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import NEWEST
from tests.build.conftest import NEWEST_GO, Maker

posix = pytest.mark.skipif(os.name != "posix", reason="the stand-in for go is a shell script")


def built(folder: Path, **given: object) -> list[Built]:
    project = overlay(read_project(folder), **given)
    return list(build(folder, project, environment=os.environ))


def stand_in(folder: Path, script: str) -> dict[str, str]:
    """An environment whose go is ``script``; ``go env NAME`` answers with a fixed version."""
    folder.mkdir()
    go = folder / "go"
    answers = '[ "$1 $2" = "env GOVERSION" ] && echo go1.25.4 && exit\n[ "$1" = env ] && exit\n'
    go.write_text(f"#!/bin/sh\n{answers}{script}\n")
    go.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder)}


def native(folder: Path, kind: Kind = Kind.SINK) -> Path:
    write(render(Scaffold(kind, "probe", "go")), folder)
    return folder


@posix
def test_only_what_is_meant_reaches_the_compiler(tmp_path: Path) -> None:
    environment = stand_in(tmp_path / "tools", "export -p")
    environment |= {
        "GOFLAGS": "-race",
        "CGO_CFLAGS": "-O0",
        "CGO_ENABLED": "0",
        "GOAMD64": "v3",
        "GOEXPERIMENT": "x",
        "GOPROXY": "kept",
        "CC": "kept-too",
    }
    go = Go.exactly("1.25.4", tmp_path, environment, tmp_path, {"CGO_ENABLED": "1"})
    assert go.title == "go1.25.4"
    seen = go.run(tmp_path, "build")
    for name in ("GOFLAGS", "CGO_CFLAGS", "GOAMD64", "GOEXPERIMENT"):
        assert name not in seen
    for setting in ("CGO_ENABLED=1", "GOTOOLCHAIN=go1.25.4", "GOPROXY=kept", "CC=kept-too"):
        assert setting.replace("=", "='") in seen or setting.replace("=", '="') in seen


@posix
def test_settings_of_go_env_that_decide_the_bytes_do_not_count(tmp_path: Path) -> None:
    personal = tmp_path / "env"
    personal.write_text("GOFLAGS=-race\nGOPROXY=mine\nCGO_CFLAGS=-O0\n")
    tools = tmp_path / "tools"
    stand_in(tools, "")
    script = f'[ "$2" = GOENV ] && echo {personal}\n[ "$1" = show ] && cat "$GOENV"\nexit 0\n'
    (tools / "go").write_text(f"#!/bin/sh\n{script}")
    go = Go.local(tmp_path, {"PATH": f"{tools}:/usr/bin:/bin"}, tmp_path, {})
    assert go.run(tmp_path, "show") == "GOPROXY=mine\n"


@posix
def test_a_failing_go_command_is_one_line_with_the_first_error(tmp_path: Path) -> None:
    script = "echo '# example.com/x' >&2; echo './x.go:3:1: broken' >&2; echo more >&2; exit 1"
    go = Go.local(tmp_path, stand_in(tmp_path / "tools", script), tmp_path, {})
    with pytest.raises(KuiperPackError) as caught:
        go.run(tmp_path, "build", "-trimpath", ".")
    assert str(caught.value) == "x.go:3:1: broken (in: go build -trimpath .)"
    assert "more" in str(caught.value.__cause__)


@posix
def test_another_go_than_the_servers_is_refused(tmp_path: Path) -> None:
    environment = stand_in(tmp_path / "tools", "")
    with pytest.raises(KuiperPackError, match=r"Go 1\.22\.8 is needed, and .* is go1\.25\.4"):
        Go.exactly("1.22.8", tmp_path, environment, tmp_path, {})


def test_without_go_the_line_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KuiperPackError, match="is not installed; install Go"):
        Go.local(tmp_path, {"PATH": str(tmp_path)}, tmp_path, {})


def test_a_cc_that_is_none_is_said() -> None:
    with pytest.raises(KuiperPackError, match="no-such-cc cannot be run; install gcc, or set CC"):
        c_compiler({"CC": "no-such-cc"})


@pytest.mark.parametrize(
    ("machine", "name"), [("x86_64", "amd64"), ("aarch64", "arm64"), ("armv7l", "arm")]
)
def test_processors_are_called_as_go_calls_them(
    monkeypatch: pytest.MonkeyPatch, machine: str, name: str
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert host_architecture() == name


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("tide", "1.0.0", "Tide@v1.0.0.so"),
        ("tide", "v1.0.0", "Tide@v1.0.0.so"),
        ("tide", "", "Tide.so"),
        ("Tide", "20260101", "Tide@v20260101.so"),
    ],
)
def test_the_shared_object_is_named_for_every_server(
    name: str, version: str, expected: str
) -> None:
    assert shared_object_name(name, version) == expected
    assert shared_object_pattern(name).fullmatch(expected)


@pytest.mark.parametrize("version", ["1@2", "1.so", "1/2", "1\\2"])
def test_a_version_no_server_could_find_again_is_refused(version: str) -> None:
    with pytest.raises(KuiperPackError, match="must not contain"):
        shared_object_name("tide", version)


def test_file_names_of_packages_hold_only_what_every_file_system_can() -> None:
    assert package_file_name("tide", "1.0", ("2.4.0", "my/image", "amd64")) == (
        "tide-1.0-2.4.0-my_image-amd64.zip"
    )


def test_releases_built_without_trimpath_are_refused_before_anything_is_compiled(
    tmp_path: Path,
) -> None:
    folder = native(tmp_path / "probe")
    with pytest.raises(KuiperPackError, match=r"eKuiper 1\.1\.1 is built without -trimpath"):
        built(folder, servers=("2.4.0", "1.1.1"))
    assert not (folder / "dist").exists()


@pytest.mark.go
def test_another_contract_than_the_servers_is_refused(tmp_path: Path) -> None:
    folder = native(tmp_path / "probe")
    with pytest.raises(KuiperPackError, match=r"2\.2\.5 has .*/v2 v2\.0\.0, .* has v2\.3\.1"):
        built(folder, servers=("2.2.5",))


@pytest.mark.go
def test_a_compiler_error_is_one_line_with_its_place(tmp_path: Path) -> None:
    folder = native(tmp_path / "probe")
    (folder / "plugin.go").write_text("package main\n\nfunc Probe() { return 1 }\n")
    with pytest.raises(
        KuiperPackError, match=r"plugin\.go:3:23: too many return values .*go build"
    ):
        built(folder)


@pytest.mark.go
def test_a_plugin_is_compiled_once_for_each_go_of_its_servers(tmp_path: Path) -> None:
    folder = native(tmp_path / "probe")
    (folder / "Probe@v0.0.9.so").write_bytes(b"left from a build by hand")
    older, newer = sorted(built(folder, servers=("2.3.0", "2.3.1", "2.4.0")), key=lambda b: b.path)
    machine = host_architecture()
    assert older.path.name == f"probe-0.1.0-2.3.1-slim-{machine}.zip"
    assert newer.path.name == f"probe-0.1.0-2.4.0-slim-{machine}.zip"
    assert older.judgement.releases[0].text == "2.3.0"
    assert f"go{NEWEST_GO}" in newer.tool
    assert "gcc" in newer.tool
    for one in (older, newer):
        with ZipFile(one.path) as archive:
            assert archive.namelist() == ["Probe@v0.1.0.so", "probe.json"]
            assert archive.read("Probe@v0.1.0.so").startswith(b"\x7fELF")


@pytest.mark.go
def test_a_plugin_has_the_same_bytes_wherever_it_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFLAGS", "-race")
    (first,) = built(native(tmp_path / "one"))
    monkeypatch.setenv("GOFLAGS", "-tags=other")
    umask = os.umask(0o077)
    try:
        (second,) = built(native(tmp_path / "far" / "away"))
    finally:
        os.umask(umask)
    assert first.sha256 == second.sha256


@pytest.mark.go
@pytest.mark.parametrize("arch", ["amd64", "arm64"])
def test_a_portable_in_go_is_compiled_without_c_for_any_processor(
    portable: Maker, arch: str
) -> None:
    files: dict[str, str | bytes] = {
        "go.mod": "module example.com/x\n\ngo 1.21\n",
        "main.go": 'package main\n\nfunc main() { println("hello") }\n',
    }
    folder = portable(files=files, language="go", executable="bin/run")
    (one,) = built(folder, arch=arch)
    assert one.path.name == f"thermo-1.0.0-{arch}.zip"
    assert "; go" not in one.tool
    assert "go1." in one.tool
    with ZipFile(one.path) as archive:
        assert not {"go.mod", "main.go"} & set(archive.namelist())
        assert archive.getinfo("bin/run").external_attr >> 16 & 0o777 == 0o755
        machine = int.from_bytes(archive.read("bin/run")[18:20], "little")
    assert machine == {"amd64": 62, "arm64": 183}[arch]


@pytest.mark.go
def test_the_go_package_may_lie_in_a_folder_of_the_project(tmp_path: Path) -> None:
    folder = native(tmp_path / "probe")
    (folder / "src").mkdir()
    for name in ("plugin.go", "plugin_test.go"):
        (folder / name).rename(folder / "src" / name)
    (one,) = built(folder, package="src")
    with ZipFile(one.path) as archive:
        assert archive.namelist() == ["Probe@v0.1.0.so", "probe.json"]


def test_the_newest_release_is_what_a_plugin_is_built_for_by_default() -> None:
    rendered = render(Scaffold(Kind.SINK, "probe", "go"))
    assert f'server = ["{NEWEST.text}"]' in rendered["kuiper-pack.toml"]
    assert Project().servers == ()


@pytest.mark.parametrize(
    ("servers", "said"),
    [
        (
            ("2.4.0", "2.3.0", "2.0"),
            r"contract/v2 v\S+, .* leave out --server 2\.0\.0-2\.0\.\d+, or",
        ),
        (("2.0",), r"and a server opens no plugin with another: go get "),
    ],
)
def test_a_module_that_does_not_fit_all_servers_is_refused_before_anything_is_compiled(
    tmp_path: Path, servers: tuple[str, ...], said: str
) -> None:
    folder = native(tmp_path / "probe")
    with pytest.raises(KuiperPackError, match=said):
        built(folder, servers=servers)
    assert not (folder / "dist").exists()


def test_a_module_for_a_newer_go_than_the_servers_is_refused_with_the_remedy(
    tmp_path: Path,
) -> None:
    folder = native(tmp_path / "probe")
    file = folder / "go.mod"
    file.write_text(re.sub(r"(?m)^go .*$", "go 1.99", file.read_text()))
    with pytest.raises(
        KuiperPackError, match=rf"built with Go {NEWEST_GO}, .* asks for Go 1\.99: go mod edit -go="
    ):
        built(folder)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("require example.com/c v1.2.0\n", "v1.2.0"),
        ("require (\n\texample.com/b v1.0.0\n\texample.com/c v1.3.0 // indirect\n)\n", "v1.3.0"),
        ("require example.com/c v1.2.0\nreplace example.com/c => ../c\n", ""),
        ("require example.com/c/v2 v2.2.0\n", ""),
        ("// example.com/c v1.0.0\n", ""),
    ],
)
def test_what_a_module_requires_is_read_from_its_file(
    tmp_path: Path, text: str, version: str
) -> None:
    (tmp_path / "go.mod").write_text(f"module x\n\ngo 1.24.1\n{text}")
    module = go_module(tmp_path, None)
    assert module.go == (1, 24, 1)
    assert module.required("example.com/c") == version
