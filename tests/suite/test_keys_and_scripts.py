"""Clauses that want something of the user: a token, and the word that scripts may run."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kuiper_pack.server import Options
from kuiper_pack.suite.clause import SCRIPTS, TOKENS, Clause
from kuiper_pack.suite.exchange import Exchange
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import clauses, ids, judge
from tests.suite.keys import Signer
from tests.suite.socketless import Socketless

CREATES = "native.create.accepted"


def of_scripts(clause: Clause) -> bool:
    return clause.id.startswith("scripts.") or clause.id == CREATES


def of_tokens(clause: Clause) -> bool:
    return TOKENS in clause.needs


def tried(run: Run) -> set[str]:
    concerned = ids(run, Verdict.PASSED, Verdict.FAILED, Verdict.BLOCKED, Verdict.KNOWN_DEFECT)
    return concerned - {CREATES}


@pytest.mark.parametrize("release", ["2.4.0", "1.14.7", "1.10.2", "1.4.4", "0.9.1"])
def test_sound_servers_run_the_scripts_of_packages_where_that_is_allowed(release: str) -> None:
    options = Options(allow_install_scripts=True)
    with Socketless(release, options=options) as server:
        run = judge(server, wanted=of_scripts, delivery="file")
    assert ids(run, Verdict.FAILED, Verdict.BLOCKED) == set()
    assert {"scripts.accepted", "scripts.failing", "scripts.beside"} <= tried(run)


def test_no_script_runs_that_is_not_allowed() -> None:
    with Socketless(options=Options(allow_install_scripts=True)) as server:
        run = judge(server, wanted=of_scripts, delivery="file", allow=frozenset())
    assert tried(run) == set()
    wanted = {clause.id for clause in clauses() if SCRIPTS in clause.allow and of_scripts(clause)}
    assert ids(run, Verdict.EXCLUDED) == wanted


@pytest.mark.parametrize("release", ["2.4.0", "1.4.4"])
def test_a_server_that_wants_tokens_is_judged_with_one(release: str, tmp_path: Path) -> None:
    signer = Signer(tmp_path)
    token, expired = signer.token(), signer.token(exp=1)
    with Socketless(release, options=Options(public_keys=tmp_path)) as server:
        run = judge(server, wanted=of_tokens, delivery="file", token=token, expired_token=expired)
    assert ids(run, Verdict.PASSED) == {one.id for one in clauses() if of_tokens(one)}
    kept = [one for result in run.results.values() for one in result.exchanges]
    assert token.rpartition(".")[2] not in str(kept)
    answers = [one.answer for one in kept if isinstance(one, Exchange)]
    assert expired.rpartition(".")[2] not in str(answers)


@pytest.mark.parametrize(
    ("claims", "verdict", "words"),
    [
        (lambda: {"exp": time.time() + 3600}, Verdict.NOT_APPLICABLE, "has not, by the clock of"),
        (lambda: {"exp": time.time() - 10}, Verdict.NOT_APPLICABLE, "has not, by the clock of"),
        (dict, Verdict.NOT_APPLICABLE, "does not say when: it needs a number as exp"),
        (None, Verdict.EXCLUDED, "not tried: give --kuiper-expired-token"),
    ],
)
def test_a_token_that_has_not_expired_blames_nobody(
    claims: Callable[[], dict[str, float]] | None, verdict: Verdict, words: str, tmp_path: Path
) -> None:
    signer = Signer(tmp_path)
    with Socketless(options=Options(public_keys=tmp_path)) as server:
        expired = None if claims is None else signer.token(**claims())
        run = judge(
            server, wanted=of_tokens, delivery="file", token=signer.token(), expired_token=expired
        )
    result = run.results["security.tokens.expired"]
    assert result.verdict is verdict
    assert words in result.reason


def test_tokens_that_nobody_wants_are_not_missed() -> None:
    with Socketless() as server:
        run = judge(server, wanted=of_tokens, delivery="file", token="a.b.c")
    assert tried(run) == set()
    assert "without one answered 200" in run.discovery.lacks[TOKENS]
