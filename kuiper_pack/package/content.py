"""The content of zip entries: inflated, counted and summed, and what Go says when it reads them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from kuiper_pack.package.directory import FORMAT
from kuiper_pack.package.entry import Entry
from kuiper_pack.package.goflate import OverspentError, Work, read_like_go
from kuiper_pack.package.gorules import GoRules
from kuiper_pack.package.source import Source

ALGORITHM = "zip: unsupported compression algorithm"
CHECKSUM = "zip: checksum error"
SHORT = "unexpected EOF"
BROKEN = "flate: corrupt input"
STORED, DEFLATED = 0, 8
_LARGEST = (1 << 63) - 1

CHUNK_IN = 1 << 16
CHUNK_OUT = 1 << 20
SMALL = 1 << 16
"""Entries up to this size are inflated in one call by the zlib of Python, which costs no import."""


class Content(NamedTuple):
    """What reading an entry found; None stands for content that is all that is said of it.

    ``header`` is Go's answer to a missing local header, ``error`` to broken or short content.
    ``size`` counts the bytes up to the end or the error; ``longer``: there are more than declared.
    ``descriptor`` is the checksum in the data descriptor, None where there is none. ``endless``
    content is said to end beyond 63 bits.
    """

    header: str | None = None
    error: str | None = None
    size: int = 0
    crc: int = 0
    longer: bool = False
    descriptor: int | None = None
    endless: bool = False


def examine(source: Source, entry: Entry, body: int) -> Content | None:
    """Reads an entry whose content begins at ``body``, never more than its declared size."""
    available = max(0, source.size - body)
    compressed = min(entry.compressed_size, available)
    descriptor = _descriptor(source, body + entry.compressed_size) if entry.flags & 8 else None
    if entry.method == STORED:
        found = _stored(source, entry, body, compressed)
    elif entry.method == DEFLATED:
        found = _deflated(source, entry, body, compressed)
    else:
        return Content(descriptor=descriptor)
    error, size, crc, longer = found
    endless = body + entry.compressed_size > _LARGEST
    if (
        error is None
        and (size, crc, longer, endless) == (entry.size, entry.crc, False, False)
        and (not entry.flags & 8 or descriptor == crc)
        and not (size and entry.name.endswith("/"))
    ):
        return None
    return Content(None, error, size, crc, longer, descriptor, endless)


def problem(entry: Entry, content: Content | None, rules: GoRules) -> str | None:
    """What Go's archive/zip answers to reading the entry to its end; None if it is sound."""
    if content is None:
        return None
    if content.header is not None:
        return content.header
    if rules.folders_not_read and entry.name.endswith("/"):
        return FORMAT if entry.size else None
    if entry.method not in (STORED, DEFLATED):
        return ALGORITHM
    if content.endless and rules.sections_wrap:
        return _sum_problem(entry, Content(), rules) if _is_nothing(entry) else SHORT
    if content.longer:
        return FORMAT if rules.longer_is_format else content.error or SHORT
    if content.error is not None or content.size != entry.size:
        return content.error or SHORT
    return _sum_problem(entry, content, rules)


def _is_nothing(entry: Entry) -> bool:
    return entry.method == STORED and entry.size == 0


def _sum_problem(entry: Entry, content: Content, rules: GoRules) -> str | None:
    declared = entry.crc
    if entry.flags & 8:
        if content.descriptor is None:
            return SHORT
        if rules.descriptor_replaces_crc:
            declared = content.descriptor
        elif content.descriptor != declared:
            return CHECKSUM
    elif declared == 0:
        return None
    return None if content.crc == declared else CHECKSUM


def pieces(source: Source, entry: Entry, body: int, limit: int) -> Iterator[bytes]:
    """Up to ``limit`` bytes of the content, in pieces; of broken content what is readable."""
    compressed = min(entry.compressed_size, max(0, source.size - body))
    if entry.method == STORED:
        yield from _chunks(source, body, min(compressed, limit))
    elif entry.method == DEFLATED:
        inflate, error = _inflating(entry, min(compressed, limit))
        try:
            for chunk in _chunks(source, body, compressed):
                full, rest = True, chunk
                while (rest or full) and limit > 0:  # max_length 0 would mean no limit
                    most = min(limit, CHUNK_OUT)
                    piece = inflate.decompress(rest, most)
                    full, rest = len(piece) == most, inflate.unconsumed_tail
                    limit -= len(piece)
                    yield piece
                if limit <= 0 or inflate.eof:
                    return
        except error:
            return


def _inflating(entry: Entry, size: int) -> tuple[Any, type[Exception]]:
    """What inflates ``size`` bytes, and the error that it raises.

    Libraries give up at other bytes of broken content, so that is always read by the same one.
    """
    if size <= SMALL or entry.problem is not None:
        return zlib.decompressobj(-15), zlib.error
    from zlib_ng import zlib_ng

    return zlib_ng.decompressobj(-15), zlib_ng.error  # type: ignore[return-value]


def _descriptor(source: Source, offset: int) -> int | None:
    fields = source.at(offset, 16)
    if fields[:4] == b"PK\x07\x08":
        return int.from_bytes(fields[4:8], "little") if len(fields) >= 12 else None
    return int.from_bytes(fields[:4], "little") if len(fields) >= 12 else None


_Found = tuple[str | None, int, int, bool]


def _chunks(source: Source, start: int, length: int) -> Iterator[bytes]:
    end = start + length
    while start < end:
        chunk = source.at(start, min(CHUNK_IN, end - start))
        if not chunk:
            return
        yield chunk
        start += len(chunk)


def _stored(source: Source, entry: Entry, body: int, compressed: int) -> _Found:
    if compressed > entry.size:
        return None, compressed, 0, True
    if compressed <= SMALL:
        return None, compressed, zlib.crc32(source.at(body, compressed)), False
    from zlib_ng import zlib_ng

    crc, size = 0, 0
    for chunk in _chunks(source, body, compressed):
        crc = zlib_ng.crc32(chunk, crc)
        size += len(chunk)
    return None, size, crc, False


def _deflated(source: Source, entry: Entry, body: int, compressed: int) -> _Found:
    if compressed <= SMALL and entry.size <= SMALL:
        data = source.at(body, compressed)
        inflate = zlib.decompressobj(-15)
        try:
            content = inflate.decompress(data, entry.size + 1)
        except zlib.error:
            return BROKEN, 0, 0, False
        size = len(content)
        if size > entry.size:
            return None, size, 0, True
        return None if inflate.eof else SHORT, size, zlib.crc32(content), False
    return _inflated(source, entry, body, compressed)


def _inflated(source: Source, entry: Entry, body: int, compressed: int) -> _Found:
    from zlib_ng import zlib_ng

    inflate = zlib_ng.decompressobj(-15)
    crc32, decompress = zlib_ng.crc32, inflate.decompress
    crc, size, declared = 0, 0, entry.size
    try:
        for chunk in _chunks(source, body, compressed):
            waiting = chunk
            while True:
                content = decompress(waiting, CHUNK_OUT)
                crc = crc32(content, crc)
                size += len(content)
                waiting = inflate.unconsumed_tail
                if size > declared:
                    return None, size, 0, True
                if inflate.eof:
                    return None, size, crc, False
                if not waiting and len(content) < CHUNK_OUT:
                    break
    except zlib_ng.error:  # type: ignore[misc]
        return BROKEN, size, 0, False
    return SHORT, size, crc, False


def settle(source: Source, entry: Entry, body: int, content: Content, work: Work) -> Content:
    """The same content with the error Go gives for a broken stream, which holds a place.

    Decodes in Python, which is slow: beyond ``work`` the content is returned as it is, and the
    place of its error stays unknown.
    """
    compressed = min(entry.compressed_size, max(0, source.size - body))
    try:
        error, size = read_like_go(source.at(body, compressed), work)
    except OverspentError:
        return content
    return content._replace(error=error, size=size, longer=size > entry.size)
