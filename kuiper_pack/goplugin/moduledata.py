"""What the Go runtime is told of a plugin: its path, its symbols, and the packages it is built of.

The runtime gets one structure per program or plugin, ``runtime.moduledata``. No symbol leads to it,
and its layout differs from Go version to Go version; but the linker describes it like any other
type, in the dynamic symbol ``type:runtime.moduledata``, and it is found by the one pointer to the
table of package hashes. Some plugins lack the description; but in all Go versions so far the path
stands two words before that table, and the table of exports three words before the path.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from kuiper_pack.goplugin.dynamic import Symbols
from kuiper_pack.goplugin.errors import Malformed
from kuiper_pack.goplugin.gotypes import Types
from kuiper_pack.goplugin.image import Image
from kuiper_pack.goplugin.relocations import Relocations

# Since Go 1.20 symbols that a compiler makes have a colon where there was a full stop.
HASHES = ("go:link.pkghashbytes.", "go.link.pkghashbytes.")
_EXPECTED = ("go:link.pkghash.", "go.link.pkghash.")
_DESCRIPTION = ("type:runtime.moduledata", "type.runtime.moduledata")
PREFIXES = (*HASHES, *_EXPECTED, *_DESCRIPTION)

_MAGIC = range(0xFFFFFFF0, 0xFFFFFFFC)
"""How the table of program counters begins, to which the first word of module data points."""
_FARTHEST = 80
"""Words before the table of package hashes within which module data starts."""
_LONGEST_HASH = 64
_MOST_PACKAGES = 20_000
_MOST_POINTERS = 10_000
"""Pointers to the table of package hashes that are looked at; there is one."""
_ENTRY_WORDS = 5
"""Words of one entry: the name and the hash as strings, and a pointer to the hash expected."""
_EXPECTED_WORD = 4


def is_standard(package: str) -> bool:
    """Whether a package is of the standard library: its first name is no domain."""
    return "." not in package.partition("/")[0]


class PackageHash(NamedTuple):
    """A package that a plugin is built of.

    ``hash`` is the fingerprint of what it exports, as hexadecimal text. The runtime compares it
    with that of the same package in the server, and of plugins that were loaded before.
    """

    package: str
    hash: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of ``runtime.moduledata``: offsets of its fields and its size, in bytes."""

    size: int
    offsets: Mapping[str, int]


class ModuleData(NamedTuple):
    """The module data of a plugin: its address, and what tells Go versions apart.

    ``magic`` is the number that its table of program counters begins with, ``hashes`` the offset of
    the table of package hashes, in bytes.
    """

    address: int
    magic: int
    hashes: int


class LinkerSymbols(NamedTuple):
    """What the dynamic symbols that the Go linker makes lead to.

    ``expected`` are the numbers of symbols that stand for the hash of a package, and ``layout`` is
    the address where ``runtime.moduledata`` is described, 0 where it is not.
    """

    hashes: Mapping[str, str]
    expected: Mapping[int, str]
    description: int


def read_linker_symbols(image: Image, symbols: Symbols) -> LinkerSymbols:
    """The symbols of package hashes and of the layout, looked up all at once."""
    hashes: dict[str, str] = {}
    expected: dict[int, str] = {}
    description = 0
    for one in symbols.starting_with(*PREFIXES):
        if one.name in _DESCRIPTION:
            description = one.address if one.section else 0
        elif one.name.startswith(HASHES):
            if one.section:
                size = min(one.size, _LONGEST_HASH)
                hashes[_after(one.name, HASHES)] = image.read(one.address, size).hex()
        elif one.name.startswith(_EXPECTED):
            expected[one.number] = _after(one.name, _EXPECTED)
    return LinkerSymbols(hashes, expected, description)


def _after(name: str, prefixes: tuple[str, ...]) -> str:
    return name[len(prefixes[0]) :]


def read_layout(image: Image, relocations: Relocations, description: int) -> Layout:
    """The layout that is described at an address."""
    first = relocations.pointer(description + 5 * image.pointer_size + 16)
    # A field has a name, so a length that starts with 0 is one of two bytes.
    short = image.number(relocations.pointer(first) + 1, 1) == 0
    offsets = Types(image, relocations, short_names=short).fields(description)
    return Layout(image.word(description), offsets)


class Checks(NamedTuple):
    """The table of package hashes in a plugin: where it starts, and its entries in their order."""

    start: int
    entries: tuple[PackageHash, ...]


def read_checks(
    image: Image, relocations: Relocations, expected: Mapping[int, str]
) -> Checks | None:
    """What the runtime compares when it opens the plugin, in its order; None where it cannot.

    Each entry has a pointer to a symbol that the dynamic linker looks up, in the server first.
    """
    width = image.pointer_size
    entries = sorted(
        (place - _EXPECTED_WORD * width, expected[index])
        for place, index in relocations.against(set(expected))
    )
    if not entries:
        return None
    if len(entries) > _MOST_PACKAGES:
        raise Malformed(f"the plugin would be built of {len(entries)} packages")
    found = []
    for number, (place, _) in enumerate(entries):
        if place != entries[0][0] + number * _ENTRY_WORDS * width:
            raise Malformed("the table of package hashes has gaps")
        name = relocations.text(place).decode("utf-8", "replace")
        found.append(PackageHash(name, relocations.text(place + 2 * width).hex()))
    return Checks(entries[0][0], tuple(found))


def find_moduledata(image: Image, relocations: Relocations, checks: Checks) -> int | None:
    """Where ``runtime.moduledata`` holds the table of package hashes, as a slice."""
    width, count = image.pointer_size, len(checks.entries)
    for place in islice(relocations.pointing_to(checks.start), _MOST_POINTERS):
        if image.room(place) >= 3 * width and all(
            image.word(place + number * width) == count for number in (1, 2)
        ):
            return place
    return None


def find_start(image: Image, relocations: Relocations, place: int) -> ModuleData | None:
    """The module data that has the table of package hashes at ``place``."""
    width = image.pointer_size
    for start in range(place - width, place - _FARTHEST * width, -width):
        if image.room(start) < width:
            return None
        table = relocations.pointer(start)
        if image.room(table) >= 8:
            magic = image.number(table, 4)
            if magic in _MAGIC:
                return ModuleData(start, magic, place - start)
    return None
