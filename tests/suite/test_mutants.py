"""The suite finds what is broken, all of it and nothing else."""

import pytest

from kuiper_pack.server.options import Options
from kuiper_pack.suite.clause import MAY
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import Wanted, beside, clauses, ids, judge
from tests.suite.mutants import Mutant, mutants
from tests.suite.socketless import Socketless

CANNOT_BE_KILLED: dict[str, str] = {
    "http.malformed": "what is no request comes by a socket: test_no_requests.py",
}
"""Clauses without a mutant, each with the reason."""

OTHERS = 4
"""As many clauses are judged beside those that a mutant names; the proof judges all."""


def judged(mutant: Mutant, wanted: Wanted) -> Run:
    options = Options(strict=mutant.strict, allow_install_scripts=True)
    with Socketless(mutant.release, options=options, make=mutant.make) as server:
        return judge(
            server,
            wanted=wanted,
            delivery=mutant.delivery,
            reading=mutant.reading,
            token=mutant.token,
            expired_token=mutant.expired_token,
            watched_for=0.02,
            ends_within=1.0,
            seed=mutant.name,
        )


def fails_exactly(run: Run, mutant: Mutant) -> None:
    assert ids(run, Verdict.FAILED) == mutant.fails
    blocking = {run.results[name].blocked_by for name in ids(run, Verdict.BLOCKED)}
    assert blocking <= mutant.fails | ids(run, Verdict.KNOWN_DEFECT)


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)
def test_exactly_the_broken_clauses_fail(mutant: Mutant) -> None:
    fails_exactly(judged(mutant, beside(mutant.fails, mutant.name, OTHERS)), mutant)


def test_every_clause_that_can_fail_is_failed_by_a_mutant() -> None:
    killed = {name for mutant in mutants() for name in mutant.fails}
    binding = {clause.id for clause in clauses() if clause.level is not MAY}
    assert killed | CANNOT_BE_KILLED.keys() == binding
    assert not killed & CANNOT_BE_KILLED.keys()


def test_every_mutant_has_a_name_of_its_own() -> None:
    names = [mutant.name for mutant in mutants()]
    assert len(names) == len(set(names))
