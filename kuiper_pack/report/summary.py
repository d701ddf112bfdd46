"""Counts over all packages."""

from collections.abc import Iterable
from dataclasses import dataclass

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
