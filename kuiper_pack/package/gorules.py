"""How Go's archive/zip changed: the facts by which two Go versions read one file differently.

Each fact was found by comparing the answers of programs built with Go 1.11 to 1.26.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple

NEWEST = (1, 26)


class GoRules(NamedTuple):
    """The habits of one Go version's archive/zip reader."""

    count_checked: bool
    """Before 1.14: more entries declared than the file could hold is an error of its own."""
    prefix_skipped: bool
    """Since 1.19: bytes before the archive are skipped by comparing offsets with the end record."""
    prefix_probed: bool
    """Since 1.21: the stated offset is tried first (1.19 and 1.20: second)."""
    end_record_final: bool
    """Since 1.21.11 and 1.22.4: a last end record with a comment that is cut off is an error."""
    descriptor_replaces_crc: bool
    """Only 1.17: the checksum of the data descriptor is taken for that of the directory."""
    longer_is_format: bool
    """Since 1.19: content longer than declared answers ErrFormat, not unexpected EOF."""
    folders_not_read: bool
    """Since 1.20: a directory entry is not inflated, and is an error if it declares content."""
    sizes_signed: bool
    """Since 1.21: directory sizes and offsets beyond 63 bits are refused at once."""
    sections_wrap: bool
    """Before 1.18: content that would end beyond 63 bits reads as nothing."""
    counts_trusted: Literal["never", "large-directory", "always"]
    """Memory for as many entries as are declared is asked for: always, from 1.14 to 1.15.12 and
    1.16.4; up to 1.16.7 and 1.17.0 where the directory is larger than the file; else never."""


@cache
def go_rules(version: tuple[int, ...] = NEWEST) -> GoRules:
    """The facts of a Go version, ``(1, 22)`` or ``(1, 22, 8)``; the last patch if none is given."""
    minor = version[:2]
    patch = version[2] if len(version) > 2 else 99
    return GoRules(
        count_checked=minor < (1, 14),
        prefix_skipped=minor >= (1, 19),
        prefix_probed=minor >= (1, 21),
        end_record_final=(*minor, patch) >= (1, 22, 4) or (minor == (1, 21) and patch >= 11),
        descriptor_replaces_crc=minor == (1, 17),
        longer_is_format=minor >= (1, 19),
        folders_not_read=minor >= (1, 20),
        sizes_signed=minor >= (1, 21),
        sections_wrap=minor < (1, 18),
        counts_trusted=_counts_trusted(minor, patch),
    )


def _counts_trusted(
    minor: tuple[int, ...], patch: int
) -> Literal["never", "large-directory", "always"]:
    if minor == (1, 14) or (minor == (1, 15) and patch < 13) or (minor == (1, 16) and patch < 5):
        return "always"
    checked_later = (minor == (1, 16) and patch < 8) or (minor == (1, 17) and patch < 1)
    return "large-directory" if minor == (1, 15) or checked_later else "never"
