"""What is unusual about an archive, as values: a stable code, one line, and the place."""

from __future__ import annotations

from typing import NamedTuple

PER_CODE = 20
"""Anomalies of one code that are kept; the rest are counted."""

CODES = {
    "bad-content": "reading the content fails; the message is what Go's archive/zip answers",
    "budget-compressed": "more compressed bytes than are read (an overlap, or a huge archive)",
    "budget-directory": "a longer central directory than is read",
    "budget-entries": "more entries than are read",
    "budget-inflated": "more content than is inflated",
    "checksum-zero": "a checksum of 0, which Go does not check, for content that has another",
    "descriptor-differs": "the data descriptor and the directory disagree",
    "descriptor-missing": "the flag of a data descriptor without one",
    "directory-offset": "the directory is not where the end record says",
    "directory-size": "the directory is not as long as the end record says",
    "duplicate-name": "a name that an earlier entry has too",
    "empty-name": "an entry without a name",
    "encrypted": "the flag of encryption, which Go ignores",
    "end-record-cut-off": "the last end record announces a longer comment than follows",
    "end-record-in-comment": "a second end record inside the comment of another",
    "end-record-missing": "no end record at all",
    "extra-malformed": "an extra field that is no row of fields",
    "folder-content": "content of an entry whose name ends with a slash",
    "gap": "bytes between entries that belong to none",
    "impossible-time": "a modification time that no clock shows",
    "local-compressed-size": "local header and directory disagree on the compressed size",
    "local-crc": "local header and directory disagree on the checksum",
    "local-flags": "local header and directory disagree on the flags",
    "local-method": "local header and directory disagree on the method",
    "local-missing": "no local header where the directory says",
    "local-name": "local header and directory disagree on the name",
    "local-size": "local header and directory disagree on the size",
    "multi-disk": "a disk number other than 0",
    "name-flag": "a UTF-8 name without the flag that says so",
    "name-not-utf8": "a name that is not UTF-8",
    "nul-in-name": "a NUL byte in a name",
    "overlap": "an entry that begins inside another or reaches into the directory",
    "prepended-data": "bytes before the first entry",
    "record-count": "more or fewer entries than the end record says",
    "several-end-records": "an end record before the last one",
    "trailing-data": "bytes after the end record and its comment",
    "truncated": "content that goes beyond the end of the file",
    "unicode-path": "an extra field with another name for the entry",
    "unlisted-entry": "a local header in bytes that belong to no entry of the directory",
    "unreadable": "Go's archive/zip refuses the file",
    "unsupported-method": "a compression method other than stored and deflated",
    "version-needed": "a format that most tools do not read",
    "zip64-differs": "a zip64 end record that contradicts the end record",
    "zip64-end": "a zip64 end record",
    "zip64-entry": "a zip64 extra field",
}
"""Every code there is, with its meaning."""


class Anomaly(NamedTuple):
    """One observation. ``code`` never changes its meaning; ``offset`` counts bytes in the file.

    ``entry`` is the name of the entry it is about, or "".
    """

    code: str
    message: str
    offset: int
    entry: str = ""


class Budget(NamedTuple):
    """How much of an archive is read; what is beyond is an anomaly that names the budget."""

    entries: int = 50_000
    directory_bytes: int = 8 << 20
    inflated_bytes: int = 1 << 30
    compressed_bytes: int = 1 << 30


class Notes:
    """Collects anomalies, a bounded number of each code."""

    def __init__(self) -> None:
        self._found: dict[str, list[Anomaly]] = {}
        self._counts: dict[str, int] = {}

    def add(self, code: str, message: str, offset: int, entry: str = "") -> None:
        """Adds one, unless there are ``PER_CODE`` of its code."""
        count = self._counts[code] = self._counts.get(code, 0) + 1
        if count <= PER_CODE:
            self._found.setdefault(code, []).append(Anomaly(code, message, offset, entry))

    def result(self) -> tuple[Anomaly, ...]:
        """All of them by place; a code with more than were kept says how many."""
        found = [anomaly for anomalies in self._found.values() for anomaly in anomalies]
        for code, count in self._counts.items():
            if count > PER_CODE:
                last = self._found[code][-1]
                message = f"{count - PER_CODE} more of these"
                found.append(Anomaly(code, message, last.offset))
        return tuple(sorted(found, key=lambda anomaly: anomaly.offset))
