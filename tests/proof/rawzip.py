"""Zip archives as bytes, with every fault that a reader may meet."""

import stat
import struct
import zlib
from dataclasses import dataclass

UNIX, DOS, NTFS = 3, 0, 10
STORED, DEFLATED = 0, 8
_DATE = 0x58_21
_UTF8, _DESCRIPTOR = 0x800, 0x8

FAULTS = (
    "crc",
    "crc-zero",
    "longer",
    "shorter",
    "corrupt",
    "cut",
    "local-name",
    "local-signature",
    "descriptor",
    "bad-descriptor",
    "zip64",
    "method",
    "encrypted",
)
"""What can be wrong, or only unusual, with one entry."""

SHAPES = (
    "prefix",
    "comment",
    "comment-with-end",
    "comment-longer",
    "suffix",
    "count-low",
    "count-high",
    "disk",
    "cut",
    "no-end",
    "offset-beyond",
    "directory-signature",
    "empty",
    "no-zip",
    "nothing",
)
"""What can be wrong, or only unusual, with the whole."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry; ``mode`` is an st_mode, taken from the name where it is None."""

    name: bytes
    data: bytes = b""
    mode: int | None = None
    creator: int = UNIX
    method: int = DEFLATED
    fault: str = ""

    @property
    def attributes(self) -> int:
        """The external attributes."""
        folder = self.name.endswith(b"/")
        mode = self.mode
        if mode is None:
            mode = stat.S_IFDIR | 0o755 if folder else stat.S_IFREG | 0o644
        return mode << 16 | (0x10 if folder else 0)


def write_zip(items: tuple[Item, ...], shape: str = "") -> bytes:
    """The archive of the items."""
    if shape in ("no-zip", "nothing"):
        return b"this is no zip\n" * 20 if shape == "no-zip" else b""
    if shape == "empty":
        items = ()
    body, directory = bytearray(b"#!/bin/sh\n" * 10 if shape == "prefix" else b""), bytearray()
    base = len(body)
    for item in items:
        local, central = _records(item, len(body) - base)
        body += local
        directory += central
    if shape == "directory-signature" and directory:
        directory[0:4] = b"PK\x09\x09"
    count = len(items) + {"count-low": -1, "count-high": 1}.get(shape, 0)
    start = len(body) - base
    if shape == "offset-beyond":
        start += 1 << 20
    comment = b"a comment" if shape.startswith("comment") else b""
    if shape == "comment-with-end":
        comment = b"PK\x05\x06" + bytes(18) + b"rest"
    said = len(comment) + (7 if shape == "comment-longer" else 0)
    disk = 3 if shape == "disk" else 0
    end = struct.pack(
        "<4s4H2IH",
        b"PK\x05\x06",
        disk,
        disk,
        max(0, count),
        max(0, count),
        len(directory),
        start,
        said,
    )
    whole = bytes(body + directory) + (b"" if shape == "no-end" else end + comment)
    if shape == "suffix":
        whole += b"some bytes after the end"
    return whole[: len(whole) * 2 // 3] if shape == "cut" else whole


def _records(item: Item, offset: int) -> tuple[bytes, bytes]:
    """The local part and the directory record of an item."""
    fault = item.fault
    packed, crc, size = item.data, zlib.crc32(item.data), len(item.data)
    method = 99 if fault == "method" else item.method
    if method == DEFLATED:
        packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        packed = packer.compress(item.data) + packer.flush()
    if fault == "corrupt":
        packed = b"\x07" + packed[1:]
    if fault == "cut":
        packed = packed[: len(packed) // 2]
    if fault == "crc":
        crc ^= 1
    if fault == "crc-zero":
        crc = 0
    size += {"longer": -1 if size else 0, "shorter": 5}.get(fault, 0)
    flags = 0 if item.name.isascii() else _UTF8
    if fault == "encrypted":
        flags |= 1
    descriptor = b""
    if "descriptor" in fault:
        flags |= _DESCRIPTOR
        said = crc ^ 1 if fault == "bad-descriptor" else crc
        descriptor = struct.pack("<4s3I", b"PK\x07\x08", said, len(packed), size)
    hidden = (0, 0, 0) if descriptor else (crc, len(packed), size)
    extra = b""
    shown = (crc, len(packed), size)
    if fault == "zip64":
        extra = struct.pack("<HHQQ", 1, 16, size, len(packed))
        shown = (crc, 0xFFFFFFFF, 0xFFFFFFFF)
    name = b"another" if fault == "local-name" else item.name
    signature = b"PK\x04\x03" if fault == "local-signature" else b"PK\x03\x04"
    local = struct.pack("<4s5H3I2H", signature, 20, flags, method, 0, _DATE, *hidden, len(name), 0)
    central = struct.pack(
        "<4s6H3I5H2I",
        b"PK\x01\x02",
        item.creator << 8 | 20,
        20,
        flags,
        method,
        0,
        _DATE,
        *shown,
        len(item.name),
        len(extra),
        0,
        0,
        0,
        item.attributes,
        offset,
    )
    return local + name + packed + descriptor, central + item.name + extra
