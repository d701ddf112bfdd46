"""Requests that are sent at the same time: by the suite, and by the script on its screen."""

import os
from pathlib import Path

import pytest

from kuiper_pack.suite.exchange import Exchange
from kuiper_pack.suite.script import script
from kuiper_pack.suite.verdict import Verdict
from tests.suite.mutants_concurrency import names_are_looked_up_before_others_have_them
from tests.suite.test_scripts import judged, ran, serving

MUTANT = names_are_looked_up_before_others_have_them
CLAUSE = "native.concurrent.one-name"
CREATED = "HTTP/1.1 201"


@pytest.mark.skipif(os.name != "posix", reason="scripts are for /bin/sh")
def test_the_script_sends_at_the_same_time_what_the_clause_did(tmp_path: Path) -> None:
    run, result = judged(MUTANT, CLAUSE)
    assert result.verdict is Verdict.FAILED
    text = script(run, result)
    with serving(MUTANT, make=MUTANT.make) as server:
        assert ran(text, server, tmp_path).count(CREATED) > 1
    with serving(MUTANT) as server:
        assert ran(text, server, tmp_path).count(CREATED) == 1


def test_exchanges_are_kept_in_their_order_whoever_was_answered_first() -> None:
    _, result = judged(MUTANT, CLAUSE)
    sent = [one for one in result.exchanges if isinstance(one, Exchange) and one.together]
    assert [one.key.split()[1] for one in sent] == [str(at) for at in range(1, len(sent) + 1)]
