"""The suite finds what is broken, all of it and nothing else."""

import os
import subprocess
from pathlib import Path

import pytest

from kuiper_pack.server import ReferenceServer
from kuiper_pack.suite import screen
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import clauses, ids, judge
from tests.suite.mutants import MUTANTS, KeepsTheV, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.service.__name__)
def test_exactly_the_broken_clauses_fail(mutant: Mutant) -> None:
    with ReferenceServer(mutant.release, make=mutant.service) as server:
        run = judge(server.url)
    failed = ids(run, Verdict.FAILED) | (ids(run, Verdict.KNOWN_DEFECT) & mutant.fails)
    assert failed == mutant.fails
    for name in ids(run, Verdict.BLOCKED):
        assert run.results[name].blocked_by in mutant.fails


def test_mutants_name_clauses_that_exist() -> None:
    known = {clause.id for clause in clauses()}
    assert {name for mutant in MUTANTS for name in mutant.fails} <= known


@pytest.mark.skipif(os.name != "posix", reason="the script is for /bin/sh")
def test_the_script_of_a_failure_shows_the_defect_on_a_clean_server(tmp_path: Path) -> None:
    with ReferenceServer("2.4.0", make=KeepsTheV) as server:
        run = judge(server.url)
    result = run.results["native.describe.version-without-v"]
    with ReferenceServer("2.4.0", make=KeepsTheV) as clean:
        shown = subprocess.run(
            ["/bin/sh", "-c", screen.script(run, result)],
            env={**os.environ, "URL": clean.url},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert '"version":"v3.2.1"' in shown.stdout
