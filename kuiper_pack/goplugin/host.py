"""The server that is to open a plugin, as far as it is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kuiper_pack.goplugin.buildinfo import BuildInfo
from kuiper_pack.goplugin.moduledata import Layout
from kuiper_pack.goplugin.read import Binary

Opens = Literal["plugins", "nothing", "by-crashing", "not-seen", "not-go"]
"""What a server can do with plugins.

- ``plugins``: it lets them find its packages.
- ``nothing``: it was built without cgo, and answers ``plugin: not implemented``.
- ``by-crashing``: it keeps its packages to itself (static, or linked without the C linker), so a
  plugin starts a second runtime.
- ``not-seen``: its file is packed by UPX.
- ``not-go``: nothing says that it is written in Go.
"""


@dataclass(frozen=True, slots=True)
class Host:
    """One server: a binary, or what is known of a release.

    Attributes:
        name: how people call it.
        opens: what it can do with plugins.
        go: its Go version, like ``1.25.4``.
        bits, machine: what its processor is, None where that is not known.
        libc: ``glibc``, ``musl`` or None where that is not known.
        glibc: the version of glibc that is there at least, as numbers; and whether at most, too.
        packages: the hashes of its packages, as far as they are known.
        known: which ones are: all; most, without those of the server's own module; only those of
            the standard library and of the contract; or none.
        layout: its layout of ``runtime.moduledata``.
        modules: the versions of the modules it was built of.
        settings: the flags of its build, as ``go version -m`` shows them.
        libraries: the libraries that are surely loaded with it.
        symbols: what it asks these libraries for, so they have it.
        doubt: what has to be believed where ``packages`` are those of another build, "" for none.
    """

    name: str
    opens: Opens = "plugins"
    go: str | None = None
    bits: int | None = None
    machine: str | None = None
    libc: str | None = None
    glibc: tuple[int, ...] = ()
    glibc_is_exact: bool = False
    packages: Mapping[str, str] = field(default_factory=dict)
    known: Literal["all", "most", "standard", "none"] = "none"
    layout: Layout | None = None
    modules: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    libraries: frozenset[str] = frozenset()
    symbols: frozenset[str] = frozenset()
    doubt: str = ""


def host_of(binary: Binary, name: str) -> Host:
    """The server whose file was read."""
    build = binary.build
    return Host(
        name=name,
        opens=_opens(binary),
        go=build.go_number if build else None,
        bits=binary.elf.bits,
        machine=binary.elf.machine,
        libc=binary.libc,
        glibc=glibc_of(binary),
        packages=binary.packages,
        known="all",
        layout=binary.layout,
        modules=module_versions(build) if build else {},
        settings=build.settings if build else {},
        libraries=frozenset(binary.needed),
        symbols=frozenset((*binary.undefined, *binary.weak)),
    )


def _opens(binary: Binary) -> Opens:
    if binary.packages:
        return "plugins"
    if binary.packed:
        return "not-seen"
    if binary.build is None:
        return "not-go"
    return "nothing" if binary.build.settings.get("CGO_ENABLED") == "0" else "by-crashing"


def module_versions(build: BuildInfo) -> dict[str, str]:
    """The version of each module that a file is built of, and of what replaced it."""
    versions = {}
    for module in build.dependencies:
        used = module.replaced_by or module
        same = used.path == module.path
        versions[module.path] = used.version if same else f"{used.path} {used.version}".rstrip()
    return versions


def glibc_of(binary: Binary) -> tuple[int, ...]:
    """The newest version of glibc that a file asks for, () for none."""
    return max(
        (
            numbers
            for need in binary.version_needs
            for version in need.versions
            if (numbers := glibc_version(version))
        ),
        default=(),
    )


def glibc_version(text: str) -> tuple[int, ...]:
    """``(2, 34)`` for ``GLIBC_2.34``, () for anything else."""
    name, _, numbers = text.partition("_")
    parts = numbers.split(".")
    is_version = name == "GLIBC" and all(part.isascii() and part.isdigit() for part in parts)
    return tuple(int(part) for part in parts) if is_version else ()
