"""The ladder: the next clause that a server has to meet, for those who write one."""

from collections.abc import Iterable, Iterator

from kuiper_pack.suite.clause import Clause, Level, in_order, with_needs
from kuiper_pack.suite.outcome import Outcome
from kuiper_pack.suite.pages import page
from kuiper_pack.suite.screen import told
from kuiper_pack.suite.subject import DELIVERY
from kuiper_pack.suite.verdict import Result, Verdict

_UNMET = (Verdict.FAILED, Verdict.BLOCKED)
_LEVELS = (Level.MUST, Level.SHOULD)
_FIRST = ("native.list.", "native.describe.", "native.", "portable.", "")
"""How the ids of clauses begin that come before others."""
_RECORDS, _WIDTH = 3, 500
"""How much is shown: no script follows that has the rest of a request."""


def rungs(clauses: Iterable[Clause]) -> list[Clause]:
    """The clauses that can be failed, in the order in which a server best comes to meet them.

    None is before those it needs; then MUST is before SHOULD, and what stands on little before what
    stands on much, so that reading comes before creating.
    """
    known = {one.id: one for one in clauses if one.level in _LEVELS}

    def height(one: Clause) -> tuple[int, int, int, int]:
        place = next(number for number, start in enumerate(_FIRST) if one.id.startswith(start))
        return _LEVELS.index(one.level), place, len(with_needs([one], known)), one.installs

    return in_order(sorted(known.values(), key=height))


def next_rung(outcome: Outcome, clauses: Iterable[Clause]) -> Result | None:
    """The first clause that is not met, or None."""
    for one in rungs(clauses):
        result = outcome.results.get(one.id)
        if result is not None and result.verdict in _UNMET:
            return result
    return None


def shown(result: Result, notes: Iterable[str] = ()) -> Iterator[str]:
    """The lines about a clause that is not met: its page, what was wrong, and the last exchanges.

    ``notes`` are what was found out before the clauses, of which those about packages matter where
    none reaches the server.
    """
    yield page(result.clause)
    yield result.reason
    if result.cause:
        yield f"it {result.cause}"
    if result.blocked_by == DELIVERY:
        yield from (note for note in notes if note.startswith("no package comes by"))
    yield from (told(one, _WIDTH) for one in result.exchanges[-_RECORDS:])


def top(outcome: Outcome) -> str:
    """What is said where nothing is unmet."""
    passed = sum(one.verdict is Verdict.PASSED for one in outcome.results.values())
    return f"no rung is left: {passed} clauses hold, and none fails"
