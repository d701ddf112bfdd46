"""What an entry's own header, or its descriptor, says against the directory."""

import struct

from tests.hostile.danger import SO, Dangers, file, portable, raw, sink
from tests.package.zips import Member, build, deflate, descriptor

TEXT = b"some text, some text, some text\n"
PACKED = deflate(TEXT)


def another_local_header() -> Dangers:
    """Servers go by the directory; readers from the front do not."""
    yield sink("another name", "KPZ01", file("a", TEXT, local_name=b"b"))
    yield sink("a name that escapes", "KPZ01", file("a", TEXT, local_name=b"../x"))
    yield sink("no name", "KPZ01", file("a", TEXT, local_name=b""))
    yield sink("a longer name", "KPZ01", file("a", TEXT, local_name=b"a" * 1000))
    yield sink("another method", "KPZ01", file("a", TEXT, local_method=8))
    yield sink("an unknown method", "KPZ01", file("a", TEXT, local_method=99))
    yield sink("another size", "KPZ01", file("a", TEXT, method=8, local_size=5))
    yield sink("another checksum", "KPZ01", file("a", TEXT, local_crc=5))
    yield sink("other flags", "KPZ01", file("a", TEXT, local_flags=2))
    yield sink("encrypted there", "KPZ01", file("a", TEXT, local_flags=1))
    yield sink("encrypted here", "KPZ01 KPZ09", file("a", TEXT, flags=1, local_flags=0))
    yield sink(
        "everything differs",
        "KPZ01",
        file("a", TEXT, local_name=b"b", local_method=9, local_crc=7, local_size=1, local_flags=4),
    )
    yield portable("of a portable's file", "KPZ01", file("a", TEXT, local_name=b"mirror.py"))
    yield raw("of the shared object", "KPZ01", build(file("random.so", SO.content, local_crc=1)))


def descriptors() -> Dangers:
    """Sums and sizes behind the content."""
    right = descriptor(TEXT, PACKED)
    streamed = file("a", TEXT, method=8, flags=8, descriptor=right)
    yield sink("a descriptor of something else", "KPL02 KPZ01", with_descriptor(descriptor(b"x")))
    wrong = right[:4] + b"\1\2\3\4" + right[8:]
    yield sink("a descriptor with another sum", "KPL02 KPZ01", with_descriptor(wrong))
    yield sink("no descriptor", "KPL02", with_descriptor(b""))
    sizes = right[:8] + struct.pack("<2I", 1, 2)
    yield sink("a descriptor with other sizes", "KPZ01", with_descriptor(sizes))
    yield sink("a descriptor, and sizes in the header", "", file("b"), streamed)


def with_descriptor(fields: bytes) -> Member:
    """An entry with this behind its content."""
    return file("a", TEXT, method=8, flags=8, descriptor=fields)


def headers_that_are_not_there() -> Dangers:
    """Where the directory sends a reader to."""
    yield sink("in the middle of an entry", "KPL02", file("a", TEXT, offset=5, nowhere=True))
    yield sink("behind the end", "KPL02", file("a", TEXT, offset=1 << 30, nowhere=True))
    yield sink("in the directory", "KPL02", file("a", TEXT, offset=400, nowhere=True))
    huge = struct.pack("<HHQ", 1, 8, (1 << 63) - 10)
    yield sink("beyond all files", "KPL02", nowhere(huge))
    negative = struct.pack("<HHQ", 1, 8, (1 << 64) - 10)
    yield sink("before the file", "KPL02", nowhere(negative))


def nowhere(extra: bytes) -> Member:
    """An entry of the directory alone, whose place is in an extra field."""
    return file("a", TEXT, offset=0xFFFFFFFF, extra=extra, nowhere=True)


def extra_fields() -> Dangers:
    """Rows of fields that are none."""
    yield sink("an extra field that is cut off", "KPZ19", file("a", extra=b"\1\2\xff\0"))
    yield sink("an extra field of noise", "KPZ19", file("a", extra=b"\xde\xad\xbe\xef\x01"))
    yield sink("65,535 bytes of extra fields", "", file("a", extra=bytes(65535)))
    wide = struct.pack("<HHQ", 1, 8, len(TEXT))
    yield sink("a size in zip64", "KPZ01", file("a", TEXT, size=0xFFFFFFFF, extra=wide))
    short = struct.pack("<HHI", 1, 4, len(TEXT))
    yield sink("a cut size in zip64", "KPL02", file("a", TEXT, size=0xFFFFFFFF, extra=short))
    yield sink("no size in zip64", "KPL02", file("a", TEXT, compressed_size=0xFFFFFFFF))


def versions_and_disks() -> Dangers:
    """Readers that mind these are not servers."""
    yield sink("version 6.3", "KPZ19", file("a", needed=63))
    yield sink("version 25.5", "KPZ19", file("a", needed=255))
    yield sink("disk 3", "KPZ19", file("a", disk=3))
    yield sink("a time that no clock shows", "", file("a", date=0xFFFF, time=0xFFFF))
