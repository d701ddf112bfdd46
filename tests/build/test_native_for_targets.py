"""Native plugins compiled for targets, with real Go; each for Zig is skipped where that is not."""

import os
import shutil
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from kuiper_pack.build.fixmod import fix_module
from kuiper_pack.build.make import Built, build, overlay
from kuiper_pack.build.project import read_project
from kuiper_pack.build.scaffold import Scaffold, render, write
from kuiper_pack.build.verify import verify
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.goplugin.host import glibc_of
from kuiper_pack.goplugin.read import Binary, read_binary
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Release, profile
from tests.build.conftest import has_zig

pytestmark = pytest.mark.go
zig = pytest.mark.skipif(not has_zig(), reason="ziglang is not installed")

OLD = "1.14.6"  # of which nobody has hashes, for its server is made up here
API = "github.com/lf-edge/ekuiper"
_SERVER_API = """package api

type StreamContext interface{ GetRuleId() string }
type Sink interface {
	Open(ctx StreamContext) error
	Configure(props map[string]interface{}) error
	Collect(ctx StreamContext, data interface{}) error
	Close(ctx StreamContext) error
}
"""
_OLD_SINK = """package main

import "github.com/lf-edge/ekuiper/pkg/api"

type probe struct{}

func (p *probe) Open(api.StreamContext) error                 { return nil }
func (p *probe) Configure(map[string]interface{}) error       { return nil }
func (p *probe) Collect(api.StreamContext, interface{}) error { return nil }
func (p *probe) Close(api.StreamContext) error                { return nil }

func Probe() api.Sink { return &probe{} }
"""


def native(folder: Path) -> Path:
    write(render(Scaffold(Kind.FUNCTION, "probe", "go")), folder)
    return folder


def built(folder: Path, **given: object) -> Built:
    project = overlay(read_project(folder), **given)
    (one,) = build(folder, project, environment=os.environ)
    return one


def fixed(folder: Path, **given: object) -> tuple[str, ...]:
    return fix_module(folder, overlay(read_project(folder), **given), os.environ)


def shared_object(one: Built) -> Binary:
    with ZipFile(one.path) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".so"))
        return read_binary(archive.read(name))


@zig
@pytest.mark.parametrize(
    ("image", "arch", "library"), [("alpine", "amd64", "musl"), ("slim", "arm64", "glibc")]
)
def test_a_plugin_for_another_image_or_processor_is_what_it_is_for(
    tmp_path: Path, image: str, arch: str, library: str
) -> None:
    one = built(native(tmp_path / "probe"), image=image, arch=arch)
    assert one.path.name.endswith(f"-{image}-{arch}.zip")
    assert "zig" in one.tool or "gcc" in one.tool
    binary = shared_object(one)
    assert (binary.elf.machine, binary.libc) == (arch, library)
    assert binary.plugin is not None
    assert binary.build is not None
    assert binary.build.settings["-trimpath"] == "true"


def test_go_mod_is_set_to_the_contract_of_the_servers(tmp_path: Path) -> None:
    folder = native(tmp_path / "probe")
    with pytest.raises(KuiperPackError, match="--fix-mod"):
        built(folder, servers=("2.2.5",))
    (change,) = fixed(folder, servers=("2.2.5",))
    assert change.endswith("go.mod: github.com/lf-edge/ekuiper/contract/v2 v2.3.1 -> v2.0.0")
    binary = shared_object(built(folder, servers=("2.2.5",)))
    assert binary.build is not None
    assert binary.build.go_number == profile(Release.parse("2.2.5")).go
    assert fixed(folder, servers=("2.2.5",)) == ()


def test_a_go_line_that_asks_for_too_much_is_lowered(tmp_path: Path) -> None:
    folder = native(tmp_path / "probe")
    file = folder / "go.mod"
    file.write_text(file.read_text().replace("go 1.24.1", "go 1.99.1"))
    (change,) = fixed(folder)
    assert change.endswith(f"go 1.99.1 -> {profile(Release.parse('2.4.0')).go}")


def test_servers_with_different_contracts_share_no_go_mod(tmp_path: Path) -> None:
    folder = native(tmp_path / "probe")
    before = (folder / "go.mod").read_text()
    with pytest.raises(KuiperPackError, match=r"no one go\.mod fits the servers 2\.2\.5 and 2\.4"):
        fixed(folder, servers=("2.2.5", "2.4.0"))
    assert (folder / "go.mod").read_text() == before


def old_project(tmp_path: Path) -> Path:
    """A plugin of 1.x, beside what its go.mod takes for the source of the server."""
    server, folder = tmp_path / "ekuiper", tmp_path / "probe"
    (server / "pkg" / "api").mkdir(parents=True)
    (server / "go.mod").write_text(f"module {API}\n\ngo 1.22\n")
    (server / "pkg" / "api" / "api.go").write_text(_SERVER_API)
    folder.mkdir()
    (folder / "go.mod").write_text(
        f"module example.com/probe\n\ngo 1.22\n\nrequire {API} v1.14.7\n\n"
        f"replace {API} => ../ekuiper\n"
    )
    (folder / "probe.go").write_text(_OLD_SINK)
    (folder / "kuiper-pack.toml").write_text('kind = "sink"\nname = "probe"\n')
    return folder


def _why_no_old_go() -> str | None:
    go = shutil.which("go")
    environment = {**os.environ, "GOTOOLCHAIN": f"go{profile(Release.parse(OLD)).go}"}
    if go is None:
        return "Go is not installed"
    done = subprocess.run([go, "version"], env=environment, capture_output=True, check=False)
    return "the Go of 1.14.6 cannot be had" if done.returncode else None


def test_a_plugin_of_a_release_without_a_contract_is_compiled_with_the_server_as_main_module(
    tmp_path: Path,
) -> None:
    if reason := _why_no_old_go():
        pytest.skip(reason)
    folder = old_project(tmp_path)
    one = built(folder, servers=(OLD,))
    assert one.written
    binary = shared_object(one)
    assert binary.build is not None
    assert binary.plugin is not None
    expected = "slim" if has_zig() else "glibc"
    assert f"-{OLD}-{expected}" in one.path.name or glibc_of(binary) <= (2, 31)
    server = binary.build.module(API)
    assert server is not None
    assert (server.version, server.replaced_by) == ("(devel)", None)
    assert binary.plugin.path == "example.com/probe"
    assert f"{API}/pkg/api" in binary.packages
    assert one.tool.endswith("eKuiper in ekuiper")
    assert one.judgement.findings == ()
    again = built(old_project_elsewhere(tmp_path, folder), servers=(OLD,))
    assert again.sha256 == one.sha256


@pytest.mark.proof
def test_a_plugin_beside_the_source_of_its_server_is_verified(tmp_path: Path) -> None:
    if reason := _why_no_old_go():
        pytest.skip(reason)
    folder = old_project(tmp_path)
    project = overlay(read_project(folder), servers=(OLD,))
    first = list(build(folder, project, environment=os.environ))
    verify(folder, project, first, os.environ)


def old_project_elsewhere(tmp_path: Path, folder: Path) -> Path:
    shutil.rmtree(folder / "dist")
    shutil.copytree(tmp_path, tmp_path / "far" / "away", ignore=shutil.ignore_patterns("far"))
    return tmp_path / "far" / "away" / "probe"


def test_a_plugin_that_lifts_a_module_of_an_old_server_is_refused_and_mended(
    tmp_path: Path,
) -> None:
    if reason := _why_no_old_go():
        pytest.skip(reason)
    folder = old_project(tmp_path)
    for version in ("a", "b"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "go.mod").write_text("module example.com/dep\n\ngo 1.22\n")
        (tmp_path / version / "dep.go").write_text("package dep\n\nconst N = 1\n")
    server = tmp_path / "ekuiper"
    (server / "go.mod").write_text(
        f"module {API}\n\ngo 1.22\n\nrequire example.com/dep v1.0.0\n"
        "replace example.com/dep => ../a\n"
    )
    (server / "pkg" / "api" / "use.go").write_text(
        'package api\n\nimport "example.com/dep"\n\nconst M = dep.N\n'
    )
    file = folder / "go.mod"
    file.write_text(
        f"{file.read_text()}\nrequire example.com/dep v1.1.0\nreplace example.com/dep => ../b\n"
    )
    (folder / "use.go").write_text(
        'package main\n\nimport "example.com/dep"\n\nconst M = dep.N\n\nvar Use = M\n'
    )
    with pytest.raises(
        KuiperPackError,
        match=r"has example\.com/dep v1\.0\.0, this plugin needs v1\.1\.0, .*go get",
    ):
        built(folder, servers=(OLD,))
    (change,) = fixed(folder, servers=(OLD,))
    assert change.endswith("example.com/dep v1.1.0 -> v1.0.0")
    assert built(folder, servers=(OLD,)).written


@pytest.mark.proof
def test_builds_that_differ_are_told_by_the_section_that_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linker = tmp_path / "dice-gcc"
    linker.write_text('#!/bin/sh\ncase "$*" in *-shared*) set -- "$@" -Wl,--build-id=uuid;; esac\n')
    linker.write_text(f'{linker.read_text()}exec gcc "$@"\n')
    linker.chmod(0o755)
    folder = native(tmp_path / "probe")
    project = read_project(folder)
    (one,) = build(folder, project, environment=os.environ)
    verify(folder, project, [one], os.environ)
    monkeypatch.setenv("CC", str(linker))
    (one,) = build(folder, project, environment=os.environ)
    with pytest.raises(KuiperPackError, match=r"first in the section \.note\.gnu\.build-id"):
        verify(folder, project, [one], os.environ)


def test_the_source_of_another_release_is_refused(tmp_path: Path) -> None:
    if reason := _why_no_old_go():
        pytest.skip(reason)
    folder = old_project(tmp_path)
    own = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-C", "ekuiper"]
    for command in (
        ["init", "-q"],
        ["commit", "-q", "--allow-empty", "-m", "x"],
        ["tag", "1.10.2"],
    ):
        subprocess.run([*own, *command], cwd=tmp_path, check=True)
    with pytest.raises(KuiperPackError, match=rf"is eKuiper 1\.10\.2, and .* is for {OLD}: git"):
        built(folder, servers=(OLD,))
    subprocess.run([*own, "tag", f"v{OLD}"], cwd=tmp_path, check=True)
    assert built(folder, servers=(OLD,)).written
