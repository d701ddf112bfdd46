"""Verdicts: what became of each clause."""

from dataclasses import dataclass, field
from enum import Enum

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.suite.clause import Clause
from kuiper_pack.suite.exchange import Record


class Verdict(Enum):
    """What a clause ends with; the value is the word of the report."""

    PASSED = "passed"
    FAILED = "failed"
    BLOCKED = "blocked"
    CHOICE = "choice"
    NOT_APPLICABLE = "not-applicable"
    EXCLUDED = "excluded"
    KNOWN_DEFECT = "known-defect"
    KNOWN_FAILURE = "known-failure"
    UNEXPECTED_PASS = "unexpected-pass"


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on one clause.

    ``reading`` is the reading or the choice that was seen, ``reason`` one line, ``blocked_by`` the
    clause or capability that is missing, ``cause`` what the failure looks like, if that is known.
    """

    clause: Clause
    verdict: Verdict
    reading: str | None = None
    reason: str = ""
    blocked_by: str | None = None
    exchanges: tuple[Record, ...] = field(default=(), repr=False)
    cause: str = ""


class Unmet(AssertionError):
    """The server broke the clause.

    ``accepted`` says what would have been right, ``got`` what came, each in one line.
    """

    def __init__(self, accepted: str, got: str) -> None:
        super().__init__(f"accepted: {accepted}; got: {got}")
        self.accepted = accepted
        self.got = got


class Blocked(KuiperPackError):
    """The clause cannot be judged, since what it stands on is missing."""

    def __init__(self, by: str, reason: str) -> None:
        super().__init__(reason)
        self.by = by


class Inapplicable(KuiperPackError):
    """The clause does not concern the server, as turns out while it is judged: why, in one line."""
