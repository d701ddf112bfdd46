"""Contents that are not what the zip says, that are bombs, or no files."""

import stat
import struct

from tests.hostile.danger import Dangers, both, file, portable, raw, sink
from tests.package.zips import Member, build, deflate
from tests.shared_objects import ELF

TEXT = b"some text, some text, some text\n"
PACKED = deflate(TEXT)


def damage() -> Dangers:
    """Checksums, sizes and streams."""
    yield from both("a wrong checksum", "KPL02", "KPL02", file("a", TEXT, crc=1))
    yield sink("a wrong checksum, packed", "KPL02", file("a", TEXT, method=8, crc=1))
    yield raw(
        "a wrong checksum of the shared object", "KPL02", build(file("random.so", ELF, crc=1))
    )
    yield from both("a checksum of 0", "KPZ17", "KPZ17", file("a", TEXT, crc=0))
    yield raw("a checksum of 0 of the shared object", "KPZ17", build(file("random.so", ELF, crc=0)))
    yield sink("damaged metadata", "KPZ17", file("random.json", b'{"about": {}}', crc=1))
    yield sink("damage in what is skipped", "KPL02 KPL11 KPZ17", file("CON.md", TEXT, crc=1))
    yield sink("longer than it says", "KPL02", file("a", TEXT, method=8, size=5))
    yield sink("shorter than it says", "KPL02", file("a", TEXT, method=8, size=500))
    yield sink("a stored file of another size", "KPL02", file("a", TEXT, size=5))
    yield sink("a stored file that is cut", "KPL02 KPZ02", cut_stored())
    flipped = bytes([PACKED[0] ^ 6]) + PACKED[1:]
    yield sink("a broken stream", "KPL02", file("a", TEXT, method=8, data=flipped))
    yield sink("a stream that is cut off", "KPL02", file("a", TEXT, method=8, data=PACKED[:-4]))
    yield sink("more behind the stream", "", file("a", TEXT, method=8, data=PACKED + b"more"))
    yield sink("no stream", "KPL02", file("a", TEXT, method=8, data=b""))
    zlib_stream = b"\x78\x9c" + PACKED + b"\0\0\0\0"
    yield sink("a stream with a header", "KPL02", file("a", TEXT, method=8, data=zlib_stream))
    yield sink("a stored file that says packed", "KPL02", file("a", TEXT, method=8, data=TEXT))
    yield sink("a packed file that says stored", "KPL02", file("a", TEXT, data=PACKED))


def cut_stored() -> Member:
    """A stored file whose directory record stops short of its content."""
    return file("a", TEXT, compressed_size=10)


def methods() -> Dangers:
    """Ways of packing that Go does not know."""
    for number, name in ((1, "shrunk"), (6, "imploded"), (9, "deflate64"), (12, "bzip2"),
                         (14, "LZMA"), (93, "zstd"), (95, "xz"), (98, "PPMd"), (99, "AES"),
                         (0xFFFF, "unknown")):  # fmt: skip
        yield sink(f"packed as {name}", "KPL02", file("a", TEXT, method=number, data=PACKED))
    yield portable("the program is bzip2", "KPL02", file("a", TEXT, method=12, data=PACKED))


def encryption() -> Dangers:
    """Servers do not look at the mark."""
    yield from both("marked as encrypted", "KPZ09", "KPZ09", file("a", TEXT, flags=1))
    noise = bytes(range(100, 112)) + TEXT
    yield sink("encrypted indeed", "KPL02 KPZ09", file("a", TEXT, flags=1, data=noise))
    yield sink("strongly encrypted", "KPZ09", file("a", TEXT, flags=0x41))
    aes = struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, 8)
    yield sink(
        "AES", "KPL02 KPZ09 KPZ19", file("a", TEXT, flags=1, method=99, extra=aes, needed=51)
    )


def links_and_special_files() -> Dangers:
    """Refused from 2.2.0 on, and plain files before."""
    for name, mode in (
        ("a link", stat.S_IFLNK | 0o777),
        ("a pipe", stat.S_IFIFO | 0o644),
        ("a socket", stat.S_IFSOCK | 0o644),
        ("a device", stat.S_IFCHR | 0o644),
        ("a disk", stat.S_IFBLK | 0o644),
        ("setuid", stat.S_IFREG | 0o4755),
        ("setgid", stat.S_IFREG | 0o2755),
        ("sticky", stat.S_IFREG | 0o1644),
    ):
        yield sink(name, "KPL13 KPZ18", file("a", b"/etc/passwd", attributes=mode << 16))
    link = (stat.S_IFLNK | 0o777) << 16
    yield portable("a link of a portable", "KPL13 KPZ18", file("a", b"..", attributes=link))
    yield sink("a link, and a file behind it", "KPL13 KPZ14 KPZ18",
               file("a", b"/tmp", attributes=link), file("a/x"))  # fmt: skip
    yield raw("the shared object is a link", "KPL13 KPS06 KPZ18",
              build(file("random.so", b"/lib/libc.so", attributes=link)))  # fmt: skip


def bombs() -> Dangers:
    """Small zips that unpack to far more, or say so."""
    zeros = file("zeros", bytes(65 << 20), method=8)
    yield sink("65 MiB of zeros", "KPZ08", zeros)
    yield sink("1 GiB said, 32 bytes there", "KPL02", file("a", TEXT, method=8, size=1 << 30))
    yield sink("4 GiB said, 32 bytes there", "KPL02", file("a", TEXT, method=8, size=0xFFFFFFFE))
    exabytes = struct.pack("<HHQ", 1, 8, 1 << 60)
    huge = file("a", TEXT, method=8, size=0xFFFFFFFF, extra=exabytes)
    yield sink("1 EiB said, 32 bytes there", "KPL02 KPZ01", huge)
    many = [file(f"{n}", bytes(5 << 20), method=8) for n in range(14)]
    yield sink("14 files of 5 MiB of zeros", "KPZ08", *many)
    nested = build(zeros)
    yield sink("a bomb in a zip", "", file("inner.zip", nested))
    yield sink("20,000 empty files", "", *(file(f"{n:05}", b"") for n in range(20_000)))
    yield sink("60,000 empty files", "KPZ04", *(file(f"{n:05}", b"") for n in range(60_000)))
