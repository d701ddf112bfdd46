"""The suite is judged: by servers that are broken, by sound ones, and by those of other designs."""

import sys
from collections import Counter
from functools import partial

import pytest

from kuiper_pack.suite.clause import MAY, MUST
from kuiper_pack.suite.coverage import bugs
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict
from tests.proof.ledger import KEPT, Ledger, Row, this_commit, write_table
from tests.suite.judging import clauses, ids
from tests.suite.mutants import Mutant, mutants
from tests.suite.test_miniatures import DESERVED, Deserved, is_given
from tests.suite.test_mutants import CANNOT_BE_KILLED, fails_exactly, judged
from tests.suite.test_twins import is_sound
from tests.suite.twins import TWINS, Twin

if sys.platform == "win32":
    pytest.skip("there is no reference server on Windows", allow_module_level=True)

_EVERY_CLAUSE = """
All clauses that apply are judged, restarts included.
"""
_MUTANTS = f"""
Each mutant is the reference server with one thing broken, and fails exactly the clauses that are to
find it; of all others none fails, and what is blocked is blocked by these, or by what the release
is known to break. {_EVERY_CLAUSE.strip()}
"""
_BUGS = """
What releases of eKuiper had, and clients could see; the clauses that judge it, and the mutants that
have it, or one like it. Where no clause can, the last column says why.
"""
_TWINS = f"""
Each twin is the reference server with another habit that no page forbids: in words, in other ways
to do the same, on the wire. No MUST fails; a SHOULD fails where it is just about the habit.
{_EVERY_CLAUSE.strip()}
"""
_MINIATURES = f"""
Tiny servers, written for this and sharing nothing with the reference server. The last column has
what is documented and they do not do; each clause that stands on another one that failed is blocked
by it. {_EVERY_CLAUSE.strip()}
"""


@pytest.mark.proof
@pytest.mark.parametrize("mutant", mutants(), ids=lambda one: one.name)
def test_a_mutant_fails_exactly_its_clauses(mutant: Mutant) -> None:
    ledger = Ledger.of_this_commit("mutants")
    ledger.once(mutant.name, partial(_killed, mutant))
    _write_kills()


@pytest.mark.proof
@pytest.mark.parametrize("twin", TWINS, ids=lambda one: one.name)
def test_a_twin_fails_nothing_but_its_habit(twin: Twin) -> None:
    ledger = Ledger.of_this_commit("twins")
    ledger.once(twin.name, lambda: _counted(is_sound(twin, lambda _: True), {"twin": twin.name}))
    kept = Ledger(KEPT / f"twins@{this_commit()}.jsonl").rows
    rows = [kept[one.name] for one in TWINS if one.name in kept]
    columns = ("twin", "passed", "choices", "known defects", "not applicable", "SHOULD failed")
    write_table("twins", "Sound servers of other habits", _TWINS, columns, rows)


@pytest.mark.proof
@pytest.mark.parametrize("deserved", DESERVED, ids=lambda one: one.design.__name__)
def test_a_miniature_is_given_what_it_deserves(deserved: Deserved) -> None:
    ledger = Ledger.of_this_commit("miniatures")
    name = deserved.design.__name__
    about = {"server": name, "what it is": (deserved.design.__doc__ or "").partition("\n")[0]}
    ledger.once(name, lambda: _counted(is_given(deserved, lambda _: True), about))
    kept = Ledger(KEPT / f"miniatures@{this_commit()}.jsonl").rows
    rows = [kept[one.design.__name__] for one in DESERVED if one.design.__name__ in kept]
    columns = ("server", "what it is", "passed", "choices", "blocked", "not applicable")
    failed = ("SHOULD failed", "MUST failed")
    write_table("miniatures", "Servers of other designs", _MINIATURES, (*columns, *failed), rows)


def _killed(mutant: Mutant) -> Row:
    run = judged(mutant, lambda _: True)
    fails_exactly(run, mutant)
    return {"fails": " ".join(sorted(ids(run, Verdict.FAILED))), "release": mutant.release}


def _counted(run: Run, about: dict[str, str]) -> Row:
    counts = Counter(result.verdict for result in run.results.values())
    failed = ids(run, Verdict.FAILED)
    must = {name for name in failed if run.results[name].clause.level is MUST}
    should = sorted(failed - must)
    return {
        **about,
        "passed": counts[Verdict.PASSED],
        "choices": counts[Verdict.CHOICE],
        "blocked": counts[Verdict.BLOCKED],
        "known defects": counts[Verdict.KNOWN_DEFECT],
        "not applicable": counts[Verdict.NOT_APPLICABLE] + counts[Verdict.EXCLUDED],
        "SHOULD failed": ", ".join(should) if "twin" in about else len(should),
        "MUST failed": ", ".join(sorted(must)),
    }


def _write_kills() -> None:
    kept = Ledger(KEPT / f"mutants@{this_commit()}.jsonl").rows
    killers: dict[str, list[str]] = {}
    for name, row in kept.items():
        for clause in str(row["fails"]).split():
            killers.setdefault(clause, []).append(name)
    binding = [one for one in clauses() if one.level is not MAY]
    found = sum(one.id in killers for one in binding)
    text = f"{_MUTANTS.strip()}\n\n{len(kept)} of {len(mutants())} mutants were judged; "
    rows = [
        {
            "clause": one.id,
            "level": one.level.value,
            "found in": "; ".join(sorted(killers.get(one.id, ())))
            or CANNOT_BE_KILLED.get(one.id, "-"),
        }
        for one in sorted(binding, key=lambda one: one.id)
    ]
    said = f"{text}{found} of {len(binding)} clauses that can fail found one."
    write_table("mutants", "Broken servers", said, ("clause", "level", "found in"), rows)
    write_table(
        "bugs",
        "Bugs that eKuiper had",
        _BUGS,
        ("bug", "what it was", "clauses", "mutants"),
        [
            {
                "bug": name,
                "what it was": row.says,
                "clauses": ", ".join(row.clauses) or "-",
                "mutants": "; ".join(one for each in row.clauses for one in killers.get(each, ()))
                or row.why_not
                or "a choice",
            }
            for name, row in bugs().items()
        ],
    )
