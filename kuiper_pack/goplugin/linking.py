"""What the dynamic linker says of a file before any Go code runs: words of glibc and of musl."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from kuiper_pack.goplugin.errors import BinaryError, TooShort, Truncated
from kuiper_pack.goplugin.host import Host, glibc_version
from kuiper_pack.goplugin.read import Binary

_GLIBC = re.compile(r"lib(c|m|dl|pthread|rt|resolv|util|anl|nsl)\.so\.\d+|ld-linux[\w.-]*\.so\.\d+")
_MUSL = re.compile(r"libc\.musl-\w+\.so\.1|libc\.so|ld-musl-\w+\.so\.1")
# musl takes these names for itself, whatever follows the stop.
_TAKEN_BY_MUSL = re.compile(r"lib(c|pthread|rt|m|dl|util|xnet)\.")
_WHICH_LIBC = "which C library the server has: name its image"
_NO_FILE = "cannot open shared object file: No such file or directory"


class Linking(NamedTuple):
    """The words of a refusal, "" for none, and what would have to be known to be sure of that."""

    refusal: str
    doubts: tuple[str, ...] = ()


def unreadable(file: str, error: BinaryError, host: Host) -> str:
    """The words for a file that is no whole ELF file; "" where loading it kills the server."""
    if isinstance(error, Truncated):
        return ""
    if host.libc == "musl":
        return f"Error loading shared library {file}: Exec format error"
    short = isinstance(error, TooShort)
    return f"{file}: {'file too short' if short else 'invalid ELF header'}"


def link(file: str, plugin: Binary, host: Host) -> Linking:
    """What the dynamic linker of ``host`` says of a plugin."""
    refusal = _other_machine(file, plugin, host) or _no_library(file, plugin, host)
    if refusal:
        return Linking(refusal)
    doubts: list[str] = []
    for need in plugin.needed:
        if _is_there(need, host):
            continue
        if host.libc == "glibc" and _MUSL.fullmatch(need):
            return Linking(f"{need}: {_NO_FILE}")
        if host.libc is None and (_GLIBC.fullmatch(need) or _MUSL.fullmatch(need)):
            if _WHICH_LIBC not in doubts:
                doubts.append(_WHICH_LIBC)
            continue
        doubts.append(f"whether the server finds {need}")
    if host.libc == "glibc":
        refusal, more = _versions(file, plugin, host)
        if refusal:
            return Linking(refusal)
        doubts += more
    if plugin.libc != host.libc and None not in (plugin.libc, host.libc):
        strange = [name for name in plugin.undefined if name not in host.symbols]
        if not host.symbols:
            doubts.append(f"whether {host.libc} has all that the plugin wants of {plugin.libc}")
        elif strange:
            shown = ", ".join(strange[:3]) + (" ..." if len(strange) > 3 else "")
            doubts.append(f"whether {host.libc} has {shown}")
    return Linking("", tuple(doubts))


def _other_machine(file: str, plugin: Binary, host: Host) -> str:
    musl = host.libc == "musl"
    if host.bits is not None and plugin.elf.bits != host.bits:
        if musl:
            return f"Error loading shared library {file}: Exec format error"
        return f"{file}: wrong ELF class: ELFCLASS{plugin.elf.bits}"
    if host.machine is not None and plugin.elf.machine != host.machine:
        if musl:
            return f"Error loading shared library {file}: Exec format error"
        return f"{file}: {_NO_FILE}"
    return ""


def _no_library(file: str, plugin: Binary, host: Host) -> str:
    if plugin.elf.type != "shared":
        if host.libc == "musl":
            return f"Error loading shared library {file}: Exec format error"
        if plugin.elf.type == "executable":
            return f"{file}: cannot dynamically load executable"
        return f"{file}: only ET_DYN and ET_EXEC can be loaded"
    if plugin.pie and host.libc != "musl":
        return f"{file}: cannot dynamically load position-independent executable"
    return ""


def is_of_libc(library: str, libc: str | None) -> bool:
    """Whether ``libc``, ``glibc`` or ``musl``, brings the library of this name."""
    if libc == "musl":
        return bool(_TAKEN_BY_MUSL.match(library) or _MUSL.fullmatch(library))
    return libc == "glibc" and bool(_GLIBC.fullmatch(library))


def _is_there(library: str, host: Host) -> bool:
    return library in host.libraries or is_of_libc(library, host.libc)


def _versions(file: str, plugin: Binary, host: Host) -> tuple[str, list[str]]:
    doubts = []
    for library, version in _newest(plugin):
        wanted = glibc_version(version)
        if not wanted or wanted <= host.glibc:
            continue
        if host.glibc_is_exact:
            return f"{library}: version `{version}' not found (required by {file})", []
        doubts.append(f"whether the server has glibc {version.partition('_')[2]}")
    return "", doubts[-1:]


def _newest(plugin: Binary) -> Iterator[tuple[str, str]]:
    pairs = [(need.library, one) for need in plugin.version_needs for one in need.versions]
    yield from sorted(pairs, key=lambda pair: glibc_version(pair[1]))
