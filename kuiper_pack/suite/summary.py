"""The end of a run on the terminal: verdicts are counted, and what is not well is named."""

from collections import Counter
from collections.abc import Iterator

from kuiper_pack.suite.clause import Level
from kuiper_pack.suite.outcome import Outcome
from kuiper_pack.suite.verdict import Result, Verdict

_NAMED = (Verdict.FAILED, Verdict.UNEXPECTED_PASS, Verdict.KNOWN_FAILURE, Verdict.KNOWN_DEFECT)
"""What is named one by one; what else there is, the report has."""


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
    for by, those in blocked.items():
        yield f"{len(those)} blocked by {by}: {those[0].reason}"


def _word(outcome: Outcome, result: Result) -> str:
    if result.verdict is Verdict.FAILED and not outcome.options.gates(result.clause):
        return f"failed, which --kuiper-level {Level.SHOULD.value} holds against the server:"
    return result.verdict.value
