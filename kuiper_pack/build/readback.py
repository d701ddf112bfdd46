"""What was compiled, read back: whether it is what was asked for, whoever compiled it."""

from collections.abc import Iterable
from pathlib import Path

from kuiper_pack.build.ctarget import CTarget, version_of
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.goplugin.read import Binary, read_binary

_ZIG = 'pip install "kuiper-pack[cross]"'


def check_built(file: Path, target: CTarget, go: str, contract: tuple[str, str] | None) -> Binary:
    """Read the shared object ``file`` and return what is in it.

    ``go`` is the version that it must be compiled with, ``contract`` the path and version of the
    module that it must have. Raises :class:`KuiperPackError` where servers could not open it.
    """
    binary = read_binary(file)
    for wrong in _what_is_wrong(binary, target, go, contract):
        raise KuiperPackError(f"{file.name} was compiled, and {wrong}")
    return binary


def needed_glibc(binary: Binary) -> str | None:
    """The version of the newest symbol of glibc that it needs, None where it needs none."""
    versions = [
        version.removeprefix("GLIBC_")
        for need in binary.version_needs
        for version in need.versions
        if version.startswith("GLIBC_") and version_of(version.removeprefix("GLIBC_"))
    ]
    return max(versions, key=version_of, default=None)


def _what_is_wrong(
    binary: Binary, target: CTarget, go: str, contract: tuple[str, str] | None
) -> Iterable[str]:
    if binary.elf.machine != target.arch:
        yield (
            f"is for {binary.elf.machine} and not for {target.arch}: CC is a compiler for another "
            f"processor; set it to one for {target.triple}"
        )
    if target.library and binary.libc not in (None, target.library):
        yield (
            f"is linked to {binary.libc}, and the plugin is for {target.title}; set CC to a C "
            f"compiler for {target.triple}, or {_ZIG}"
        )
    newest = needed_glibc(binary)
    if target.glibc and newest and version_of(newest) > version_of(target.glibc):
        yield (
            f"needs glibc {newest}, where the image has {target.glibc}; {_ZIG}, which links for "
            "older ones"
        )
    if binary.plugin is None:
        yield "is no Go plugin; its package must be called main"
    if binary.build is not None:
        if binary.build.go.removeprefix("go") != go:
            yield f"was made with {binary.build.go}, where the servers have Go {go}"
        if contract is not None:
            yield from _contract_wrong(binary, *contract)


def _contract_wrong(binary: Binary, module: str, version: str) -> Iterable[str]:
    build = binary.build
    for one in build.dependencies if build is not None else ():
        if one.path == module and (one.replaced_by is not None or one.version != version):
            found = one.replaced_by or one
            yield f"has {found.path} {found.version}, where the servers have {version}"
