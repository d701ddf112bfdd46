"""What a rule finds in a package."""

from dataclasses import dataclass
from enum import Enum

from kuiper_pack.profiles import Release

TOLD = 20
"""Findings of one rule about one file that are told one by one; the rest are counted."""


class Severity(Enum):
    """How bad a finding is; the value is the word on screen and in documents."""

    ERROR = "error"
    """A release in question refuses the package, or the package breaks there."""
    WARNING = "warning"
    """It installs, and then surprises."""
    NOTE = "note"
    """Good to know."""

    @property
    def rank(self) -> int:
        """0 for errors, growing as things get less bad."""
        return _RANKS[self]


NEVER = "never"
"""The word for no severity at all, where users say which one fails a package."""
THRESHOLDS = (*(severity.value for severity in Severity), NEVER)
"""What ``--fail-on`` takes."""


def threshold(word: str) -> Severity | None:
    """The least severity that fails a package, as users write it; None for ``NEVER``."""
    return None if word == NEVER else Severity(word)


_RANKS = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect at one place, and the releases that mind it.

    ``file`` is the name of an entry, or None for the package as a whole. ``line`` and ``column``
    count from 1, the column in characters; ``offset`` is in bytes from the start of the zip.
    ``servers`` ascends. ``fix`` says what to do, where that is not plain from the message.
    ``outside`` is the path of a file that is no part of the package, where ``line`` is of one.
    """

    rule: str
    severity: Severity
    message: str
    servers: tuple[Release, ...]
    file: str | None = None
    line: int | None = None
    column: int | None = None
    offset: int | None = None
    fix: str | None = None
    outside: str | None = None
