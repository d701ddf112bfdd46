"""What the dynamic linker reads: the dynamic section, its symbols, and the versions it asks for.

Sources: the ELF specification (gABI), chapter 5, and the LSB for the GNU hash table and versions.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from kuiper_pack.goplugin.errors import Malformed
from kuiper_pack.goplugin.image import Image
from kuiper_pack.package.elf import PT_DYNAMIC

DT_NEEDED, DT_PLTRELSZ, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_RELA, DT_RELASZ = 1, 2, 4, 5, 6, 7, 8
DT_STRSZ, DT_SONAME, DT_RPATH, DT_REL, DT_RELSZ, DT_JMPREL = 10, 14, 15, 17, 18, 23
DT_RUNPATH, DT_FLAGS, DT_GNU_HASH, DT_FLAGS_1 = 29, 30, 0x6FFFFEF5, 0x6FFFFFFB
DT_VERDEF, DT_VERDEFNUM = 0x6FFFFFFC, 0x6FFFFFFD
DT_VERNEED, DT_VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF

_LONGEST_NAME = 4096
_CHAIN = 4096
_MOST_NAMES = 100_000
"""Names of symbols that are read of one file, and their bytes in all; real ones have some 2,000."""
_MOST_NAME_BYTES = 32 << 20
_MOST_ENTRIES = 10_000
"""Of the dynamic section and of the version tables; real ones have a few dozen."""


class Symbol(NamedTuple):
    """One dynamic symbol: ``size`` bytes at ``address``; ``section`` is 0 where it is undefined.

    ``binding`` is 0 for local, 1 for global, 2 for weak.
    """

    number: int
    name: str
    address: int
    size: int
    binding: int
    section: int


class VersionNeed(NamedTuple):
    """The versions of one library that a file is linked with, like GLIBC_2.34 of libc.so.6."""

    library: str
    versions: tuple[str, ...]


class Dynamic:
    """The dynamic section of a file and the names it leads to; empty for a static program.

    Raises:
        Malformed: the section or the table of names is not in the file.
    """

    def __init__(self, image: Image) -> None:
        self._image = image
        self._entries: dict[int, list[int]] = {}
        sections = [one for one in image.segments if one.type == PT_DYNAMIC]
        if sections:
            self._read(sections[0].address)
        self.strings = b""
        if DT_STRTAB in self._entries:
            self.strings = image.read(self.value(DT_STRTAB), self.value(DT_STRSZ))

    def _read(self, address: int) -> None:
        size = 2 * self._image.pointer_size
        for number in range(_MOST_ENTRIES):
            tag = self._image.word(address + number * size)
            if tag == 0:
                return
            value = self._image.word(address + number * size + size // 2)
            self._entries.setdefault(tag, []).append(value)
        raise Malformed(f"the dynamic section has more than {_MOST_ENTRIES} entries")

    def __bool__(self) -> bool:
        return bool(self._entries)

    def __contains__(self, tag: int) -> bool:
        return tag in self._entries

    def value(self, tag: int) -> int:
        """The number of the last entry with ``tag``, which is the one that counts; 0 for none."""
        return self._entries[tag][-1] if tag in self._entries else 0

    def texts(self, tag: int) -> tuple[str, ...]:
        """The names that the entries with ``tag`` point to, in their order."""
        return tuple(self.name(value) for value in self._entries.get(tag, ()))

    def name(self, offset: int) -> str:
        """The name at ``offset`` of the table of names."""
        end = self.strings.find(b"\0", offset, offset + _LONGEST_NAME)
        if not 0 <= offset < len(self.strings) or end < 0:
            raise Malformed(f"the name at {offset:#x} of the table of names is not in the file")
        return self.strings[offset:end].decode("utf-8", "replace")

    def version_needs(self) -> tuple[VersionNeed, ...]:
        """What is asked of the versions of each library (DT_VERNEED)."""
        found: list[VersionNeed] = []
        at, left = self.value(DT_VERNEED), _MOST_ENTRIES
        for _ in range(min(self.value(DT_VERNEEDNUM), _MOST_ENTRIES)):
            _, count, library, first, after = self._unpack("HHIII", at)
            place, names = at + first, []
            for _ in range(count):
                left -= 1
                _, _, _, name, step = self._unpack("IHHII", place)
                names.append(self.name(name))
                if not step or left < 0:
                    break
                place += step
            found.append(VersionNeed(self.name(library), tuple(names)))
            if not after or left < 0:
                break
            at += after
        return tuple(found)

    def version_definitions(self) -> tuple[str, ...]:
        """The versions that a library itself has (DT_VERDEF), with its own name first."""
        names, at = [], self.value(DT_VERDEF)
        for _ in range(min(self.value(DT_VERDEFNUM), _MOST_ENTRIES)):
            *_, first, after = self._unpack("HHHHIII", at)
            names.append(self.name(self._unpack("II", at + first)[0]))
            if not after:
                break
            at += after
        return tuple(names)

    def _unpack(self, layout: str, address: int) -> tuple[int, ...]:
        layout = self._image.order + layout
        return struct.unpack(layout, self._image.read(address, struct.calcsize(layout)))


class Symbols:
    """The dynamic symbols of a file; they are there in every Go plugin, stripped or not.

    Raises:
        Malformed: the table is not in the file.
    """

    def __init__(self, image: Image, dynamic: Dynamic) -> None:
        self._image, self._dynamic = image, dynamic
        wide = image.elf.bits == 64
        self._layout = struct.Struct(image.order + ("IBBHQQ" if wide else "IIIBBH"))
        self._wide = wide
        self._table = b""
        if DT_SYMTAB in dynamic:
            start = dynamic.value(DT_SYMTAB)
            count = min(self._counted(), image.room(start) // self._layout.size)
            self._table = image.read(start, count * self._layout.size)
        self._names_left, self._bytes_left = _MOST_NAMES, _MOST_NAME_BYTES
        self._names = image.numbers(self._table, 4)[:: self._layout.size // 4]

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: int) -> Symbol:
        if not 0 <= index < len(self):
            raise Malformed(f"there is no dynamic symbol {index}")
        fields = self._layout.unpack_from(self._table, index * self._layout.size)
        if self._wide:
            name, info, _, section, address, size = fields
        else:
            name, address, size, info, _, section = fields
        text = self._dynamic.name(name)
        self._names_left -= 1
        self._bytes_left -= len(text)
        if self._names_left < 0 or self._bytes_left < 0:
            raise Malformed("it has more names than any plugin")
        return Symbol(index, text, address, size, info >> 4, section)

    def starting_with(self, *prefixes: str) -> Iterator[Symbol]:
        """The symbols, defined or not, whose names start with one of ``prefixes``.

        Prefixes are looked for in the table of names as a whole, which is much faster than to look
        at every name; names may share their ends there, so a match can be anywhere.
        """
        strings, places = self._dynamic.strings, set()
        for prefix in prefixes:
            wanted = prefix.encode()
            place = strings.find(wanted)
            while place >= 0:
                places.add(place)
                if len(places) > _MOST_NAMES:
                    raise Malformed("it has more names than any plugin")
                place = strings.find(wanted, place + 1)
        for index, name in enumerate(self._names):
            if name in places:
                yield self[index]

    def undefined(self) -> Iterator[Symbol]:
        """The symbols that other files have to bring."""
        at = 6 if self._wide else 14
        sections = self._image.numbers(self._table, 2)[at // 2 :: self._layout.size // 2]
        for index, section in enumerate(sections):
            if section == 0 and index > 0:
                yield self[index]

    def _counted(self) -> int:
        """How many symbols there are; only the hash tables tell, where there are no sections."""
        if DT_HASH in self._dynamic:
            return self._image.number(self._dynamic.value(DT_HASH) + 4, 4)
        if DT_GNU_HASH in self._dynamic:
            return self._counted_by_gnu_hash(self._dynamic.value(DT_GNU_HASH))
        return 0

    def _counted_by_gnu_hash(self, table: int) -> int:
        image = self._image
        buckets, first, filters = (image.number(table + at, 4) for at in (0, 4, 8))
        start = table + 16 + filters * image.pointer_size
        last = max(image.numbers(image.read(start, 4 * buckets), 4), default=0)
        if last < first:
            return first
        chain = start + 4 * buckets + 4 * (last - first)
        # The last chain ends where the lowest bit is set.
        while room := min(image.room(chain) // 4, _CHAIN):
            for link in image.numbers(image.read(chain, 4 * room), 4):
                last += 1
                if link & 1:
                    return last
            chain += 4 * room
        raise Malformed("the hash table of the dynamic symbols has no end")
