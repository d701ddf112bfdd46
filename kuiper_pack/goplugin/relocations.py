"""The relocations of a file: what the pointers in it become once it is loaded.

Most of a Go plugin's pointers are written by the dynamic linker only, so they cannot be read off
the file: a table says what belongs where, with some 300,000 entries in a plugin of 55 MB. They are
kept as columns of numbers, and sorted by place only where a pointer is asked for.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from kuiper_pack.goplugin.dynamic import (
    DT_REL,
    DT_RELA,
    DT_RELASZ,
    DT_RELSZ,
    Dynamic,
    Symbols,
)
from kuiper_pack.goplugin.image import Image

_MOST_FINDS = 100_000
"""Places in a part of the file where the bytes of an address are found, aligned or not."""


class _Table(NamedTuple):
    """One relocation table by columns; ``addends`` is None where they stand in the places."""

    places: "array[int]"
    infos: "array[int]"
    addends: "array[int] | None"


class Relocations:
    """All pointers of a file as they will be, with its first byte loaded at the address 0.

    What packed relative relocations (RELR) are about needs no table: the pointer stands in its
    place already.

    Raises:
        Malformed: a table is not in the file.
    """

    def __init__(self, image: Image, dynamic: Dynamic, symbols: Symbols) -> None:
        self._image, self._symbols = image, symbols
        self._symbol_shift = 32 if image.elf.bits == 64 else 8
        self._mask = (1 << image.elf.bits) - 1
        self._tables = [
            self._columns(dynamic.value(start), dynamic.value(size), columns)
            for start, size, columns in ((DT_RELA, DT_RELASZ, 3), (DT_REL, DT_RELSZ, 2))
            if start in dynamic
        ]

    def _columns(self, start: int, size: int, columns: int) -> _Table:
        image = self._image
        width = image.pointer_size
        rows = size // (columns * width)
        numbers = image.numbers(image.read(start, rows * columns * width), width)
        return _Table(
            numbers[0::columns],
            numbers[1::columns],
            numbers[2::columns] if columns == 3 else None,
        )

    def __len__(self) -> int:
        return sum(len(table.places) for table in self._tables)

    def against(self, indices: set[int]) -> list[tuple[int, int]]:
        """The places where symbols of these indices are written, with the index of the symbol."""
        shift = self._symbol_shift
        return [
            (table.places[row], info >> shift)
            for table in self._tables
            for row, info in enumerate(table.infos)
            if info >> shift in indices
        ]

    def pointing_to(self, address: int) -> Iterator[int]:
        """The places, in writable parts of the file, of pointers to ``address``.

        ``address`` itself has no symbol, so only pointers that are written as numbers are found.
        """
        for table in self._tables:
            row = -1
            while table.addends is not None:
                try:
                    row = table.addends.index(address, row + 1)
                except ValueError:
                    break
                if not table.infos[row] >> self._symbol_shift:
                    yield table.places[row]
        width = self._image.pointer_size
        wanted = address.to_bytes(width, "little" if self._image.order == "<" else "big")
        for segment in self._image.loaded:
            if segment.flags & 2:
                end = segment.offset + segment.size
                at = self._image.data.find(wanted, segment.offset, end)
                for _ in range(_MOST_FINDS):
                    if at < 0:
                        break
                    place = segment.address + at - segment.offset
                    if place % width == 0:
                        yield place
                    at = self._image.data.find(wanted, at + 1, end)

    def pointer(self, place: int) -> int:
        """The pointer at ``place``: an address of this file, 0 for none."""
        stands = self._image.word(place)
        for table, rows in zip(self._tables, self._by_place, strict=True):
            found = bisect_left(rows, place, key=table.places.__getitem__)
            if found == len(rows) or table.places[rows[found]] != place:
                continue
            row = rows[found]
            more = stands if table.addends is None else table.addends[row]
            index = table.infos[row] >> self._symbol_shift
            if index:
                return (self._symbols[index].address + more) & self._mask
            return more or stands
        return stands

    @cached_property
    def _by_place(self) -> "list[array[int]]":
        """The rows of each table in the order of their places."""
        return [
            array("I", sorted(range(len(table.places)), key=table.places.__getitem__))
            for table in self._tables
        ]

    def text(self, place: int) -> bytes:
        """The bytes of the Go string or byte slice whose header is at ``place``."""
        width = self._image.pointer_size
        size = self._image.word(place + width)
        return self._image.read(self.pointer(place), size) if size else b""
