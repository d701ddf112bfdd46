"""Where two builds of one package differ first, for those who look for the reason."""

import struct
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from zipfile import ZipFile

from kuiper_pack.package.elf import MAGIC

_NOBITS = 8
_MOST = 4096
"""So many sections are looked at; Go writes some fifty."""


def difference(one: Path, other: Path) -> str:
    """What differs first between two packages."""
    with ZipFile(one) as left, ZipFile(other) as right:
        for a, b in zip_longest(left.infolist(), right.infolist()):
            if a is None or b is None or a.filename != b.filename:
                return f"{(a or b).filename} is in one of two builds only"
            if (a.CRC, a.file_size) != (b.CRC, b.file_size):
                section = first_section(left.read(a), right.read(b))
                place = f", first in the section {section}" if section else ""
                return f"the content of {a.filename} differs between two builds{place}"
            if (a.external_attr, a.date_time, a.compress_size) != (
                b.external_attr,
                b.date_time,
                b.compress_size,
            ):
                return f"mode, time or compression of {a.filename} differ between two builds"
    return "two builds differ outside the entries"


def first_section(one: bytes, other: bytes) -> str | None:
    """The name of the first section that differs between two ELF files, None where none does.

    Notes come last: they hold hashes of everything else.
    """
    both = zip_longest(_by_name(one).items(), _by_name(other).items(), fillvalue=("", b""))
    found = [a[0] or b[0] for a, b in both if a != b]
    return next((name for name in found if not name.startswith(".note")), next(iter(found), None))


def _by_name(data: bytes) -> Mapping[str, bytes]:
    """The content of each section by its name, in the order of the file; empty for no ELF file."""
    try:
        return dict(_sections(data))
    except (struct.error, IndexError, ValueError):
        return {}


def _sections(data: bytes) -> Iterator[tuple[str, bytes]]:
    if not data.startswith(MAGIC):
        return
    order, wide = "<>"[data[5] == 2], data[4] == 2
    (start,) = struct.unpack_from(f"{order}Q" if wide else f"{order}I", data, 40 if wide else 32)
    size, count, names = struct.unpack_from(f"{order}HHH", data, 58 if wide else 46)
    header = struct.Struct(f"{order}IIQQQQ" if wide else f"{order}IIIIII")
    headers = [header.unpack_from(data, start + n * size) for n in range(min(count, _MOST))]
    texts = headers[names][4]
    for name, kind, _, _, offset, length in headers:
        at = texts + name
        text = data[at : data.index(b"\0", at)].decode("utf-8", "replace")
        yield text, data[offset : offset + length] if kind != _NOBITS else b""
