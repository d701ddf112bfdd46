"""The zip writer: the same members give the same bytes, on any machine, at any time.

Written by hand because zipfile takes modes and times from the file system, compresses on one core
and cannot be told the order of folders. The format is PKWARE's APPNOTE 6.3; entries say that they
were made on Unix, for eKuiper takes the mode of a file from its entry.
"""

import os
import stat
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from kuiper_pack.build.contents import Member, Slot, arrange
from kuiper_pack.build.deflate import BLOCK, Block, Codec, Packed, blocks_of, pack_all
from kuiper_pack.errors import KuiperPackError

EARLIEST = 315532800
"""1980-01-01, the first moment that a zip can name, in seconds since 1970; the default."""
LATEST = 4354819198

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")
_NEEDED, _MADE_BY_UNIX = 20, (3 << 8) | 20
_UTF8_NAME, _FOLDER_ATTRIBUTE = 1 << 11, 0x10
_FOUR_GIB = 0xFFFFFFFF

Progress = Callable[[int], object]
"""Told the number of bytes of content that were packed since it was last told."""


@dataclass(slots=True)
class _Record:
    """What the central directory says of one entry; sizes and CRC fill in while it is written."""

    slot: Slot
    offset: int
    name: bytes
    method: int = 0
    crc: int = 0
    packed: int = 0
    size: int = 0

    def sizes(self) -> tuple[int, int, int]:
        return self.crc, self.packed, self.size


def timestamp(environment: Mapping[str, str]) -> int:
    """The moment every entry is dated with: SOURCE_DATE_EPOCH, or 1980-01-01, in seconds.

    A moment that a zip cannot name is moved to the nearest it can. Raises
    :class:`KuiperPackError` where the variable is no whole number.
    """
    text = environment.get("SOURCE_DATE_EPOCH", "").strip()
    if not text:
        return EARLIEST
    if not (text.isascii() and text.lstrip("-").isdigit()):
        raise KuiperPackError(
            f"SOURCE_DATE_EPOCH is {text!r}; it must be a number of seconds since 1970, or unset"
        )
    return min(max(int(text), EARLIEST), LATEST)


def write_zip(
    out: BinaryIO,
    members: Iterable[Member],
    *,
    codec: Codec,
    moment: int = EARLIEST,
    progress: Progress | None = None,
) -> None:
    """Write the zip of ``members`` to ``out``, which must be empty and seekable.

    ``moment`` is in seconds since 1970. Memory stays bounded whatever the sizes. Raises
    :class:`KuiperPackError` for names or sizes that a package cannot have, OSError where a file
    cannot be read.
    """
    slots = arrange(members)
    date, clock = _dos_time(moment)
    records: list[_Record] = []
    offset = 0
    pieces = pack_all(codec, _blocks(slots))
    for slot in slots:
        record = _Record(slot, offset, slot.name.encode())
        records.append(record)
        if slot.member is None:
            offset += out.write(_local_header(record, date, clock))
            continue
        for piece in pieces:
            _add(record, piece, codec)
            if piece.first:
                offset += out.write(_local_header(record, date, clock))
            offset += out.write(piece.data)
            if progress is not None:
                progress(piece.size)
            if piece.last:
                break
        if record.size > BLOCK:
            out.seek(record.offset)
            out.write(_local_header(record, date, clock))
            out.seek(offset)
        if max(offset, record.size) > _FOUR_GIB:
            raise KuiperPackError(f"{slot.name}: a package of more than 4 GiB cannot be built")
    _write_directory(out, records, offset, date, clock)


def _add(record: _Record, piece: Packed, codec: Codec) -> None:
    record.crc = piece.crc if piece.first else codec.join_crc(record.crc, piece)
    record.method = piece.method
    record.packed += len(piece.data)
    record.size += piece.size


def _blocks(slots: Iterable[Slot]) -> Iterator[Block]:
    for slot in slots:
        match slot.member:
            case Member(source=bytes() as content):
                yield from blocks_of(BytesIO(content).read)
            case Member(source=Path() as path):
                with path.open("rb", buffering=0) as file:
                    yield from blocks_of(_full_reader(file.fileno()))


def _full_reader(descriptor: int) -> Callable[[int], bytes]:
    """A ``read`` that returns less than asked for only at the end of the file."""

    def read(size: int) -> bytes:
        data = os.read(descriptor, size)
        while 0 < len(data) < size:
            more = os.read(descriptor, size - len(data))
            if not more:
                break
            data += more
        return data

    return read


def _flags(record: _Record) -> int:
    return 0 if record.name.isascii() else _UTF8_NAME


def _local_header(record: _Record, date: int, clock: int) -> bytes:
    sizes = tuple(min(value, _FOUR_GIB) for value in record.sizes())
    fixed = _LOCAL.pack(
        *(b"PK\3\4", _NEEDED, _flags(record), record.method, clock, date),
        *sizes,
        *(len(record.name), 0),
    )
    return fixed + record.name


def _central_header(record: _Record, date: int, clock: int) -> bytes:
    if record.slot.member is None:
        attributes = (stat.S_IFDIR | record.slot.mode) << 16 | _FOLDER_ATTRIBUTE
    else:
        attributes = (stat.S_IFREG | record.slot.mode) << 16
    fixed = _CENTRAL.pack(
        *(b"PK\1\2", _MADE_BY_UNIX, _NEEDED, _flags(record), record.method, clock, date),
        *record.sizes(),
        *(len(record.name), 0, 0, 0, 0, attributes, record.offset),
    )
    return fixed + record.name


def _write_directory(
    out: BinaryIO, records: list[_Record], offset: int, date: int, clock: int
) -> None:
    start = offset
    for record in records:
        offset += out.write(_central_header(record, date, clock))
    size, count = offset - start, len(records)
    if offset > _FOUR_GIB:
        raise KuiperPackError("a package of more than 4 GiB cannot be built")
    if count >= 0xFFFF:
        counts = (count, count, size, start)
        out.write(_END64.pack(b"PK\6\6", 44, _MADE_BY_UNIX, 45, 0, 0, *counts))
        out.write(_LOCATOR64.pack(b"PK\6\7", 0, offset, 1))
    shown = min(count, 0xFFFF)
    out.write(_END.pack(b"PK\5\6", 0, 0, shown, shown, size, start, 0))


def _dos_time(moment: int) -> tuple[int, int]:
    """Date and time as a zip writes them, in UTC, to two seconds."""
    at = time.gmtime(moment)
    date = (at.tm_year - 1980) << 9 | at.tm_mon << 5 | at.tm_mday
    return date, at.tm_hour << 11 | at.tm_min << 5 | at.tm_sec // 2
