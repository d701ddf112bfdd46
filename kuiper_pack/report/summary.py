"""Counts over all packages, as numbers and as the last line of a report."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kuiper_pack.profiles import ranges
from kuiper_pack.rules.finding import Severity
from kuiper_pack.rules.validation import Judgement, Verdict


@dataclass(frozen=True, slots=True)
class Summary:
    """How many packages and findings there are."""

    packages: int
    errors: int
    warnings: int
    notes: int
    unreadable: int

    def __str__(self) -> str:
        """What was found, like ``1 error, 2 warnings``."""
        counts = [
            _counted(self.errors, "error"),
            _counted(self.warnings, "warning"),
            _counted(self.notes, "note"),
        ]
        if self.unreadable:
            counts.append(f"{self.unreadable} unreadable")
        return ", ".join(count for count in counts if count) or "nothing found"


def summarise(judgements: Iterable[Judgement]) -> Summary:
    """Count ``judgements``."""
    counts = dict.fromkeys(Severity, 0)
    packages = unreadable = 0
    for judgement in judgements:
        packages += 1
        unreadable += judgement.verdict is Verdict.UNREADABLE
        for finding in judgement.findings:
            counts[finding.severity] += 1
    return Summary(
        packages,
        counts[Severity.ERROR],
        counts[Severity.WARNING],
        counts[Severity.NOTE],
        unreadable,
    )


def last_line(judgements: Sequence[Judgement]) -> str:
    """How many packages there are, for which servers they were judged, and what was found."""
    summary = summarise(judgements)
    judged_for = {judgement.releases for judgement in judgements if judgement.releases}
    servers = f" for {ranges(judged_for.pop())}" if len(judged_for) == 1 else ""
    return f"{_counted(summary.packages, 'package')}{servers}: {summary}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}" if number else ""
