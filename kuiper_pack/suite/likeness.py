"""Which release of eKuiper a server behaves most like, and in what it differs from that.

What every release does is the table ``likeness.json``: of each clause the outcomes, each with the
release since which it is so. It is made from the reference servers, by ``python -m
tests.suite.outcomes``.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from kuiper_pack.profiles import STABLE, Release
from kuiper_pack.suite.verdict import Result, Verdict

HOLDS, FAILS = "holds", "fails"
_OUTCOMES = {
    Verdict.PASSED: HOLDS,
    Verdict.UNEXPECTED_PASS: HOLDS,
    Verdict.FAILED: FAILS,
    Verdict.KNOWN_DEFECT: FAILS,
    Verdict.KNOWN_FAILURE: FAILS,
}
_FEWEST = 10
"""Clauses that have to be comparable before anything is said."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a server does in the place of a clause, and what the release does."""

    clause: str
    seen: str
    release: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """The release that a server behaves most like.

    Of those that are equally like it that is the one that it is said to be, or the newest.

    A release that lacks what the server has, such as portable plugins, is the less like it.

    ``alike`` of ``compared`` clauses have the same outcome; ``differences`` are the others.
    """

    release: Release
    alike: int
    compared: int
    differences: tuple[Difference, ...]


def outcome_of(result: Result) -> str | None:
    """What a server was seen to do: its reading or choice, or whether the clause holds.

    None where it was not seen.
    """
    if result.verdict is Verdict.CHOICE:
        return result.reading or (FAILS if result.reason else HOLDS)
    if result.verdict in _OUTCOMES and result.reading and result.verdict is not Verdict.FAILED:
        return result.reading
    return _OUTCOMES.get(result.verdict)


def likeness(results: Iterable[Result], told: Release | None = None) -> Likeness | None:
    """The nearest release; None where too little was seen. ``told`` is what it is said to be."""
    seen = {one.clause.id: said for one in results if (said := outcome_of(one)) is not None}
    nearest: Likeness | None = None
    least = 1.0
    known_at_all = {name for outcomes in by_release().values() for name in outcomes}
    for release, outcomes in by_release().items():
        known = [name for name in seen if name in outcomes]
        differences = tuple(
            Difference(name, seen[name], outcomes[name])
            for name in known
            if seen[name] != outcomes[name]
        )
        # what a release has not at all is no difference to be shown, but it is none the more alike
        lacks = len(known_at_all & seen.keys() - outcomes.keys())
        far = (len(differences) + lacks) / max(len(known) + lacks, 1)
        equal = nearest is not None and far == least and nearest.release != told
        if len(known) >= _FEWEST and (nearest is None or far < least or equal):
            least = far
            nearest = Likeness(release, len(known) - len(differences), len(known), differences)
    return nearest


@cache
def by_release() -> Mapping[Release, Mapping[str, str]]:
    """The outcomes of each stable release by clause, the oldest first."""
    table = json.loads(files("kuiper_pack.suite").joinpath("likeness.json").read_text("utf-8"))
    found: dict[Release, dict[str, str]] = {}
    first = min(
        (Release.parse(since) for changes in table.values() for since, _ in changes), default=None
    )
    for release in STABLE:
        if first is None or release < first:
            continue
        found[release] = {}
        for clause, changes in table.items():
            said = [outcome for since, outcome in changes if Release.parse(since) <= release]
            if said and said[-1]:
                found[release][clause] = said[-1]
    return found
