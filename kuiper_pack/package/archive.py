"""A zip as Go's archive/zip sees it, with everything unusual about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package import content as contents
from kuiper_pack.package.anomaly import Budget, Notes
from kuiper_pack.package.content import Content
from kuiper_pack.package.directory import End, GoError, Record, find_end, go_mode, read_records
from kuiper_pack.package.entry import Entry
from kuiper_pack.package.gorules import GoRules, go_rules
from kuiper_pack.package.source import FileSource, MemorySource, Source, open_source
from kuiper_pack.package.survey import Local, Survey, read_local
from kuiper_pack.package.verify import examine_all

if TYPE_CHECKING:
    from collections.abc import Iterator

ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x01\x02", b"PK\x07\x08", b"PK00")
"""What a file begins with that was a zip before it was cut off."""


class GoView(NamedTuple):
    """What zip.OpenReader of one Go version gives: an error, or entries."""

    error: str | None
    entries: tuple[Entry, ...]


class Archive:
    """A zip that was read. Not to be changed after it is made.

    ``anomalies`` are in the order of their offsets. ``complete`` is False if a budget ran out: then
    contents are unread, and where ``lists_all`` is False too, ``entries`` are not all there are.
    ``readable`` says whether the newest Go opens it, ``cut_short`` whether its end is missing.
    """

    def __init__(self, where: Path | MemorySource, budget: Budget | None = None) -> None:
        """Reads the archive; raises OSError if it cannot be read as a file at all."""
        self._where = where
        self._budget = budget or Budget()
        self._views: dict[GoRules, GoView] = {}
        source = self.open()
        if isinstance(source, FileSource):
            with source:
                self._read(source)
        else:
            self._where = source
            self._read(source)

    def open(self) -> MemorySource | FileSource:
        """The bytes of the archive; close them if they are a file."""
        return self._where if isinstance(self._where, MemorySource) else open_source(self._where)

    def _read(self, source: Source) -> None:
        notes = Notes()
        self.size = source.size
        reading = read_archive(source, go_rules(), self._budget, notes)
        self.anomalies = notes.result()
        codes = {found.code for found in self.anomalies}
        self.complete = not any(code.startswith("budget-") for code in codes)
        self.lists_all = codes.isdisjoint(("budget-entries", "budget-directory"))
        self.readable = reading.view.error is None
        self.cut_short = "end-record-missing" in codes or (
            "end-record-cut-off" in codes and "end-record-in-comment" not in codes
        )
        self.entries = reading.view.entries
        self.looks_like_zip = "end-record-missing" not in codes or source.at(0, 4) in ZIP_STARTS
        self._readings: dict[tuple[int, int, int], Reading] = {}
        self._remember(reading)
        self._views[go_rules()] = reading.view

    def _remember(self, reading: Reading) -> Reading:
        if reading.end is not None:
            end = reading.end
            self._readings[end.directory, end.base, end.records] = reading
        return reading

    def as_go(self, version: tuple[int, ...]) -> GoView:
        """What a program built with this Go version, ``(1, 22)`` or ``(1, 22, 8)``, sees.

        Raises KuiperPackError if the file is gone meanwhile.
        """
        rules = go_rules(version)
        if rules not in self._views:
            try:
                self._views[rules] = self._look_again(rules)
            except OSError as error:
                reason = error.strerror or str(error)
                raise KuiperPackError(f"{self._where}: cannot be read again: {reason}") from None
        return self._views[rules]

    def _look_again(self, rules: GoRules) -> GoView:
        source = self.open()
        try:
            return self._view(source, rules)
        finally:
            if isinstance(source, FileSource):
                source.close()

    def read(self, entry: Entry, limit: int) -> bytes:
        """Up to ``limit`` bytes of an entry's content; of broken content what is readable.

        Raises OSError if the file is gone.
        """
        return b"".join(self.pieces(entry, limit))

    def pieces(self, entry: Entry, limit: int) -> Iterator[bytes]:
        """What ``read`` gives, a piece at a time."""
        source = self.open()
        try:
            local = read_local(source, entry.offset)
            body = local.body if isinstance(local, Local) else source.size
            yield from contents.pieces(source, entry, body, limit)
        finally:
            if isinstance(source, FileSource):
                source.close()

    def _view(self, source: Source, rules: GoRules) -> GoView:
        try:
            end = find_end(source, rules)
        except GoError as error:
            return GoView(str(error), ())
        known = self._readings.get((end.directory, end.base, end.records))
        if known is None:
            known = self._remember(read_archive(source, rules, self._budget, Notes()))
        if known.view.error is not None or not known.odd:
            return known.view
        entries = list(known.view.entries)
        for index, found in known.odd.items():
            entries[index] = _judged(entries[index], found, rules)
        return GoView(None, tuple(entries))


class Reading(NamedTuple):
    """One reading of an archive; ``odd`` holds what was found of contents that are not sound."""

    end: End | None
    view: GoView
    odd: dict[int, Content]


def read_archive(source: Source, rules: GoRules, budget: Budget, notes: Notes) -> Reading:
    """Reads the archive within the budget as a Go version would, and notes what is unusual."""
    survey = Survey(source, notes)
    entries: list[Entry] = []
    times: dict[int, tuple[int, ...]] = {}
    bodies: list[int] = []
    odd: dict[int, Content] = {}
    error, end, after, whole = None, None, 0, True
    try:
        end = find_end(source, rules)
        after = end.directory
        for record in read_records(source, end):
            if len(entries) == budget.entries:
                message = f"more than {budget.entries} entries: the rest was not read"
                notes.add("budget-entries", message, record.at)
                whole = False
                break
            after = record.at + record.length
            if after - end.directory > budget.directory_bytes:
                limit = budget.directory_bytes >> 20
                message = f"a directory of more than {limit} MiB: the rest was not read"
                notes.add("budget-directory", message, record.at)
                whole = False
                break
            name = record.name.decode("utf-8", "surrogateescape")
            local = read_local(source, record.local)
            survey.entry(record, local, name)
            if isinstance(local, Local):
                bodies.append(local.body)
            else:
                bodies.append(-1)
                odd[len(entries)] = Content(header=local)
            entries.append(_entry(record, name, times))
    except GoError as failed:
        error = str(failed)
        where = source.size if end is None else after
        notes.add("unreadable", f"Go cannot open it: {error}", where)
        entries = entries if end else []
    if end is None:
        survey.without_end()
    elif whole:
        survey.whole(end, len(entries), after)
    odd.update(examine_all(source, entries, bodies, budget, notes))
    for index, found in odd.items():
        entry = entries[index] = _judged(entries[index], found, rules)
        if entry.problem is not None:
            notes.add("bad-content", entry.problem, entry.offset, entry.name)
        elif found.crc != entry.crc == 0 and not entry.is_dir:
            message = f"checksum 0 listed, which is not checked; it is {found.crc:08x}"
            notes.add("checksum-zero", message, entry.offset, entry.name)
    return Reading(end, GoView(error, () if error else tuple(entries)), odd)


def _judged(entry: Entry, found: Content, rules: GoRules) -> Entry:
    """The entry with what Go says of its content."""
    problem = contents.problem(entry, found, rules)
    opens = found.header is None and problem != contents.ALGORITHM
    if (problem, opens) == (entry.problem, entry.opens):
        return entry
    return entry._replace(problem=problem, opens=opens)


def _entry(record: Record, name: str, times: dict[int, tuple[int, ...]]) -> Entry:
    mode = go_mode(record)
    stamp = record.date << 16 | record.time
    if stamp not in times:
        times[stamp] = _time(record.date, record.time)
    return Entry(
        name,
        mode & 0o170000 == 0o040000 or name.endswith("/"),
        mode,
        record.size,
        record.compressed_size,
        record.crc,
        record.method,
        record.flags,
        record.local,
        times[stamp],
    )


def _time(date: int, time: int) -> tuple[int, ...]:
    """The fields of an MS-DOS date and time, as they are: months and days may be 0."""
    days = (date >> 9) + 1980, date >> 5 & 15, date & 31
    return (*days, time >> 11, time >> 5 & 63, (time & 31) * 2)
