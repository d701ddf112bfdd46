"""Ends of archives that can be read in two ways, and data that no directory lists."""

import struct
import zlib
from dataclasses import replace

from tests.hostile.danger import NATIVE, PYTHON, SO, Dangers, changed, file, portable, raw, sink
from tests.package.zips import build, deflate

NOTES = file("notes.txt", b"notes\n")
EMPTY_END = b"PK\x05\x06" + bytes(18)
OTHER = build(file("evil.so", b"other"))
LONE = OTHER[: OTHER.index(b"PK\x01\x02")]
"""A local header and its content without a directory."""


def several_ends() -> Dangers:
    """The last one counts for most, the first for some."""
    yield sink("an end before the end", "KPZ02 KPZ06", NOTES, before_end=EMPTY_END)
    empty = "KPL05 KPZ02 KPZ06"
    yield sink("an end in the comment", empty, NOTES, comment=EMPTY_END + b"rest")
    yield sink("an end at the end of the comment", empty, NOTES, comment=EMPTY_END)
    cut = b"PK\x05\x06" + bytes(16) + b"\xff\xff"
    yield sink("an end in the comment that is cut off", "KPL02 KPZ06", NOTES, comment=cut)
    yield raw("two zips, one after the other", "KPZ02", build(*NATIVE, NOTES) + build(*NATIVE))
    yield raw("a zip in the comment", "KPZ02 KPZ06", build(*NATIVE, NOTES, comment=build(*NATIVE)))
    yield raw("a zip before the zip", "KPZ02", build(file("a")) + build(*NATIVE, NOTES))


def wrong_ends() -> Dangers:
    """Counts, sizes and places that are not those of the directory."""
    for records in (0, 2, 4, 65534):
        yield sink(f"{records} entries of 3", "KPL02", NOTES, records=records)
    for size in (0, 1, 60):
        yield sink(f"a directory of {size} bytes", "KPZ06", NOTES, directory_size=size)
    for size in (1000, 0xFFFFFFFF):
        yield sink(f"a directory of {size} bytes", "KPL02", NOTES, directory_size=size)
    for place in (0, 5, 1 << 30):
        yield sink(f"a directory at {place}", "KPL02 KPZ02", NOTES, directory_offset=place)
    yield sink("the end is on disk 7", "KPZ19", NOTES, disk=7)


def zip64_ends() -> Dangers:
    """Servers look at a zip64 end record only where the plain one has no room."""
    start = len(build(*NATIVE, NOTES)) - 22
    offset = build(*NATIVE, NOTES).index(b"PK\x01\x02")
    size = start - offset
    yield sink("a zip64 end", "", NOTES, zip64=True)

    def beside(records: int, size: int, offset: int) -> bytes:
        return struct.pack("<3Q", records, size, offset)

    yield sink("the same in a zip64 end", "", NOTES, zip64_beside=beside(3, size, offset))
    yield sink("fewer in a zip64 end", "KPZ06", NOTES, zip64_beside=beside(1, size, offset))
    second = beside(1, size - 55, offset + 55)
    yield sink("another directory in a zip64 end", "KPZ06", NOTES, zip64_beside=second)
    yield sink("no directory in a zip64 end", "KPZ06", NOTES, zip64_beside=beside(0, 0, 0))
    many = b"PK\x06\x06" + struct.pack("<Q2H2I4Q", 44, 45, 45, 0, 0, 3, 1 << 60, size, offset)
    yield changed(
        sink("2^60 entries", "KPL02", NOTES, zip64=True),
        lambda data: data[: data.index(b"PK\x06\x06")] + many + data[-42:],
    )


def hidden_data() -> Dangers:
    """What only a reader from the front finds."""
    yield sink("a script before it", "KPZ02", NOTES, prefix=b"#!/bin/sh\nexit 1\n")
    yield sink("a program before it", "KPZ02", NOTES, prefix=b"MZ" + bytes(500))
    yield sink("64 KiB before it", "KPZ02", NOTES, prefix=bytes(1 << 16))
    yield sink("a line feed behind it", "KPZ02", NOTES, suffix=b"\n")
    yield sink("a kilobyte behind it", "KPZ02", NOTES, suffix=bytes(1024))
    yield sink("60 kilobytes behind it", "KPZ02", NOTES, suffix=bytes(60_000))
    yield sink("70 kilobytes behind it", "KPL02", NOTES, suffix=bytes(70_000))
    yield sink("bytes between entries", "KPZ02", file("a", gap=b"hidden" * 20))
    yield sink("a file between entries", "KPZ02", file("a", gap=LONE))
    yield sink("a file before the directory", "KPZ02", NOTES, before_directory=LONE)
    yield sink("bytes before the end", "KPZ02", NOTES, before_end=b"hidden" * 20)
    yield portable("a file between a portable's", "KPZ02", file("a", gap=LONE))
    yield sink("a folder with content", "KPZ02", file("d/", content=b"hidden"))
    yield portable("a packed folder with content", "KPZ02", file("d/", content=b"h", method=8))
    yield sink("a long comment", "", NOTES, comment=b"c" * 65535)


def overlaps() -> Dangers:
    """Entries that share bytes."""
    yield sink("the same bytes twice", "KPZ01 KPZ07", file("a", SO.content, offset=0, nowhere=True))
    inner = build(file("inner", b"x" * 20))
    inside = file("outer", inner)
    at = build(*NATIVE, inside).index(inner)
    yield sink(
        "one inside another", "KPZ07", inside, file("inner", b"x" * 20, offset=at, nowhere=True)
    )
    big = file("big", b"content\n", compressed_size=500, size=500)
    yield sink("content that goes into the next entry", "KPL02 KPZ07", big, NOTES)
    yield raw(
        "300 entries of one MiB",
        "KPZ01 KPZ07 KPZ08",
        shared_content(300),
    )


def shared_content(count: int) -> bytes:
    """Many entries with one content: a small zip that unpacks to any size."""
    content = bytes(1 << 20)
    zeros = file("x", content, method=8, data=deflate(content), crc=zlib.crc32(content))
    names = [replace(zeros, name=b"%d" % n, offset=0, nowhere=True) for n in range(count)]
    return build(zeros, *NATIVE, *names)


def truncations() -> Dangers:
    """A download that broke off, at every interesting place."""
    whole = build(*NATIVE, NOTES)
    directory, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    for name, at in (
        ("in the first header", 20),
        ("in the first content", 60),
        ("before the directory", directory),
        ("in the directory", directory + 20),
        ("before the end", end),
        ("in the end", end + 10),
        ("in the last byte", len(whole) - 1),
    ):
        yield raw(f"cut {name}", "KPL02", whole[:at])
    commented = build(*NATIVE, NOTES, comment=b"a comment")
    yield raw("cut in the comment", "KPL02", commented[:-3])
    yield raw("the middle is missing", "KPL02 KPZ02", whole[:100] + whole[150:])
    yield raw("nothing but an end", "KPL05", EMPTY_END)
    yield raw("the first byte is missing", "KPL02 KPZ02", build(*PYTHON)[1:])
