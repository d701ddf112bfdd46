"""For which processor and C library a plugin is linked, and with what."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kuiper_pack.build import ccompiler, zigcc
from kuiper_pack.build.ccompiler import compiler_for, no_compiler
from kuiper_pack.build.container import Container, engine_of
from kuiper_pack.build.ctarget import CTarget, target_of
from kuiper_pack.build.difference import first_section
from kuiper_pack.build.make import build
from kuiper_pack.build.project import Project
from kuiper_pack.build.readback import what_is_wrong
from kuiper_pack.build.scaffold import Scaffold, render, write
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.goplugin.buildinfo import BuildInfo, Module
from kuiper_pack.goplugin.dynamic import VersionNeed
from kuiper_pack.goplugin.read import Binary, Plugin
from kuiper_pack.package.architecture import host_architecture
from kuiper_pack.package.elf import Elf
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import CONTRACT, NEWEST, profile, select
from kuiper_pack.profiles.images import builder_of

linux = pytest.mark.skipif(sys.platform != "linux", reason="gcc links for this machine on Linux")
posix = pytest.mark.skipif(os.name != "posix", reason="the stand-ins are shell scripts")
HERE = host_architecture()
ELSEWHERE = "arm64" if HERE != "arm64" else "amd64"


@pytest.mark.parametrize(
    ("servers", "image", "library", "glibc"),
    [
        (("2.4.0",), "slim", "glibc", "2.36"),
        (("2.0.8",), "slim", "glibc", "2.31"),
        (("2.0.8", "2.4.0"), "slim", "glibc", "2.31"),
        (("2.0.6",), "slim-python", "glibc", "2.31"),
        (("2.0.7",), "slim-python", "glibc", "2.36"),
        (("1.10.0",), "slim", "glibc", "2.28"),
        (("2.0.8",), "lfedge/ekuiper:2.0.8-slim", "glibc", "2.31"),
        (("2.4.0",), "alpine", "musl", None),
        (("2.4.0",), "alpine-python", "musl", None),
        (("2.4.0",), "registry.example/own-alpine", "musl", None),
        (("2.4.0",), "registry.example/own", None, None),
        (("2.4.0",), None, None, None),
    ],
)
def test_an_image_says_which_c_library_a_plugin_may_need(
    servers: tuple[str, ...], image: str | None, library: str | None, glibc: str | None
) -> None:
    assert target_of("amd64", image, select(servers)) == CTarget("amd64", library, glibc)


@pytest.mark.parametrize(
    ("target", "triple"),
    [
        (CTarget("amd64", "musl"), "x86_64-linux-musl"),
        (CTarget("arm64", "glibc", "2.31"), "aarch64-linux-gnu"),
        (CTarget("arm", "glibc"), "arm-linux-gnueabihf"),
        (CTarget("arm", "musl"), "arm-linux-musleabihf"),
        (CTarget("arm64", None), "aarch64-linux-gnu"),
    ],
)
def test_targets_are_called_as_c_compilers_call_them(target: CTarget, triple: str) -> None:
    assert target.triple == triple


def script(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def cc(folder: Path, name: str, machine: str) -> None:
    """A stand-in for a C compiler that says it compiles for ``machine``."""
    script(folder, name, f'[ "$1" = --version ] && echo {name} 1 || echo {machine}')


def zig(folder: Path) -> None:
    script(folder, "zig", '[ "$1" = version ] && echo 0.13.0 || echo "$@"')


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for compilers, with no other one anywhere, on a machine with glibc 2.36."""
    monkeypatch.setattr(ccompiler, "find_spec", lambda name: None)
    monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", "2.36"))
    folder = tmp_path / "tools"
    folder.mkdir()
    return folder


def chosen(tools: Path, target: CTarget, **more: str) -> str | None:
    compiler = compiler_for(target, {"PATH": str(tools), **more})
    return compiler.title if compiler else None


@posix
@linux
@pytest.mark.parametrize(
    ("target", "there", "title"),
    [
        (CTarget(HERE, "glibc", "2.36"), "gcc zig", "gcc 1"),
        (CTarget(HERE, None), "gcc zig", "gcc 1"),
        (CTarget(HERE, "glibc", "2.31"), "gcc zig", "zig 0.13.0 for {gnu}.2.31"),
        (CTarget(HERE, "glibc", "2.35"), "gcc", "gcc 1"),
        (CTarget(HERE, "glibc", "2.31"), "gcc", None),
        (CTarget(HERE, "musl"), "gcc zig", "zig 0.13.0 for {musl}"),
        (CTarget(HERE, "musl"), "gcc musl-gcc", "musl-gcc: musl-gcc 1"),
        (CTarget(HERE, "musl"), "gcc", None),
        (CTarget(ELSEWHERE, "glibc", "2.36"), "gcc", None),
        (CTarget(ELSEWHERE, "glibc", "2.36"), "gcc {other}-gcc", "{other}-gcc: {other}-gcc 1"),
        (CTarget(ELSEWHERE, "glibc", "2.36"), "{other}-gcc zig", "zig 0.13.0 for {other}.2.36"),
    ],
)
def test_the_compiler_is_the_one_that_links_for_the_target(
    tools: Path, target: CTarget, there: str, title: str | None
) -> None:
    words = {
        "gnu": CTarget(HERE, "glibc").triple,
        "musl": CTarget(HERE, "musl").triple,
        "other": CTarget(ELSEWHERE, "glibc").triple,
    }
    for name in there.format(**words).split():
        if name == "zig":
            zig(tools)
        else:
            cc(tools, name, words["gnu"] if name == "gcc" else words["other"])
    assert chosen(tools, target) == (title and title.format(**words))


@posix
def test_cc_decides_and_has_to_be_for_the_c_library_of_the_image(tools: Path) -> None:
    cc(tools, "my-gcc", "x86_64-linux-gnu")
    zig(tools)
    environment = {"PATH": str(tools), "CC": "my-gcc"}
    assert chosen(tools, CTarget("amd64", "glibc", "2.31"), CC="my-gcc") == "my-gcc 1"
    with pytest.raises(
        KuiperPackError, match=r"CC is my-gcc, which links to glibc, .* with musl; "
    ):
        compiler_for(CTarget("amd64", "musl"), environment)


@pytest.mark.parametrize(
    ("target", "install"),
    [
        (CTarget(ELSEWHERE, "glibc"), "install {triple}-gcc, "),
        pytest.param(CTarget(HERE, "musl"), "install musl-gcc, ", marks=linux),
        pytest.param(CTarget(HERE, "glibc", "2.31"), "", marks=linux),
        pytest.param(CTarget(HERE, "glibc", "2.36"), "install gcc, ", marks=linux),
    ],
)
def test_without_a_compiler_one_line_says_what_to_install(
    tools: Path, target: CTarget, install: str
) -> None:
    line = no_compiler(target, "start docker, ")
    assert target.title in line
    wanted = install.format(triple=target.triple)
    assert f'pip install "kuiper-pack[cross]", {wanted}start docker, or set CC' in line


@posix
def test_zig_is_used_for_what_go_asks_of_gold(tools: Path) -> None:
    zig(tools)
    compiler = compiler_for(CTarget(ELSEWHERE, "glibc", "2.31"), {"PATH": str(tools)})
    assert compiler is not None
    command = [*compiler.command.split(), "-fuse-ld=gold"]
    assert command[2] == zigcc.__file__
    triple = f"{CTarget(ELSEWHERE, 'glibc').triple}.2.31"
    assert ran([*command, "-Wl,--version"]).startswith("GNU gold")
    assert ran([*command, "x.c"]) == f"cc -target {triple} x.c\n"
    assert ran([*compiler.plus.split(), "x.cc"]) == f"c++ -target {triple} x.cc\n"


def ran(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@posix
def test_the_first_engine_that_answers_runs_containers(tools: Path) -> None:
    environment = {"PATH": f"{tools}:/usr/bin:/bin"}
    script(tools, "docker", "exit 1")
    script(tools, "podman", "exit 1")
    script(tools, "nerdctl", "exit 1")
    assert engine_of(environment) is None
    script(tools, "podman", '[ "$1" = info ]')
    assert engine_of(environment) == "podman"


@posix
def test_a_container_sees_only_the_module_and_passes_on_where_modules_come_from() -> None:
    if sys.platform == "win32":
        return
    container = Container("docker", "example/go:1", "arm")
    command = container.command(
        {Path("/home/me/plugin"): "/plugin:ro"},
        "/plugin",
        {"GOFLAGS": ""},
        ["go", "build"],
        {"GOPROXY": "https://user:secret@example.com", "HOME": "/home/me"},
    )
    assert command == [
        *("docker", "run", "--rm", "--platform", "linux/arm/v7"),
        *("--user", f"{os.getuid()}:{os.getgid()}", "--volume", "/home/me/plugin:/plugin:ro"),
        *("--workdir", "/plugin", "--env", "GOPROXY", "--env", "GOFLAGS="),
        *("example/go:1", "go", "build"),
    ]


@pytest.mark.parametrize(
    ("release", "libc", "image"),
    [
        ("2.4.0", "musl", "ghcr.io/lf-edge/ekuiper/base:1.25.4-alpine"),
        ("2.0.8", "glibc", "ghcr.io/lf-edge/ekuiper/base:1.23.1-debian"),
        ("1.6.0", "glibc", "docker.io/library/golang:1.18"),
        ("1.6.0", "musl", None),
    ],
)
def test_releases_are_known_by_the_image_they_were_compiled_in(
    release: str, libc: str, image: str | None
) -> None:
    (one,) = select((release,))
    assert builder_of(one, profile(one).go, "musl" if libc == "musl" else "glibc") == image


@posix
def test_where_nothing_else_links_a_container_compiles_and_its_result_is_read_back(
    tools: Path, tmp_path: Path
) -> None:
    project = tmp_path / "probe"
    write(render(Scaffold(Kind.SINK, "probe", "go")), project)
    said = tmp_path / "said"
    output = 'for one; do case "$one" in *:/output) out="${one%:/output}";; esac; done'
    compile_ = 'head -c 64 /bin/sh > "$out/Probe.so"'
    script(tools, "docker", f'[ "$1" = info ] && exit\necho "$@" > {said}\n{output}\n{compile_}')
    settings = Project(kind=Kind.SINK, name="probe", image="alpine", arch=ELSEWHERE)
    environment = {"PATH": f"{tools}:/usr/bin:/bin", "CC": ""}
    with pytest.raises(KuiperPackError):
        list(build(project, settings, environment=environment))
    command = said.read_text()
    go = profile(NEWEST).go
    assert f"ghcr.io/lf-edge/ekuiper/base:{go}-alpine go build -buildmode=plugin" in command
    assert f"--platform linux/{ELSEWHERE}" in command
    assert f"--volume {project.resolve()}:/plugin:ro" in command
    assert "--env GOTOOLCHAIN=local --env GOFLAGS= " in command
    assert not (project / "dist").exists()


GOOD = Binary(
    size=1,
    elf=Elf(64, "amd64", "shared", ""),
    build=BuildInfo("go1.25.4", dependencies=(Module(CONTRACT, "v2.3.1"),)),
    plugin=Plugin("example.com/probe", (), ()),
    needed=("libc.so.6",),
    version_needs=(VersionNeed("libc.so.6", ("GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.9")),),
)


@pytest.mark.parametrize(
    ("target", "go", "contract", "said"),
    [
        (CTarget("amd64", "glibc", "2.36"), "1.25.4", "v2.3.1", ""),
        (CTarget("amd64", None), "1.25.4", "v2.3.1", ""),
        (CTarget("arm64", "glibc", "2.36"), "1.25.4", "v2.3.1", "is for amd64 and not for arm64"),
        (CTarget("amd64", "musl"), "1.25.4", "v2.3.1", "is linked to glibc, and .* with musl"),
        (CTarget("amd64", "glibc", "2.31"), "1.25.4", "v2.3.1", r"needs glibc 2\.34, .* has 2\.31"),
        (CTarget("amd64", "glibc"), "1.24.1", "v2.3.1", r"made with Go 1\.25\.4, .* Go 1\.24\.1"),
        (CTarget("amd64", "glibc"), "1.25.4", "v2.0.0", r"contract/v2 v2\.3\.1, where .* v2\.0\.0"),
    ],
)
def test_what_servers_could_not_open_is_seen_in_what_was_compiled(
    target: CTarget, go: str, contract: str, said: str
) -> None:
    wrong = list(what_is_wrong(GOOD, target, go, (CONTRACT, contract)))
    assert len(wrong) == bool(said)
    assert all(re.search(said, one) for one in wrong)


def elf(**sections: bytes) -> bytes:
    """An ELF file of sections, as far as their names and contents go."""
    names = b"\0" + b"".join(b"." + name.encode() + b"\0" for name in (*sections, "names"))
    contents = (b"", *sections.values(), names)
    headers, body, at, name = b"", b"", 64, 0
    for content in contents:
        fields = (name, 1, 0, 0, at + len(body), len(content))
        headers += b"".join(
            number.to_bytes(size, "little")
            for number, size in zip(fields, (4, 4, 8, 8, 8, 8), strict=True)
        ) + bytes(24)
        body += content
        name = names.index(b"\0", name) + 1
    start = bytearray(b"\x7fELF\2\1\1" + bytes(57))
    start[40:48] = (64 + len(body)).to_bytes(8, "little")
    start[58:64] = b"".join(n.to_bytes(2, "little") for n in (64, len(contents), len(contents) - 1))
    return bytes(start) + body + headers


@pytest.mark.parametrize(
    ("other", "section"),
    [
        (elf(note=b"1", text=b"same", data=b"x"), None),
        (elf(note=b"2", text=b"same", data=b"y"), ".data"),
        (elf(note=b"2", text=b"Same", data=b"y"), ".text"),
        (elf(note=b"2", text=b"same", data=b"x"), ".note"),
    ],
)
def test_the_first_section_that_differs_is_named_and_notes_last(
    other: bytes, section: str | None
) -> None:
    one = elf(note=b"1", text=b"same", data=b"x")
    assert first_section(one, other) == section
    assert first_section(b"no ELF file", b"nor this") is None
