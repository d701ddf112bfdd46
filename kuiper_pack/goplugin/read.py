"""Read a Go plugin, or the server that is to open it, without running anything of it."""

import mmap
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from kuiper_pack.goplugin.buildinfo import BuildInfo, read_build_info
from kuiper_pack.goplugin.dynamic import (
    DT_FLAGS,
    DT_FLAGS_1,
    DT_NEEDED,
    DT_RPATH,
    DT_RUNPATH,
    DT_SONAME,
    Dynamic,
    Symbols,
    VersionNeed,
)
from kuiper_pack.goplugin.errors import TooShort
from kuiper_pack.goplugin.exports import Export, read_exports
from kuiper_pack.goplugin.image import Image
from kuiper_pack.goplugin.moduledata import (
    Layout,
    ModuleData,
    PackageHash,
    find_moduledata,
    find_start,
    read_checks,
    read_layout,
    read_linker_symbols,
)
from kuiper_pack.goplugin.relocations import Relocations
from kuiper_pack.package.elf import PT_LOAD, Buffer, Elf

_STATIC_TLS = 0x10
_PIE = 0x08000000
_PACKED = 4096
"""The packer UPX leaves its mark within so many bytes from the beginning."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """What makes a shared object a Go plugin.

    Attributes:
        path: the plugin path, of which a server loads only one at a time: the import path of the
            package, or ``plugin/unnamed-`` and a hash where files were named to ``go build``.
        checks: the packages it is built of with their hashes, in the order in which the runtime
            compares them; the first one that differs is the one it names.
        exports: what can be looked up, by name in the order of the plugin's own table.
        data: where it tells the runtime all this, None where that was not found.
    """

    path: str
    checks: tuple[PackageHash, ...]
    exports: tuple[Export, ...]
    data: ModuleData | None = None

    def export(self, name: str) -> Export | None:
        """The export called ``name``."""
        return next((one for one in self.exports if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Binary:
    """One ELF file, as far as it matters to who loads it.

    Attributes:
        size: bytes of the file.
        elf: class, processor, type and interpreter; its ``libc`` is told by the interpreter, which
            shared objects seldom have: see ``libc`` here.
        build: how Go built it, None where nothing says so.
        plugin: what makes it a Go plugin, None for any other file.
        packages: the hash of each package that it lets others find, by import path: all of a
            plugin, and all of a server that can open plugins.
        layout: how its runtime lays out ``runtime.moduledata``, None where that is not described.
        needed: the libraries that it needs, as it names them.
        soname, search: its own name, and the folders where it has its libraries looked for.
        version_needs: the versions of them that it is linked with.
        version_definitions: the versions of its own.
        undefined, weak: the symbols that others must bring, or may.
        alignment: the largest page size, in bytes, that it can be loaded with.
        static_tls: whether it wants thread-local storage that only programs can count on.
        pie: whether it is a program, which cannot be loaded though it looks like a shared object.
        packed: whether it is compressed by UPX, so that what is in it is not seen.
    """

    size: int
    elf: Elf
    build: BuildInfo | None = None
    plugin: Plugin | None = None
    packages: Mapping[str, str] = field(default_factory=dict)
    layout: Layout | None = None
    needed: tuple[str, ...] = ()
    soname: str | None = None
    search: tuple[str, ...] = ()
    version_needs: tuple[VersionNeed, ...] = ()
    version_definitions: tuple[str, ...] = ()
    undefined: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    alignment: int = 0
    static_tls: bool = False
    pie: bool = False
    packed: bool = False

    @property
    def libc(self) -> str | None:
        """The C library it was linked with: ``glibc``, ``musl``, or None for none or another."""
        if any(one.startswith("libc.musl-") or one == "libc.so" for one in self.needed):
            return "musl"
        if any(one.startswith("libc.so.") for one in self.needed):
            return "glibc"
        return self.elf.libc


def read_binary(source: Path | bytes) -> Binary:
    """Read a program or a shared object from its file, or from its content.

    Nothing of it is run, and nothing outside the parts that are loaded is believed. The file is
    mapped, not read into memory: it must not change meanwhile.

    Raises:
        NotElf: the file is none, or so short that it cannot be one (TooShort).
        Truncated: the end of what would be loaded is missing.
        Malformed: something in it leads nowhere.
        OSError: the file cannot be opened.
    """
    if isinstance(source, bytes):
        return _read(source)
    with source.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise TooShort("the file is empty") from None
        with mapped:
            return _read(mapped)


def _read(data: Buffer) -> Binary:
    image = Image(data)
    dynamic = Dynamic(image)
    symbols = Symbols(image, dynamic)

    @cache
    def relocations() -> Relocations:
        return Relocations(image, dynamic, symbols)

    made = read_linker_symbols(image, symbols)
    layout = read_layout(image, relocations(), made.description) if made.description else None
    plugin = None
    if made.expected and image.elf.type == "shared":
        plugin = _read_plugin(image, relocations(), symbols, made.expected)
    undefined = list(symbols.undefined())
    flags = dynamic.value(DT_FLAGS)
    return Binary(
        size=len(data),
        elf=image.elf,
        build=read_build_info(image, relocations),
        plugin=plugin,
        packages=made.hashes,
        layout=layout,
        needed=dynamic.texts(DT_NEEDED),
        soname=next(iter(dynamic.texts(DT_SONAME)), None),
        search=(*dynamic.texts(DT_RPATH), *dynamic.texts(DT_RUNPATH)),
        version_needs=dynamic.version_needs(),
        version_definitions=dynamic.version_definitions(),
        undefined=tuple(one.name for one in undefined if one.binding == 1),
        weak=tuple(one.name for one in undefined if one.binding == 2),
        alignment=max((one.alignment for one in image.segments if one.type == PT_LOAD), default=0),
        static_tls=bool(flags & _STATIC_TLS),
        pie=bool(dynamic.value(DT_FLAGS_1) & _PIE),
        packed=data.find(b"UPX!", 0, _PACKED) >= 0,
    )


def _read_plugin(
    image: Image, relocations: Relocations, symbols: Symbols, expected: Mapping[int, str]
) -> Plugin | None:
    checks = read_checks(image, relocations, expected)
    if checks is None:
        return None
    place = find_moduledata(image, relocations, checks)
    if place is None:
        return None
    width = image.pointer_size
    path = relocations.text(place - 2 * width).decode("utf-8", "replace")
    found = frozenset(
        one.name.removeprefix(f"{path}.")
        for one in symbols.starting_with(f"{path}.")
        if one.section
    )
    exports = read_exports(image, relocations, place - 5 * width, found)
    return Plugin(path, checks.entries, exports, find_start(image, relocations, place))
