"""Requests that are sent at the same time: by the suite, and by the script on its screen."""

import os
import threading
from pathlib import Path

import pytest

from kuiper_pack.server import Reply, Service
from kuiper_pack.server.messages import Asked
from kuiper_pack.suite.exchange import Exchange
from kuiper_pack.suite.script import script
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import beside, ids, judge
from tests.suite.mutants_concurrency import names_are_looked_up_before_others_have_them
from tests.suite.socketless import Socketless
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


class OneAtATime(Service):
    """Sends away whoever comes while a plugin is created, which takes as long as somebody may."""

    at_work = threading.Lock()
    sent_away = threading.Event()

    def create(self, asked: Asked, kind: str) -> Reply:
        if not self.at_work.acquire(blocking=False):
            self.sent_away.set()
            return Reply(503)
        try:
            self.sent_away.wait(0.2)
            return super().create(asked, kind)
        finally:
            self.at_work.release()


def test_who_is_busy_is_asked_again() -> None:
    with Socketless("2.4.0", make=OneAtATime) as server:
        run = judge(server, wanted=beside(["native.concurrent.names"], "", 0), delivery="file")
    assert OneAtATime.sent_away.is_set()
    assert ids(run, Verdict.FAILED, Verdict.BLOCKED) == set()


def test_exchanges_are_kept_in_their_order_whoever_was_answered_first() -> None:
    _, result = judged(MUTANT, CLAUSE)
    sent = [one for one in result.exchanges if isinstance(one, Exchange) and one.together]
    assert [one.key.split()[1] for one in sent] == [str(at) for at in range(1, len(sent) + 1)]
