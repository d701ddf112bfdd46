"""What was compiled, read back: whether it is what was asked for, whoever compiled it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from kuiper_pack.build.ctarget import CTarget, version_of
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.goplugin.host import glibc_of
from kuiper_pack.goplugin.hosts import host_of_release
from kuiper_pack.goplugin.predict import Candidate, predict
from kuiper_pack.goplugin.read import Binary, read_binary
from kuiper_pack.profiles import Release

_ZIG = 'pip install "kuiper-pack[cross]"'


def check_built(file: Path, target: CTarget, go: str, contract: tuple[str, str] | None) -> Binary:
    """Read the shared object ``file`` and return what is in it.

    ``go`` is the version that it must be compiled with, ``contract`` the path and version of the
    module that it must have. Raises :class:`KuiperPackError` where servers could not open it.
    """
    binary = read_binary(file)
    for wrong in what_is_wrong(binary, target, go, contract):
        raise KuiperPackError(f"{file.name} was compiled, and {wrong}")
    return binary


def check_opened(
    file: Path, binary: Binary, releases: Iterable[Release], arch: str, image: str | None
) -> None:
    """Raise KuiperPackError where one of ``releases`` is predicted not to open the plugin."""
    for release in releases:
        host = host_of_release(release, arch, image)
        (prediction,) = predict(host, [Candidate(file.name, binary)])
        if prediction.outcome in ("error", "crash"):
            why = "; ".join(f"{one.text}: {one.remedy}" for one in prediction.causes)
            raise KuiperPackError(
                f"{file.name} was compiled, and eKuiper {release} would not open it "
                f"({prediction.reason}){'; ' if why else ''}{why}"
            )


def what_is_wrong(
    binary: Binary, target: CTarget, go: str, contract: tuple[str, str] | None
) -> Iterator[str]:
    """What keeps servers from opening it, as sentences without their subject."""
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
    newest = glibc_of(binary)
    if target.glibc and newest > version_of(target.glibc):
        version = ".".join(map(str, newest))
        yield (
            f"needs glibc {version}, where the image has {target.glibc}; {_ZIG}, which links for "
            "older ones"
        )
    if binary.plugin is None:
        yield "is no Go plugin; its package must be called main"
    if binary.build is not None:
        if binary.build.go_number != go:
            yield f"was made with Go {binary.build.go_number}, where the servers have Go {go}"
        if contract is not None:
            yield from _contract_wrong(binary, *contract)


def _contract_wrong(binary: Binary, module: str, version: str) -> Iterator[str]:
    found = binary.build.module(module) if binary.build is not None else None
    used = found and (found.replaced_by or found)
    if used and (used.path, used.version) != (module, version):
        yield f"has {' '.join((used.path, used.version)).strip()}, where the servers have {version}"
