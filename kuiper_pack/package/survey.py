"""Compares what an archive says of itself in different places, and notes the contradictions."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple
from zlib import crc32

from kuiper_pack.package.anomaly import Notes
from kuiper_pack.package.directory import (
    DESCRIPTOR_SIGNATURE,
    END_SIGNATURE,
    END_SIZE,
    LOCAL_SIGNATURE,
    LOCAL_SIZE,
    End,
    Record,
    end64_beside,
    extra_fields,
    splits,
)
from kuiper_pack.package.source import Source

_LOCAL = Struct("<4s5H3I2H")
_UTF8_FLAG, _ENCRYPTED, _DESCRIPTOR, _STRONG = 0x800, 0x1, 0x8, 0x40
_NEWEST_NEEDED = 46
"""The format that Info-ZIP's unzip 6 reads, 4.6; what servers need came before it."""
_UNICODE_PATH = 0x7075
_SEARCHED, _HEADERS = 1 << 20, 1000
_LARGEST = (1 << 63) - 1

NEGATIVE, INVALID = "negative offset", "invalid argument"
"""What Go, and what the system says to offsets where no file can have anything."""


class Local(NamedTuple):
    """A local header; ``body`` is where the content begins."""

    flags: int
    method: int
    crc: int
    compressed_size: int
    size: int
    name: bytes
    extra: bytes
    body: int


def read_local(source: Source, offset: int) -> Local | str:
    """The local header at ``offset``, or what Go says where there is none."""
    if offset < 0:
        return NEGATIVE
    if offset + LOCAL_SIZE > _LARGEST:
        return INVALID
    fixed = source.at(offset, LOCAL_SIZE)
    if len(fixed) < LOCAL_SIZE:
        return "EOF"
    signature, _, flags, method, _, _, crc, compressed, size, names, extras = _LOCAL.unpack(fixed)
    if signature != LOCAL_SIGNATURE:
        return "zip: not a valid zip file"
    variable = source.at(offset + LOCAL_SIZE, names + extras)
    body = offset + LOCAL_SIZE + names + extras
    return Local(flags, method, crc, compressed, size, variable[:names], variable[names:], body)


class Survey:
    """Sees every record with its local header, then the archive as a whole."""

    def __init__(self, source: Source, notes: Notes) -> None:
        self.source = source
        self.notes = notes
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.bytes_left = _SEARCHED
        self.headers_left = _HEADERS
        self.names = set[str]()

    def entry(self, record: Record, local: Local | str, name: str) -> None:
        """Notes what is unusual about one entry."""
        note = self.notes.add
        at = record.local
        self._record(record, name)
        if isinstance(local, str):
            note(
                "local-missing", f"no local header where the directory says ({at})", record.at, name
            )
            return
        if local.name != record.name:
            there = local.name.decode("utf-8", "backslashreplace")
            note("local-name", f"the local header says {_short(there)!r}", at, name)
        if local.method != record.method:
            note("local-method", f"method {local.method} locally, {record.method} listed", at, name)
        if (local.flags ^ record.flags) & ~_UTF8_FLAG & 0xFFFF:
            note(
                "local-flags", f"flags {local.flags:#x} locally, {record.flags:#x} listed", at, name
            )
        end = local.body + record.compressed_size
        if record.flags & _DESCRIPTOR:
            end = self._descriptor(record, end, name)
        else:
            self._sizes(record, local, name)
        if end > self.source.size:
            note("truncated", "the content goes beyond the end of the file", at, name)
        self.starts.append(at)
        self.ends.append(min(max(end, at), self.source.size))

    def _record(self, record: Record, name: str) -> None:
        note, at = self.notes.add, record.at
        if name in self.names:
            note("duplicate-name", "listed more than once", at, name)
        self.names.add(name)
        if record.flags & (_ENCRYPTED | _STRONG):
            note("encrypted", "marked as encrypted", at, name)
        if record.method not in (0, 8):
            note("unsupported-method", f"compression method {record.method}", at, name)
        if record.disk not in (0, 0xFFFF):
            note("multi-disk", f"said to be on disk {record.disk}", at, name)
        if record.zip64:
            note("zip64-entry", "has a zip64 extra field", at, name)
        if not record.name:
            note("empty-name", "an entry without a name", at, name)
        elif b"\0" in record.name:
            note("nul-in-name", "a NUL byte in the name", at, name)
        if not record.name.isascii():
            if any("\udc80" <= char <= "\udcff" for char in name):
                note("name-not-utf8", "the name is not UTF-8", at, name)
            elif not record.flags & _UTF8_FLAG:
                note("name-flag", "a UTF-8 name without the flag that says so", at, name)
        if record.extra:
            self._extra(record, name)
        if record.needed & 0xFF > _NEWEST_NEEDED:
            major, minor = divmod(record.needed & 0xFF, 10)
            note("version-needed", f"asks for version {major}.{minor} of the format", at, name)
        if record.size and record.name.endswith(b"/"):
            note("folder-content", f"a folder with {record.size} bytes of content", at, name)
        month, day = record.date >> 5 & 15, record.date & 31
        seconds, minutes, hours = record.time & 31, record.time >> 5 & 63, record.time >> 11
        if not (1 <= month <= 12 and day and seconds < 30 and minutes < 60 and hours < 24) and (
            record.date or record.time
        ):
            note("impossible-time", "a modification time that does not exist", at, name)

    def _extra(self, record: Record, name: str) -> None:
        note, at = self.notes.add, record.at
        if not splits(record.extra):
            note("extra-malformed", "an extra field that cannot be split", at, name)
        for tag, field in extra_fields(record.extra):
            # It is about the name whose checksum it holds, and counts only for that one.
            if (
                tag == _UNICODE_PATH
                and field[5:] not in (record.name, b"")
                and int.from_bytes(field[1:5], "little") == crc32(record.name)
            ):
                there = field[5:].decode("utf-8", "backslashreplace")
                note("unicode-path", f"also called {_short(there)!r}", at, name)

    def _sizes(self, record: Record, local: Local, name: str) -> None:
        note, at = self.notes.add, record.local
        size, compressed = local.size, local.compressed_size
        if 0xFFFFFFFF in (size, compressed):
            for tag, field in extra_fields(local.extra):
                if tag == 1 and len(field) >= 16:
                    size = int.from_bytes(field[:8], "little")
                    compressed = int.from_bytes(field[8:16], "little")
        if size != record.size:
            note("local-size", f"{size} bytes locally, {record.size} listed", at, name)
        if compressed != record.compressed_size:
            message = f"{compressed} compressed bytes locally, {record.compressed_size} listed"
            note("local-compressed-size", message, at, name)
        if local.crc != record.crc:
            note(
                "local-crc", f"checksum {local.crc:08x} locally, {record.crc:08x} listed", at, name
            )

    def _descriptor(self, record: Record, end: int, name: str) -> int:
        """Checks the data descriptor at ``end``; gives where it ends."""
        fields = self.source.at(end, 24)
        signed = fields[:4] == DESCRIPTOR_SIGNATURE
        values = fields[4:] if signed else fields
        crc = int.from_bytes(values[:4], "little")
        for width in (4, 8):
            compressed = int.from_bytes(values[4 : 4 + width], "little")
            size = int.from_bytes(values[4 + width : 4 + 2 * width], "little")
            if compressed == record.compressed_size and size == record.size:
                if crc != record.crc:
                    message = f"checksum {crc:08x} after the content, {record.crc:08x} listed"
                    self.notes.add("descriptor-differs", message, end, name)
                return end + 4 * signed + 4 + 2 * width
        if not signed:
            self.notes.add("descriptor-missing", "no data descriptor after the content", end, name)
            return end
        message = "sizes after the content differ from those listed"
        self.notes.add("descriptor-differs", message, end, name)
        return end + 16

    def whole(self, end: End, listed: int, after: int) -> None:
        """Notes what is unusual about the archive; ``after`` is where the last record ends."""
        note = self.notes.add
        if end.records != listed:
            note("record-count", f"{end.records} entries declared, {listed} found", end.offset)
        if after - end.directory != end.size:
            message = f"a directory of {end.size} bytes declared, {after - end.directory} found"
            note("directory-size", message, end.offset)
        if end.directory != end.stated:
            note(
                "directory-offset", f"stated at {end.stated}, found at {end.directory}", end.offset
            )
        if end.disk not in (0, 0xFFFF, 0xFFFFFFFF):
            note("multi-disk", f"the end record says it is on disk {end.disk}", end.offset)
        if end.end64 >= 0:
            note("zip64-end", "has a zip64 end record", end.end64)
        end64 = end64_beside(self.source, end)
        if end64 is not None and end64.differs:
            there = f"{end64.records} entries in {end64.size} bytes at {end64.stated}"
            note("zip64-differs", f"{there}, says the zip64 end record", end64.offset)
        self._ends(end, after, end.offset if end64 is None else end64.offset)
        self._coverage(end)

    def without_end(self) -> None:
        """Notes what there is in an archive whose end record Go does not find."""
        note = self.notes.add
        tail_at = max(0, self.source.size - (END_SIZE + 0xFFFF))
        tail = self.source.at(tail_at, END_SIZE + 0xFFFF)
        last = tail.rfind(END_SIGNATURE)
        if last < 0:
            note("end-record-missing", "no end record: the file is cut off", self.source.size)
        else:
            declared = int.from_bytes(tail[last + 20 : last + 22], "little")
            present = max(0, len(tail) - last - END_SIZE)
            if present < declared or len(tail) - last < END_SIZE:
                message = f"the last end record has a comment of {declared} bytes, {present} follow"
                note("end-record-cut-off", message, tail_at + last)
            if tail.rfind(END_SIGNATURE, 0, last) >= 0:
                message = "the comment holds an end record, or there are several"
                note("end-record-in-comment", message, tail_at + last)
        self._search(0, self.source.size)

    def _ends(self, end: End, after: int, start: int) -> None:
        """Looks at what follows the directory: ``start`` is where its end records begin."""
        note = self.notes.add
        finish = end.offset + END_SIZE + end.comment_length
        if finish < self.source.size:
            note("trailing-data", f"{self.source.size - finish} bytes after the end", finish)
        if after < start:
            note("gap", f"{start - after} bytes between the directory and its end record", after)
        tail_at = max(0, self.source.size - (END_SIZE + 0xFFFF))
        tail = self.source.at(tail_at, END_SIZE + 0xFFFF)
        found = tail.find(END_SIGNATURE)
        while found >= 0:
            offset = tail_at + found
            if offset > end.offset:
                note("end-record-in-comment", "the comment holds an end record", offset)
            elif offset < end.offset:
                comment = int.from_bytes(tail[found + 20 : found + 22], "little")
                if offset + END_SIZE + comment > end.offset:
                    note("end-record-in-comment", "it is in the comment of another", end.offset)
                elif offset >= after:
                    note("several-end-records", "another end record before the last one", offset)
            found = tail.find(END_SIGNATURE, found + 1)

    def _coverage(self, end: End) -> None:
        note = self.notes.add
        reached, overlaps = 0, False
        for index in sorted(range(len(self.starts)), key=self.starts.__getitem__):
            start, finish = self.starts[index], self.ends[index]
            if start > reached:
                self._gap(reached, start)
            elif start < reached:
                overlaps = True
                note("overlap", f"begins {reached - start} bytes inside another entry", start)
            reached = max(reached, finish)
        if reached < end.directory:
            self._gap(reached, end.directory)
        elif reached > end.directory and not overlaps:
            note("overlap", "content goes into the directory", end.directory)

    def _gap(self, start: int, finish: int) -> None:
        note = self.notes.add
        if start == 0:
            note("prepended-data", f"{finish} bytes before the first entry", 0)
        else:
            note("gap", f"{finish - start} bytes that belong to no entry", start)
        self._search(start, finish)

    def _search(self, start: int, finish: int) -> None:
        """Notes local headers in bytes that belong to no entry of the directory."""
        note = self.notes.add
        content = self.source.at(start, min(finish - start, self.bytes_left))
        self.bytes_left -= len(content)
        found = content.find(LOCAL_SIGNATURE)
        while found >= 0 and self.headers_left:
            self.headers_left -= 1
            local = read_local(self.source, start + found)
            if isinstance(local, Local):
                name = _short(local.name.decode("utf-8", "backslashreplace"))
                note("unlisted-entry", f"{name!r} is not in the directory", start + found)
            found = content.find(LOCAL_SIGNATURE, found + 1)


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
