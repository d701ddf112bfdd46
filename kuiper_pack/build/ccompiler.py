"""The C compiler that links Go plugins, and the C library that it links them to."""

import mmap
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.architecture import host_architecture

MUSL, GLIBC = "musl", "glibc"

_IMAGES = {MUSL: "alpine", GLIBC: "slim"}
_MACHINES = {"amd64": "x86_64-linux-musl", "arm64": "aarch64-linux-musl", "arm": "arm-linux-musl"}
_NEEDED = {MUSL: (b"\0libc.so\0", b"\0libc.musl-"), GLIBC: (b"\0libc.so.6\0",)}
"""What shared objects name as the C library they need: musl's own gcc, Alpine's, and glibc's."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """A C compiler: its command, the first line of its version, and its C library."""

    command: str
    title: str
    library: str

    @property
    def image(self) -> str:
        """The eKuiper image that runs what this compiler links."""
        return _IMAGES[self.library]


def library_of(image: str | None) -> str | None:
    """The C library of an image; None where ``image`` is none of eKuiper's own."""
    if image is None:
        return None
    if "alpine" in image:
        return MUSL
    return GLIBC if image in ("slim", "slim-python") else None


def c_compiler(environment: Mapping[str, str]) -> Compiler:
    """What CC, by default gcc, is; raises :class:`KuiperPackError` where it cannot be run."""
    command = environment.get("CC", "").split() or ["gcc"]
    try:
        version, machine = (
            subprocess.run(
                [*command, option],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=True,
            ).stdout.strip()
            for option in ("--version", "-dumpmachine")
        )
    except (OSError, subprocess.CalledProcessError):
        raise KuiperPackError(
            f"Go plugins are linked by a C compiler, and {' '.join(command)} cannot be run; "
            "install gcc, or set CC"
        ) from None
    first = version.partition("\n")[0]
    words = " ".join(command)
    # musl-gcc is a wrapper of the gcc that is there, and -dumpmachine tells of that one.
    library = MUSL if "musl" in machine or "musl" in words else GLIBC
    return Compiler(words, first or command[0], library)


def check_image(image: str | None, compiler: Compiler, arch: str) -> None:
    """Raise KuiperPackError where servers in ``image`` cannot open what ``compiler`` links."""
    library = library_of(image)
    if library is None or library == compiler.library:
        return
    example = f"musl-gcc or zig cc -target {_MACHINES.get(arch, arch)}"
    remedy = (
        f"set CC to a C compiler for musl, like {example}"
        if library == MUSL
        else "unset CC, or set it to a C compiler for glibc, like gcc"
    )
    raise KuiperPackError(
        f"a server in the image {image} opens only plugins linked to {library}, and "
        f"{compiler.command} links to {compiler.library}; {remedy}"
    )


def check_linked(image: str | None, shared_object: Path) -> None:
    """Raise KuiperPackError where a shared object needs another C library than ``image`` has."""
    library = library_of(image)
    if library is None or not shared_object.stat().st_size:
        return
    other = GLIBC if library == MUSL else MUSL
    with (
        shared_object.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        wrong = any(content.find(name) >= 0 for name in _NEEDED[other])
    if wrong:
        raise KuiperPackError(
            f"{shared_object.name} was linked to {other}, and the image {image} has {library}; "
            f"set CC to a C compiler for {library}"
        )


def check_cross(arch: str, environment: Mapping[str, str]) -> None:
    """Raise KuiperPackError for another machine's ``arch`` where CC names no compiler for it."""
    here = sys.platform == "linux" and arch == host_architecture()
    if not here and not environment.get("CC"):
        raise KuiperPackError(
            f"a plugin for linux/{arch} needs a C compiler for linux/{arch} on this machine; "
            "set CC to it"
        )
