"""Zips for tests, written field by field so that any of them can be wrong."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass


@dataclass
class Member:
    """One entry; what is None is worked out, ``local_*`` are only for the local header."""

    name: bytes
    content: bytes = b""
    method: int = 0
    flags: int = 0
    creator: int = 3
    attributes: int = 0o100644 << 16
    crc: int | None = None
    size: int | None = None
    compressed_size: int | None = None
    data: bytes | None = None
    extra: bytes = b""
    offset: int | None = None
    disk: int = 0
    date: int = 33
    time: int = 0
    descriptor: bytes | None = None
    needed: int = 20
    local_name: bytes | None = None
    local_method: int | None = None
    local_flags: int | None = None
    local_crc: int | None = None
    local_size: int | None = None
    gap: bytes = b""
    nowhere: bool = False
    """Only the directory has it; ``offset`` says where."""


def deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def build(
    *members: Member,
    prefix: bytes = b"",
    before_directory: bytes = b"",
    before_end: bytes = b"",
    comment: bytes = b"",
    suffix: bytes = b"",
    records: int | None = None,
    directory_size: int | None = None,
    directory_offset: int | None = None,
    disk: int = 0,
    zip64: bool = False,
    zip64_beside: bytes | None = None,
) -> bytes:
    """The bytes of a zip; ``prefix`` is put before it without telling the directory.

    ``zip64`` moves counts and offsets into a zip64 end record, ``zip64_beside`` (24 bytes: records,
    size, offset) adds one that nobody needs.
    """
    out, directory = bytearray(), bytearray()
    for member in members:
        out += member.gap
        name, content = member.name, member.content
        data = member.data
        if data is None:
            data = deflate(content) if member.method == 8 else content
        crc = _or(member.crc, zlib.crc32(content))
        size = _or(member.size, len(content))
        packed = _or(member.compressed_size, len(data))
        local_name = name if member.local_name is None else member.local_name
        offset = _or(member.offset, len(out))
        streamed = member.descriptor is not None
        local = struct.pack(
            "<4s5H3I2H", b"PK\x03\x04", 20, _or(member.local_flags, member.flags),
            _or(member.local_method, member.method), member.time, member.date,
            0 if streamed else _or(member.local_crc, crc), 0 if streamed else packed,
            0 if streamed else _or(member.local_size, size), len(local_name), 0,
        )  # fmt: skip
        if not member.nowhere:
            out += local + local_name + data + (member.descriptor or b"")
        directory += struct.pack(
            "<4s6H3I5H2I", b"PK\x01\x02", member.creator << 8 | 30, member.needed, member.flags,
            member.method, member.time, member.date, crc, packed, size, len(name),
            len(member.extra), 0, member.disk, 0, member.attributes, offset,
        )  # fmt: skip
        directory += name + member.extra
    out += before_directory
    count = _or(records, len(members))
    length = _or(directory_size, len(directory))
    start = _or(directory_offset, len(out))
    end = b""
    if zip64 or zip64_beside:
        said = zip64_beside or struct.pack("<3Q", count, length, start)
        end = struct.pack("<4sQ2H2I", b"PK\x06\x06", 44, 45, 45, 0, 0) + said[:8] + said
        end += struct.pack("<4sIQI", b"PK\x06\x07", 0, len(out) + len(directory), 1)
    if zip64:
        count, length, start = 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
    end += struct.pack(
        "<4s4H2IH", b"PK\x05\x06", disk, disk, count, count, length, start, len(comment)
    )
    return b"".join((prefix, out, directory, before_end, end, comment, suffix))


def descriptor(content: bytes, packed: bytes | None = None, *, signed: bool = True) -> bytes:
    """The data descriptor of a content."""
    sizes = len(content if packed is None else packed), len(content)
    values = struct.pack("<3I", zlib.crc32(content), *sizes)
    return (b"PK\x07\x08" if signed else b"") + values
