"""The end record and the central directory of a zip, found and read as Go's archive/zip does.

Layouts are those of APPNOTE.TXT 4.3 and 4.5; the order of the checks and the words are Go's.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from kuiper_pack.package.gorules import GoRules
from kuiper_pack.package.source import Source

FORMAT = "zip: not a valid zip file"
END_SIGNATURE = b"PK\x05\x06"
RECORD_SIGNATURE = b"PK\x01\x02"
LOCAL_SIGNATURE = b"PK\x03\x04"
DESCRIPTOR_SIGNATURE = b"PK\x07\x08"
END_SIZE = 22
RECORD_SIZE = 46
LOCAL_SIZE = 30

_END = Struct("<4s4H2IH")
_LOCATOR = Struct("<4sIQI")
_END64 = Struct("<4sQ2H2I4Q")
_RECORD = Struct("<4s6H3I5H2I")
_MOST = (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
_WINDOW = 1 << 16
_MAX_RECORD = RECORD_SIZE + 3 * 0xFFFF


CRASH = "fatal error: out of memory"
"""What the reader of some Go versions, and so the server, dies of: too many declared entries."""

_MOST_POINTERS = 1 << 33
"""No server has the memory for a slice of more entries."""


class GoError(Exception):
    """Go refuses to open the archive; the message is Go's."""


class End(NamedTuple):
    """The end record in use, with the values of a zip64 end record where that is in use.

    ``offset`` is where the end record begins, ``end64`` where the zip64 end record begins, or -1.
    ``directory`` is where Go looks for the first record, ``base`` what it adds to every offset.
    """

    offset: int
    end64: int
    disk: int
    records: int
    size: int
    stated: int
    comment_length: int
    directory: int
    base: int


class Record(NamedTuple):
    """One record of the central directory; ``at`` is where it is, ``local`` as stated plus base."""

    at: int
    creator: int
    needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    compressed_size: int
    size: int
    disk: int
    attributes: int
    local: int
    name: bytes
    extra: bytes
    comment_length: int
    zip64: bool

    @property
    def length(self) -> int:
        """Bytes of the record in the directory."""
        return RECORD_SIZE + len(self.name) + len(self.extra) + self.comment_length


def find_end(source: Source, rules: GoRules) -> End:
    """Finds the end record; raises GoError."""
    offset, tail = _last_end(source, rules)
    _, disk, _, _, records, size, stated, comment = _END.unpack_from(tail)
    if comment > len(tail) - END_SIZE:
        raise GoError("zip: invalid comment length")
    end64 = -1
    if records == 0xFFFF or size == 0xFFFF or stated == 0xFFFFFFFF:
        end64 = _find_end64(source, offset)
        if end64 >= 0:
            fields = source.at(end64, _END64.size)
            if len(fields) < _END64.size:
                raise GoError("EOF")
            signature, _, _, _, disk, _, _, records, size, stated = _END64.unpack(fields)
            if signature != b"PK\x06\x06":
                raise GoError(FORMAT)
    if rules.sizes_signed and (size >> 63 or stated >> 63):
        raise GoError(FORMAT)
    stated = _signed(stated)
    base = _signed((end64 if end64 >= 0 else offset) - size - stated) if rules.prefix_skipped else 0
    if not 0 <= base + stated < source.size:
        raise GoError(FORMAT)
    if rules.count_checked and records > source.size // LOCAL_SIZE:
        raise GoError(
            f"archive/zip: TOC declares impossible {records} files in {source.size} byte zip"
        )
    if records > _MOST_POINTERS and _trusts_count(source, records, size, rules):
        raise GoError(CRASH)
    if _base_is_wrong(source, base, stated, rules):
        base = 0
        if stated < 0:
            raise GoError("Seek: invalid offset")
    return End(offset, end64, disk, records, size, stated, comment, base + stated, base)


class End64(NamedTuple):
    """A zip64 end record, needed or not; ``differs``: the end record says something else.

    A field of the end record that is at its largest says nothing.
    """

    offset: int
    records: int
    size: int
    stated: int
    differs: bool


def end64_beside(source: Source, end: End) -> End64 | None:
    """The zip64 end record that belongs to the end record, whether Go uses it or not."""
    offset = _find_end64(source, end.offset)
    fields = source.at(offset, _END64.size)
    if len(fields) < _END64.size or fields[:4] != b"PK\x06\x06":
        return None
    _, _, _, _, _, _, _, records, size, stated = _END64.unpack(fields)
    own = _END.unpack(source.at(end.offset, END_SIZE))[4:7]
    differs = any(
        mine not in (other, most)
        for mine, other, most in zip(own, (records, size, stated), _MOST, strict=True)
    )
    return End64(offset, records, size, stated, differs)


def _trusts_count(source: Source, records: int, size: int, rules: GoRules) -> bool:
    if rules.counts_trusted == "large-directory":
        return (source.size - size) % (1 << 64) // LOCAL_SIZE >= records
    return rules.counts_trusted == "always"


def _signed(value: int) -> int:
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def _last_end(source: Source, rules: GoRules) -> tuple[int, bytes]:
    for most in (1024, 65 * 1024):
        length = min(most, source.size)
        tail = source.at(source.size - length, length)
        found = len(tail) - END_SIZE + len(END_SIGNATURE)
        while (found := tail.rfind(END_SIGNATURE, 0, max(found, 0))) >= 0:
            comment = int.from_bytes(tail[found + 20 : found + 22], "little")
            if found + END_SIZE + comment <= len(tail):
                return source.size - length + found, tail[found:]
            if rules.end_record_final:
                break
            found += len(END_SIGNATURE) - 1
        if length == source.size:
            break
    raise GoError(FORMAT)


def _find_end64(source: Source, end: int) -> int:
    fields = source.at(end - _LOCATOR.size, _LOCATOR.size) if end >= _LOCATOR.size else b""
    if len(fields) < _LOCATOR.size:
        return -1
    signature, disk, offset, disks = _LOCATOR.unpack(fields)
    found = signature == b"PK\x06\x07" and disk == 0 and disks == 1
    return _signed(offset) if found else -1


def _base_is_wrong(source: Source, base: int, stated: int, rules: GoRules) -> bool:
    """Whether Go finds a record at the stated offset and so leaves the computed base aside."""
    if rules.prefix_probed:
        return base > 0 and isinstance(_record_at(source, stated), Record)
    return base != 0 and _record_at(source, base + stated) == FORMAT


def _record_at(source: Source, offset: int) -> Record | str:
    return parse_record(source.at(offset, _MAX_RECORD), 0, offset, 0)


def parse_record(window: bytes, start: int, at: int, base: int) -> Record | str:
    """The record at ``start`` of ``window``, or what Go's reader says instead of one."""
    if len(window) - start < RECORD_SIZE:
        return "unexpected EOF" if len(window) > start else "EOF"
    (
        signature, creator, needed, flags, method, time, date, crc, compressed, size,
        name_length, extra_length, comment_length, disk, _, attributes, local,
    ) = _RECORD.unpack_from(window, start)  # fmt: skip
    if signature != RECORD_SIGNATURE:
        return FORMAT
    begin = start + RECORD_SIZE
    variable = name_length + extra_length + comment_length
    if len(window) - begin < variable:
        # io.ReadFull answers EOF where not one byte is left.
        return "unexpected EOF" if len(window) > begin else "EOF"
    extra = window[begin + name_length : begin + name_length + extra_length]
    zip64 = False
    if b"\x01\x00" in extra:
        sizes = _zip64(extra, size, compressed, local)
        if sizes is None:
            return FORMAT
        size, compressed, local, zip64 = sizes
    elif compressed == 0xFFFFFFFF or local == 0xFFFFFFFF:
        return FORMAT
    name = window[begin : begin + name_length]
    return Record(
        at, creator, needed, flags, method, time, date, crc, compressed, size, disk, attributes,
        _signed(local + base), name, extra, comment_length, zip64,
    )  # fmt: skip


def extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The well-formed fields of an extra field, in order."""
    at = 0
    while len(extra) - at >= 4:
        tag = extra[at] | extra[at + 1] << 8
        length = extra[at + 2] | extra[at + 3] << 8
        if len(extra) - at - 4 < length:
            return
        yield tag, extra[at + 4 : at + 4 + length]
        at += 4 + length


def splits(extra: bytes) -> bool:
    """Whether an extra field is a row of whole fields, and of zeros that align what follows."""
    at, length = 0, len(extra)
    while length - at >= 4:
        at += 4 + (extra[at + 2] | extra[at + 3] << 8)
    return at <= length and not any(extra[at:])


def _zip64(
    extra: bytes, size: int, compressed: int, local: int
) -> tuple[int, int, int, bool] | None:
    """Sizes and offset with what a zip64 field says; None where Go refuses them."""
    wanted = [size == 0xFFFFFFFF, compressed == 0xFFFFFFFF, local == 0xFFFFFFFF]
    values = [size, compressed, local]
    zip64 = False
    for tag, field in extra_fields(extra):
        if tag != 1:
            continue
        zip64 = True
        at = 0
        for index in range(3):
            if wanted[index]:
                wanted[index] = False
                if len(field) - at < 8:
                    return None
                values[index] = int.from_bytes(field[at : at + 8], "little")
                at += 8
    if wanted[1] or wanted[2]:
        return None
    return values[0], values[1], _signed(values[2]), zip64


def read_records(source: Source, end: End) -> Iterator[Record]:
    """Every record up to the first thing that is none; then raises GoError if Go would.

    Go compares the number of records with the declared one modulo 65,536 only.
    """
    at, count, start, window = end.directory, 0, 0, b""
    while True:
        parsed = parse_record(window, start, at, end.base)
        if isinstance(parsed, str) and parsed != FORMAT and at + len(window) - start < source.size:
            window, start = source.at(at, _WINDOW if start else _MAX_RECORD), 0
            parsed = parse_record(window, start, at, end.base)
            if isinstance(parsed, str) and parsed != FORMAT:
                window = source.at(at, _MAX_RECORD)
                parsed = parse_record(window, start, at, end.base)
        if isinstance(parsed, str):
            break
        yield parsed
        count += 1
        at += parsed.length
        start += parsed.length
    if parsed == "EOF" or (count - end.records) % 0x10000:
        raise GoError(parsed)


def go_mode(record: Record) -> int:
    """File type and permissions of an entry as the ``stat`` module names them.

    As Go's FileHeader.Mode: Unix and macOS creators store them, FAT, NTFS and VFAT only the
    directory and read-only attributes, others nothing; a name that ends in "/" is a directory.
    """
    creator = record.creator >> 8
    folder = record.name.endswith(b"/")
    if creator in (3, 19):
        mode = record.attributes >> 16
        kind = stat.S_IFMT(mode)
        if kind not in _TYPES:
            kind = stat.S_IFDIR if folder else stat.S_IFREG
        return mode & 0o7777 | kind
    if creator in (0, 11, 14):
        folder_attribute = record.attributes & 0x10
        mode = 0o777 if folder_attribute else 0o666
        if record.attributes & 1:
            mode &= ~0o222
        return mode | (stat.S_IFDIR if folder or folder_attribute else stat.S_IFREG)
    return stat.S_IFDIR if folder else stat.S_IFREG


_TYPES = frozenset(
    {
        stat.S_IFBLK,
        stat.S_IFCHR,
        stat.S_IFDIR,
        stat.S_IFIFO,
        stat.S_IFLNK,
        stat.S_IFSOCK,
    }
)
