"""Compression of members: in blocks, on every core, with the same bytes on any number of them.

A member longer than a block is cut into blocks that are deflated apart from each other. Each takes
the 32 KiB before it as its dictionary and ends on a byte boundary, so that their concatenation is
one deflate stream (RFC 1951); where the cuts are depends on nothing but the content.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from types import ModuleType
from typing import Any

LEVEL = 6
BLOCK = 1 << 20
WINDOW = 1 << 15
WORTH_A_THREAD = 1 << 16
STORED, DEFLATED = 0, 8
_RAW, _MEMORY_LEVEL = -15, 9

COMPRESSIONS = ("stored", "zlib", "zlib-ng")
"""What ``--compression`` takes."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a member: its bytes, what came before it, and its place."""

    data: bytes
    before: bytes
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class Packed:
    """A piece as it stands in the zip; ``method`` as in the zip header."""

    data: bytes
    crc: int
    size: int
    method: int
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class Codec:
    """A way to compress. ``title`` names library, version and level: what decides the bytes."""

    name: str
    title: str
    library: ModuleType

    def pack(self, block: Block) -> Packed:
        """Compress one block; a member of one block stays as it is where that is not longer."""
        crc = self.library.crc32(block.data)
        plain = Packed(block.data, crc, len(block.data), STORED, block.first, block.last)
        if self.name == "stored" or not block.data:
            return plain
        deflated = self._deflate(block)
        if block.first and block.last and len(deflated) >= len(block.data):
            return plain
        return Packed(deflated, crc, len(block.data), DEFLATED, block.first, block.last)

    def join_crc(self, crc: int, packed: Packed) -> int:
        """The CRC of everything up to ``packed``, given that of everything before it."""
        return crc_combine(crc, packed.crc, packed.size)

    def _deflate(self, block: Block) -> bytes:
        library: Any = self.library
        arguments = (LEVEL, library.DEFLATED, _RAW, _MEMORY_LEVEL, library.Z_DEFAULT_STRATEGY)
        stream = (
            library.compressobj(*arguments, block.before)
            if block.before
            else library.compressobj(*arguments)
        )
        end = library.Z_FINISH if block.last else library.Z_SYNC_FLUSH
        return bytes(stream.compress(block.data) + stream.flush(end))


def codec(name: str) -> Codec:
    """The codec that ``--compression`` calls ``name``."""
    from zlib_ng import zlib_ng

    if name == "zlib":
        import zlib

        return Codec(name, f"zlib {zlib.ZLIB_RUNTIME_VERSION} level {LEVEL}", zlib)
    if name == "zlib-ng":
        return Codec(name, f"zlib-ng {zlib_ng.ZLIBNG_RUNTIME_VERSION} level {LEVEL}", zlib_ng)
    return Codec(name, "stored", zlib_ng)


def crc_combine(first: int, second: int, second_size: int) -> int:
    """The CRC-32 of two pieces from those of each; ``second_size`` is in bytes."""
    from zlib_ng import zlib_ng

    return int(zlib_ng.crc32_combine(first, second, second_size))


def blocks_of(read: Callable[[int], bytes]) -> Iterator[Block]:
    """Cut what ``read`` yields into blocks; an empty member is one empty block."""
    before, data = b"", read(BLOCK)
    first = True
    while True:
        following = read(BLOCK) if len(data) == BLOCK else b""
        yield Block(data, before, first, not following)
        if not following:
            return
        before, data, first = data[-WINDOW:], following, False


def pack_all(codec: Codec, blocks: Iterable[Block]) -> Iterator[Packed]:
    """Compress ``blocks`` on every core, in order, holding a few of them per core at a time."""
    workers = min(os.cpu_count() or 1, 8)
    in_flight: deque[Packed | Future[Packed]] = deque()
    with ExitStack() as stack:
        pool: ThreadPoolExecutor | None = None
        for block in blocks:
            if workers == 1 or len(block.data) < WORTH_A_THREAD:
                in_flight.append(codec.pack(block))
            else:
                if pool is None:
                    pool = ThreadPoolExecutor(workers)
                    stack.callback(pool.shutdown, wait=True, cancel_futures=True)
                in_flight.append(pool.submit(codec.pack, block))
            while len(in_flight) > 2 * workers:
                yield _result(in_flight.popleft())
        while in_flight:
            yield _result(in_flight.popleft())


def _result(packed: Packed | Future[Packed]) -> Packed:
    return packed.result() if isinstance(packed, Future) else packed
