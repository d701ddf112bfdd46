"""The C compiler that links Go plugins, and the C library that it links them to."""

import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from kuiper_pack.build import zigcc
from kuiper_pack.build.ctarget import GLIBC, MUSL, CTarget, version_of
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.architecture import host_architecture

_IMAGES = {MUSL: "alpine", GLIBC: "slim"}
_THREADS_IN_LIBC = (2, 34)
"""What is linked with this glibc or a newer one needs it: every Go plugin starts threads."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """A C compiler: its command, the first line of its version, and its C library.

    ``command`` is what Go takes as CC; ``plus`` is the compiler for C++ that belongs to it, empty
    where Go's own choice fits.
    """

    command: str
    title: str
    library: str
    plus: str = ""

    @property
    def image(self) -> str:
        """The eKuiper image that runs what this compiler links."""
        return _IMAGES[self.library]

    @property
    def settings(self) -> dict[str, str]:
        """The environment in which Go uses it."""
        return {"CC": self.command, **({"CXX": self.plus} if self.plus else {})}


def compiler_for(target: CTarget, environment: Mapping[str, str]) -> Compiler | None:
    """The C compiler of this machine for ``target``, None where it has none.

    CC decides where it is set. Else it is gcc where that links for this very target; then Zig,
    which links for any processor and any C library; then gcc with a glibc that is only newer, and a
    cross compiler under its usual name: what these link has to be looked at. Raises
    :class:`KuiperPackError` where CC is no compiler, or one for another C library.
    """
    if environment.get("CC", "").strip():
        compiler = c_compiler(environment)
        _check_library(target, compiler)
        return compiler
    own = _own(target, environment)
    if own is not None and (target.glibc is None or _host_glibc() <= version_of(target.glibc)):
        return own
    found = _zig(target, environment)
    if found is None and own is not None and not _certainly_too_new(target):
        found = own
    return found or _named(target, environment)


def no_compiler(target: CTarget, or_else: str = "") -> str:
    """What to say where :func:`compiler_for` finds none; ``or_else`` is what else would do."""
    name = f"{target.triple}-gcc"
    if _is_of_this_machine(target):
        name = "musl-gcc" if target.library == MUSL else "gcc"
    install = "" if name == "gcc" and _certainly_too_new(target) else f"install {name}, "
    return (
        f"a plugin for {target.title} is linked by a C compiler for it, and this machine has none: "
        f'pip install "kuiper-pack[cross]", {install}{or_else}or set CC'
    )


def c_compiler(environment: Mapping[str, str]) -> Compiler:
    """What CC, by default gcc, is; raises :class:`KuiperPackError` where it cannot be run."""
    command = environment.get("CC", "").split() or ["gcc"]
    compiler = _compiler(command, environment)
    if compiler is None:
        raise KuiperPackError(
            f"Go plugins are linked by a C compiler, and {' '.join(command)} cannot be run; "
            "install gcc, or set CC"
        )
    return compiler


def _compiler(command: list[str], environment: Mapping[str, str]) -> Compiler | None:
    version, machine = (_said(command, one, environment) for one in ("--version", "-dumpmachine"))
    if version is None or machine is None:
        return None
    words = " ".join(command)
    # musl-gcc is a wrapper of the gcc that is there, and -dumpmachine tells of that one.
    library = MUSL if "musl" in machine or "musl" in words else GLIBC
    return Compiler(words, version.partition("\n")[0] or command[0], library)


def _said(command: list[str], option: str, environment: Mapping[str, str]) -> str | None:
    try:
        return subprocess.run(
            [*command, option],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def _check_library(target: CTarget, compiler: Compiler) -> None:
    if target.library in (None, compiler.library):
        return
    raise KuiperPackError(
        f"CC is {compiler.command}, which links to {compiler.library}, and the plugin is for "
        f"{target.title}; unset CC, or set it to a C compiler for {target.triple}"
    )


def _own(target: CTarget, environment: Mapping[str, str]) -> Compiler | None:
    """The gcc of this machine, where that is the machine to link for."""
    if not _is_of_this_machine(target):
        return None
    compiler = _compiler(["gcc"], environment)
    fits = compiler is not None and target.library in (None, compiler.library)
    return compiler if fits else None


def _zig(target: CTarget, environment: Mapping[str, str]) -> Compiler | None:
    """Zig, from the package ``ziglang`` of this Python or from the path."""
    zig = _zig_program(environment)
    version = zig and _said([zig], "version", environment)
    if zig is None or not version:
        return None
    triple = f"{target.triple}{f'.{target.glibc}' if target.glibc else ''}"
    wrapper = [sys.executable, "-I", zigcc.__file__, zig, version]
    cc, plus = (" ".join(map(_quoted, (*wrapper, one, "-target", triple))) for one in ("cc", "c++"))
    return Compiler(cc, f"zig {version} for {triple}", target.library or GLIBC, plus)


def _zig_program(environment: Mapping[str, str]) -> str | None:
    spec = find_spec("ziglang")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if found := shutil.which("zig", path=str(Path(place))):
            return found
    return shutil.which("zig", path=environment.get("PATH"))


def _named(target: CTarget, environment: Mapping[str, str]) -> Compiler | None:
    """A compiler for another processor or C library, under the name that distributions give it."""
    own = _is_of_this_machine(target)
    if own and target.library != MUSL:
        return None
    names = (f"{target.triple}-gcc", *(("musl-gcc",) if own else ()))
    for name in names:
        if shutil.which(name, path=environment.get("PATH")):
            compiler = _compiler([name], environment)
            if compiler is not None:
                plus = name.removesuffix("gcc") + "g++"
                has_plus = shutil.which(plus, path=environment.get("PATH")) is not None
                title = f"{name}: {compiler.title}"  # a wrapper has the version of what it wraps
                return Compiler(name, title, compiler.library, plus if has_plus else "")
    return None


def _is_of_this_machine(target: CTarget) -> bool:
    return platform.system() == "Linux" and target.arch == host_architecture()


def _certainly_too_new(target: CTarget) -> bool:
    return target.glibc is not None and version_of(target.glibc) < _THREADS_IN_LIBC <= _host_glibc()


def _host_glibc() -> tuple[int, ...]:
    """The version of the glibc that gcc links to here; () where there is none."""
    name, version = platform.libc_ver()
    return version_of(version) if name == "glibc" else ()


def _quoted(word: str) -> str:
    """As one word for Go, which knows quotes since 1.18."""
    return f"'{word}'" if " " in word else word
