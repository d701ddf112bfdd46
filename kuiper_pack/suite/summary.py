"""The end of a run on the terminal: verdicts are counted, and what is not well is named."""

from collections import Counter
from collections.abc import Iterator

from kuiper_pack.suite.clause import Level
from kuiper_pack.suite.likeness import Likeness, likeness
from kuiper_pack.suite.outcome import Outcome
from kuiper_pack.suite.verdict import Result, Verdict

_NAMED = (Verdict.FAILED, Verdict.UNEXPECTED_PASS, Verdict.KNOWN_FAILURE, Verdict.KNOWN_DEFECT)
"""What is named one by one; what else there is, the report has."""


_DIFFERENCES = 5
"""What is told of them; the report has all."""


def summary(outcome: Outcome) -> Iterator[str]:
    """The lines of the summary, the counts first."""
    results = outcome.results.values()
    counts = Counter(one.verdict for one in results)
    words = [f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict]]
    yield ", ".join(words) or "no clause was run"
    for verdict in _NAMED:
        for one in results:
            if one.verdict is verdict:
                yield f"{_word(outcome, one)} {one.clause.id}: {one.clause.title}"
    blocked: dict[str, list[Result]] = {}
    for one in results:
        if one.blocked_by:
            blocked.setdefault(one.blocked_by, []).append(one)
    if (found := likeness(results, outcome.discovery.identity.release)) is not None:
        yield from _nearest(found)
    for by, those in blocked.items():
        yield f"{len(those)} blocked by {by}: {those[0].reason}"


def _nearest(found: Likeness) -> Iterator[str]:
    alike = f"{found.alike} of {found.compared} clauses alike"
    yield f"behaves most like eKuiper {found.release}: {alike}"
    for one in found.differences[:_DIFFERENCES]:
        yield f"  {one.clause}: {one.seen}, there {one.release}"
    if len(found.differences) > _DIFFERENCES:
        yield f"  and {len(found.differences) - _DIFFERENCES} more, which the report has"


def _word(outcome: Outcome, result: Result) -> str:
    if result.verdict is Verdict.FAILED and not outcome.options.gates(result.clause):
        return f"failed, which --kuiper-level {Level.SHOULD.value} holds against the server:"
    return result.verdict.value
