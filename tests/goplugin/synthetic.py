"""Go plugins without Go: ELF files of any class and byte order, as the Go linker lays them out."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_KINDS = {
    "bool": 1, "chan": 18, "func": 19, "interface": 20, "map": 21, "ptr": 22, "slice": 23,
    "string": 24, "struct": 25,
}  # fmt: skip
_TAGS = {
    "NEEDED": 1, "HASH": 4, "STRTAB": 5, "SYMTAB": 6, "RELA": 7, "RELASZ": 8, "STRSZ": 10,
    "SONAME": 14, "REL": 17, "RELSZ": 18, "RUNPATH": 29, "GNU_HASH": 0x6FFFFEF5,
    "VERNEED": 0x6FFFFFFE, "VERNEEDNUM": 0x6FFFFFFF,
}  # fmt: skip
_MAGIC = b"\xff Go buildinf:"
_FRAME = bytes(range(16))

PACKAGES = {"errors": "0102030405060708", "runtime": "1112131415161718"}
MODULES = (
    "path\texample.test/random\nmod\texample.test/random\t(devel)\t\n"
    "dep\texample.test/contract\tv1.2.3\th1:sum=\nbuild\t-buildmode=plugin\n"
    'build\t-trimpath=true\nbuild\t-tags="a b"\n'
)


@dataclass(frozen=True)
class Plugin:
    """What the file is to say."""

    bits: int = 64
    order: str = "<"
    machine: int = 62
    addends: bool = True
    """Whether relocations hold what is written (RELA), or the places do (REL)."""
    gnu_hash: bool = False
    short_names: bool = False
    described: bool = True
    path: str = "example.test/random"
    packages: Mapping[str, str] = field(default_factory=lambda: PACKAGES)
    go: str = "go1.25.4"
    modules: str = MODULES
    needed: tuple[str, ...] = ("libc.so.6",)
    versions: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {"libc.so.6": ("GLIBC_2.2.5", "GLIBC_2.34")}
    )
    undefined: tuple[str, ...] = ("malloc", "free")
    runpath: str = "$ORIGIN"
    alignment: int = 4096
    layout: tuple[str, ...] = (
        "text", "etext", "types", "etypes", "ptab", "pluginpath", "pkghashes", "bad", "next",
    )  # fmt: skip


_SLICES = ("ptab", "pkghashes")


class Linker:
    """What is put into the file, piece by piece."""

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self.width = plugin.bits // 8
        self.word = "Q" if plugin.bits == 64 else "I"
        self.content = bytearray(0x200)
        self.relocations: list[tuple[int, int, int]] = []
        self.names = bytearray(b"\0")
        self.symbols: list[tuple[int, int, int, int]] = [(0, 0, 0, 0)]
        self.types = 0

    def pack(self, layout: str, *values: int) -> bytes:
        return struct.pack(self.plugin.order + layout, *values)

    def put(self, data: bytes) -> int:
        self.content.extend(bytes(-len(self.content) % 16))
        at = len(self.content)
        self.content.extend(data)
        return at

    def words(self, *values: int) -> bytes:
        return self.pack(self.word * len(values), *values)

    def point(self, place: int, target: int, symbol: int = 0) -> None:
        """Let the word at ``place`` become ``target``, or the address of a symbol."""
        if not self.plugin.addends and not symbol:
            self.content[place : place + self.width] = self.words(target)
        self.relocations.append((place, symbol, 0 if symbol else target))

    def name(self, text: str) -> int:
        at = len(self.names)
        self.names += text.encode() + b"\0"
        return at

    def symbol(self, name: str, address: int, size: int, section: int = 1) -> int:
        self.symbols.append((self.name(name), address, size, section))
        return len(self.symbols) - 1

    def go_name(self, text: str) -> int:
        size = len(text)
        length = size.to_bytes(2, "big") if self.plugin.short_names else bytes([size])
        return self.put(b"\1" + length + text.encode())

    def string(self, place: int, text: bytes) -> None:
        self.point(place, self.put(text))
        self.content[place + self.width : place + 2 * self.width] = self.words(len(text))

    def type(self, kind: str, text: str, *, flags: int = 0, body: bytes = b"") -> int:
        name = self.go_name(text)
        head = self.words(self.width, 0) + self.pack("IBBBB", 1, flags, 8, 8, _KINDS[kind])
        head += self.words(0, 0) + self.pack("ii", name - self.types, 0)
        return self.put(head + body + bytes(64))

    @property
    def body(self) -> int:
        """Where the description of a type goes on behind what all have in common."""
        return 4 * self.width + 16


def shared_object(
    plugin: Plugin | None = None,
    exports: "Callable[[Linker], tuple[int, int]] | None" = None,
) -> bytes:
    """The bytes of the file; ``exports`` makes the table of exports: its place and its length."""
    linker = Linker(plugin or Plugin())
    _build_info(linker)
    linker.types = linker.put(bytes(16))
    table_of_exports = (exports or _exports)(linker)
    table = _package_hashes(linker)
    if linker.plugin.described:
        _description(linker)
    _moduledata(linker, table_of_exports, table)
    return _linked(linker)


def _build_info(linker: Linker) -> None:
    plugin = linker.plugin
    if not plugin.go:
        return
    modules = _FRAME + plugin.modules.encode() + _FRAME
    version = plugin.go.encode()
    texts = bytes([len(version)]) + version + _varint(len(modules)) + modules
    linker.put(_MAGIC + bytes([linker.width, 2]) + bytes(16) + texts)


def _varint(number: int) -> bytes:
    return bytes([number & 0x7F | 0x80, number >> 7]) if number > 0x7F else bytes([number])


def _exports(linker: Linker) -> tuple[int, int]:
    """A function ``Make(...string) Speaker`` and a variable ``Count`` with a method ``Say``."""
    width, body = linker.width, linker.body
    string = linker.type("string", "string", flags=4)
    strings = linker.type("slice", "[]string")
    linker.point(strings + body, string)
    speaker = linker.type("interface", "main.Speaker", flags=4)
    linker.point(speaker + body, linker.go_name("example.test/contract"))
    make = linker.type("func", "func(...string) main.Speaker", body=linker.pack("HH", 1, 0x8001))
    listed = make + body + -(-4 // width) * width
    linker.point(listed, strings)
    linker.point(listed + width, speaker)
    say = linker.type("func", "func() string", body=linker.pack("HH", 0, 1))
    linker.point(say + body + -(-4 // width) * width, string)
    thing = linker.type("struct", "*main.Thing", flags=1 | 2 | 4)
    package = linker.go_name(linker.plugin.path) - linker.types
    uncommon = thing + body + 4 * width
    linker.content[uncommon : uncommon + 4] = linker.pack("i", package)
    pointer = linker.type("ptr", "*main.Thing", flags=1)
    linker.point(pointer + body, thing)
    uncommon = pointer + body + width
    methods = linker.put(
        linker.pack("iiii", linker.go_name("Say") - linker.types, say - linker.types, 0, 0)
    )
    linker.content[uncommon : uncommon + 12] = linker.pack(
        "iHHI", package, 1, 1, methods - uncommon
    )
    entries = b""
    for name, type_ in (("Count", pointer), ("Make", make)):
        entries += linker.pack("ii", linker.go_name(name) - linker.types, type_ - linker.types)
        linker.symbol(f"{linker.plugin.path}.{name}", type_, width)
    return linker.put(entries), 2


def _package_hashes(linker: Linker) -> tuple[int, int]:
    packages = linker.plugin.packages
    width = linker.width
    table = linker.put(bytes(5 * width * len(packages)))
    for number, (package, hash_) in enumerate(packages.items()):
        place, digest = table + 5 * width * number, bytes.fromhex(hash_)
        own = linker.put(digest)
        linker.symbol(f"go:link.pkghashbytes.{package}", own, len(digest))
        header = linker.put(bytes(2 * width))
        linker.string(header, digest)
        expected = linker.symbol(f"go:link.pkghash.{package}", header, 2 * width)
        linker.string(place, package.encode())
        linker.string(place + 2 * width, digest)
        linker.point(place + 4 * width, 0, expected)
    return table, len(packages)


def _offsets(linker: Linker) -> dict[str, int]:
    offsets, at = {}, 0
    for name in linker.plugin.layout:
        offsets[name] = at
        at += linker.width * (3 if name in _SLICES else 2 if name == "pluginpath" else 1)
    return {**offsets, "": at}


def _description(linker: Linker) -> None:
    width, offsets = linker.width, _offsets(linker)
    count = len(offsets) - 1
    fields = linker.put(bytes(3 * width * count))
    for number, name in enumerate(linker.plugin.layout):
        place = fields + 3 * width * number
        linker.point(place, linker.go_name(name))
        # Before Go 1.19 the lowest bit of an offset was another thing.
        offset = offsets[name] * (2 if linker.plugin.short_names else 1)
        linker.content[place + 2 * width : place + 3 * width] = linker.words(offset)
    described = linker.type("struct", "runtime.moduledata")
    linker.content[described : described + width] = linker.words(offsets[""])
    at = described + linker.body
    linker.point(at + width, fields)
    linker.content[at + 2 * width : at + 4 * width] = linker.words(count, count)
    linker.symbol("type:runtime.moduledata", described, 200)


def _moduledata(linker: Linker, exports: tuple[int, int], table: tuple[int, int]) -> None:
    width, offsets = linker.width, _offsets(linker)
    data = linker.put(bytes(offsets[""]))
    linker.point(data + offsets["types"], linker.types)
    linker.string(data + offsets["pluginpath"], linker.plugin.path.encode())
    for name, (start, count) in (("ptab", exports), ("pkghashes", table)):
        place = data + offsets[name]
        linker.point(place, start)
        linker.content[place + width : place + 3 * width] = linker.words(count, count)


def _linked(linker: Linker) -> bytes:
    plugin, width = linker.plugin, linker.width
    wide = plugin.bits == 64
    for name in plugin.undefined:
        linker.symbol(name, 0, 0, 0)
    tags = [("NEEDED", linker.name(name)) for name in plugin.needed]
    tags.append(("SONAME", linker.name("random.so")))
    if plugin.runpath:
        tags.append(("RUNPATH", linker.name(plugin.runpath)))
    needs = b""
    for number, (library, versions) in enumerate(plugin.versions.items()):
        last = number == len(plugin.versions) - 1
        after = 0 if last else 16 + 16 * len(versions)
        needs += linker.pack("HHIII", 1, len(versions), linker.name(library), 16, after)
        for place, version in enumerate(versions):
            step = 0 if place == len(versions) - 1 else 16
            needs += linker.pack("IHHII", 0, 0, place + 2, linker.name(version), step)
    tags += [("VERNEED", linker.put(needs)), ("VERNEEDNUM", len(plugin.versions))]
    symbols = b"".join(
        linker.pack("IBBHQQ", name, 0x11, 0, section, address, size)
        if wide
        else linker.pack("IIIBBH", name, address, size, 0x11, 0, section)
        for name, address, size, section in linker.symbols
    )
    tags.append(("SYMTAB", linker.put(symbols)))
    count = len(linker.symbols)
    if plugin.gnu_hash:
        chain = [0] * (count - 2) + [1]
        table = linker.pack("IIII", 1, 1, 1, 0) + linker.words(0)
        tags.append(("GNU_HASH", linker.put(table + linker.pack(f"{count}I", 1, *chain))))
    else:
        tags.append(("HASH", linker.put(linker.pack("IIII", 1, count, 0, 0))))
    tags += [("STRTAB", linker.put(bytes(linker.names))), ("STRSZ", len(linker.names))]
    shift = 32 if wide else 8
    rows = b"".join(
        linker.words(place, symbol << shift | (1 if symbol else 8))
        + (linker.words(addend) if plugin.addends else b"")
        for place, symbol, addend in linker.relocations
    )
    kind = "RELA" if plugin.addends else "REL"
    tags += [(kind, linker.put(rows)), (f"{kind}SZ", len(rows))]
    dynamic = linker.put(b"".join(linker.words(_TAGS[tag], value) for tag, value in tags))
    linker.content += linker.words(0, 0)
    return _with_headers(linker, dynamic, width)


def _with_headers(linker: Linker, dynamic: int, width: int) -> bytes:
    plugin, size = linker.plugin, len(linker.content)
    wide = plugin.bits == 64
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if plugin.order == "<" else 2, 1]) + bytes(9)
    start, entry = (64, 56) if wide else (52, 32)
    header = ident + linker.pack("HHI", 3, plugin.machine, 1) + linker.words(0, start, 0)
    header += linker.pack("IHHHHHH", 0, start, entry, 2, 0, 0, 0)
    for kind, offset, length in ((1, 0, size), (2, dynamic, size - dynamic)):
        if wide:
            header += linker.pack(
                "IIQQQQQQ", kind, 6, offset, offset, offset, length, length, plugin.alignment
            )
        else:
            header += linker.pack(
                "IIIIIIII", kind, offset, offset, offset, length, length, 6, plugin.alignment
            )
    linker.content[: len(header)] = header
    return bytes(linker.content)
