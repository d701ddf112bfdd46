"""An ELF file as it stands in memory once it is loaded: addresses instead of offsets.

Only what the program headers name is looked at, so a stripped file reads like any other.
"""

import sys
from array import array
from bisect import bisect_right

from kuiper_pack.goplugin.errors import Malformed, NotElf, TooShort, Truncated
from kuiper_pack.package.elf import (
    PT_LOAD,
    Buffer,
    Elf,
    Segment,
    byte_order,
    read_elf,
    read_segments,
)

_SMALLEST = {32: 52, 64: 64}


class Image:
    """The loaded parts of a file; every read is checked against them.

    Raises:
        NotElf: the file is none, or ends within its header (TooShort).
        Truncated: a loaded part is not wholly there.
        Malformed: the program headers are not there, or an address that is read is not loaded.
    """

    def __init__(self, data: Buffer) -> None:
        order, elf = byte_order(data), read_elf(data)
        smallest = _SMALLEST[elf.bits if elf else 64]
        if len(data) < smallest:
            raise TooShort(f"the file has {len(data)} bytes, and an ELF header {smallest}")
        if order is None or elf is None:
            raise NotElf("this is no ELF file")
        segments = read_segments(data)
        if segments is None:
            raise Malformed("the program headers lie behind the end of the file")
        self.data = data
        self.elf: Elf = elf
        self.order = order
        self.pointer_size = elf.bits // 8
        self.segments: tuple[Segment, ...] = tuple(segments)
        self.loaded = sorted(
            (one for one in segments if one.type == PT_LOAD), key=lambda one: one.address
        )
        for one in self.loaded:
            if one.offset + one.size > len(data):
                raise Truncated(
                    f"the file is cut off: it has {len(data)} bytes, and "
                    f"{one.offset + one.size} belong to what is loaded of it"
                )
        self._addresses = [one.address for one in self.loaded]

    def holds(self, address: int) -> bool:
        """Whether a byte of the file stands at ``address``."""
        return self._place(address) is not None

    def offset(self, address: int) -> int:
        """Where in the file the byte is that stands at ``address``."""
        place = self._place(address)
        if place is None:
            raise Malformed(f"the address {address:#x} is not in the file")
        return place[0]

    def room(self, address: int) -> int:
        """How many bytes of the same part follow from ``address`` on; 0 where none is."""
        place = self._place(address)
        return place[1] if place else 0

    def read(self, address: int, size: int) -> bytes:
        """The ``size`` bytes from ``address`` on, which must all be of one part."""
        place = self._place(address)
        if place is None or not 0 <= size <= place[1]:
            raise Malformed(f"{size} bytes at the address {address:#x} are not in the file")
        return self.data[place[0] : place[0] + size]

    def number(self, address: int, size: int) -> int:
        """The unsigned number of ``size`` bytes at ``address``."""
        return int.from_bytes(self.read(address, size), "little" if self.order == "<" else "big")

    def word(self, address: int) -> int:
        """The number of the size of a pointer at ``address``, as it stands in the file."""
        return self.number(address, self.pointer_size)

    def numbers(self, content: bytes, size: int) -> "array[int]":
        """All unsigned numbers of ``size`` bytes of ``content``; an incomplete last one is left."""
        numbers = array({2: "H", 4: "I", 8: "Q"}[size])
        numbers.frombytes(content[: len(content) // size * size])
        if (self.order == "<") != (sys.byteorder == "little"):
            numbers.byteswap()
        return numbers

    def _place(self, address: int) -> tuple[int, int] | None:
        """Where in the file ``address`` is, and how many bytes follow in the same part."""
        number = bisect_right(self._addresses, address) - 1
        if number < 0:
            return None
        segment = self.loaded[number]
        into = address - segment.address
        return (segment.offset + into, segment.size - into) if into < segment.size else None
