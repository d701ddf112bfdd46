"""Where Go's compress/flate gives up on a broken stream: its words hold the number of bytes read.

zlib tells that a stream is broken but not how far Go has read by then, so broken streams, and only
those, are decoded again here: lengths and distances are followed, no output is made. The format is
RFC 1951; the order of the checks and the two-level tables (they decide how many bytes are read
ahead) are those of Go.
"""

from __future__ import annotations

from functools import cache

TABLE_COST = 64
"""The tables of a block are as much work as following so many bytes."""
_CHUNK_BITS = 9
_CHUNKS = 1 << _CHUNK_BITS
_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_HISTORY = 1 << 15
_END_OF_BLOCK = 256
_LENGTH_BASES = (
    *range(3, 11), *range(11, 19, 2), *range(19, 35, 4), *range(35, 67, 8), *range(67, 131, 16),
    *range(131, 259, 32), 258, 0, 0,
)  # fmt: skip
_LENGTH_EXTRAS = (0,) * 8 + (1,) * 4 + (2,) * 4 + (3,) * 4 + (4,) * 4 + (5,) * 4 + (0,) * 3


class _Corrupt(Exception):
    pass


class _Short(Exception):
    pass


class OverspentError(Exception):
    """There is more to follow than the work allows."""


class Work:
    """How many bytes, or ``TABLE_COST`` for the tables of a block, may still be followed."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, cost: int) -> None:
        """Take ``cost`` from what is left; raises OverspentError, and takes nothing, beyond it."""
        if cost > self.left:
            raise OverspentError
        self.left -= cost


class _Codes:
    """A Huffman code; entries are ``(symbol, length)``, length 0 is no code, 10 a second table."""

    def __init__(self, lengths: list[int]) -> None:
        counts = [0] * 16
        for length in lengths:
            counts[length] += 1
        counts[0] = 0
        used = [length for length in range(1, 16) if counts[length]]
        self.chunks: list[tuple[int, int]] = [(0, 0)] * _CHUNKS
        self.links: dict[int, list[tuple[int, int]]] = {}
        self.least = used[0] if used else 0
        self.mask = 0
        self.complete = True
        if not used:
            return
        longest, code, following = used[-1], 0, [0] * 17
        for length in range(self.least, longest + 1):
            code <<= 1
            following[length] = code
            code += counts[length]
        self.complete = code == 1 << longest or (code == 1 and longest == 1)
        if self.complete:
            self._fill(lengths, following, longest)

    def _fill(self, lengths: list[int], following: list[int], longest: int) -> None:
        if longest > _CHUNK_BITS:
            self.mask = (1 << (longest - _CHUNK_BITS)) - 1
        for symbol, length in enumerate(lengths):
            if not length:
                continue
            reverse = _reversed(following[length], length)
            following[length] += 1
            if length <= _CHUNK_BITS:
                places = slice(reverse, None, 1 << length)
                self.chunks[places] = [(symbol, length)] * len(self.chunks[places])
                continue
            first = reverse & (_CHUNKS - 1)
            if first not in self.links:
                self.links[first] = [(0, 0)] * (self.mask + 1)
                self.chunks[first] = (first, _CHUNK_BITS + 1)
            table = self.links[first]
            places = slice(reverse >> _CHUNK_BITS, None, 1 << (length - _CHUNK_BITS))
            table[places] = [(symbol, length)] * len(table[places])


def _reversed(code: int, length: int) -> int:
    return int(f"{code:0{length}b}"[::-1], 2)


@cache
def _fixed() -> _Codes:
    return _Codes([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8)


class _Stream:
    def __init__(self, data: bytes, work: Work) -> None:
        self.data = data
        self.work = work
        self.read = 0
        self.bits = 0
        self.count = 0
        self.out = 0

    def need(self, count: int) -> None:
        while self.count < count:
            if self.read >= len(self.data):
                raise _Short
            self.bits |= self.data[self.read] << self.count
            self.read += 1
            self.count += 8

    def take(self, count: int) -> int:
        self.need(count)
        value = self.bits & ((1 << count) - 1)
        self.bits >>= count
        self.count -= count
        return value

    def symbol(self, codes: _Codes) -> int:
        length = codes.least
        while True:
            self.need(length)
            symbol, length = codes.chunks[self.bits & (_CHUNKS - 1)]
            if length > _CHUNK_BITS:
                symbol, length = codes.links[symbol][self.bits >> _CHUNK_BITS & codes.mask]
            if length <= self.count:
                if length == 0:
                    raise _Corrupt
                self.bits >>= length
                self.count -= length
                return symbol

    def blocks(self) -> None:
        final = 0
        while not final:
            header = self.take(3)
            final, kind = header & 1, header >> 1
            if kind == 0:
                self.stored()
            elif kind == 1:
                self.compressed(_fixed(), None)
            elif kind == 2:
                self.compressed(*self.tables())
            else:
                raise _Corrupt

    def stored(self) -> None:
        self.bits = self.count = 0
        header = self.data[self.read : self.read + 4]
        self.read += len(header)
        if len(header) < 4:
            raise _Short
        length = header[0] | header[1] << 8
        if header[2] | header[3] << 8 != length ^ 0xFFFF:
            raise _Corrupt
        present = min(length, len(self.data) - self.read)
        self.read += present
        self.out += present
        if present < length:
            raise _Short

    def tables(self) -> tuple[_Codes, _Codes]:
        self.work.spend(TABLE_COST)
        self.need(14)
        literals = (self.bits & 31) + 257
        distances = (self.bits >> 5 & 31) + 1
        if literals > 286 or distances > 30:
            raise _Corrupt
        used = (self.bits >> 10 & 15) + 4
        self.take(14)
        order = [0] * 19
        for index in range(used):
            order[_ORDER[index]] = self.take(3)
        codes = _Codes(order)
        if not codes.complete:
            raise _Corrupt
        lengths = self.lengths(codes, literals + distances)
        first, second = _Codes(lengths[:literals]), _Codes(lengths[literals:])
        if not (first.complete and second.complete):
            raise _Corrupt
        first.least = max(first.least, lengths[_END_OF_BLOCK])
        return first, second

    def lengths(self, codes: _Codes, total: int) -> list[int]:
        lengths: list[int] = []
        while len(lengths) < total:
            symbol = self.symbol(codes)
            if symbol < 16:
                lengths.append(symbol)
                continue
            if symbol == 16:
                if not lengths:
                    raise _Corrupt
                value, repeat = lengths[-1], 3 + self.take(2)
            else:
                value, repeat = 0, 3 + self.take(3) if symbol == 17 else 11 + self.take(7)
            if len(lengths) + repeat > total:
                raise _Corrupt
            lengths += [value] * repeat
        return lengths

    def compressed(self, literals: _Codes, distances: _Codes | None) -> None:
        while True:
            symbol = self.symbol(literals)
            if symbol < _END_OF_BLOCK:
                self.out += 1
                continue
            if symbol == _END_OF_BLOCK:
                return
            if symbol > 285:
                raise _Corrupt
            extra = _LENGTH_EXTRAS[symbol - 257]
            length = _LENGTH_BASES[symbol - 257] + (self.take(extra) if extra else 0)
            distance = self.symbol(distances) if distances else _reversed(self.take(5), 5)
            if distance >= 30:
                raise _Corrupt
            if distance < 4:
                distance += 1
            else:
                bits = (distance - 2) >> 1
                distance = (1 << (bits + 1)) + 1 + ((distance & 1) << bits | self.take(bits))
            if distance > min(self.out, _HISTORY):
                raise _Corrupt
            self.out += length


def read_like_go(data: bytes, work: Work) -> tuple[str | None, int]:
    """What Go's reader says about a raw deflate stream, and how many bytes it gives before that.

    The answer is None for a sound stream; bytes after the final block do not matter. Raises
    OverspentError where that is more than ``work`` allows.
    """
    work.spend(len(data))
    stream = _Stream(data, work)
    try:
        stream.blocks()
    except _Corrupt:
        return f"flate: corrupt input before offset {stream.read}", stream.out
    except _Short:
        return "unexpected EOF", stream.out
    return None, stream.out
