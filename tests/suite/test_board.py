"""Workers wait for each other as long as one is at work, and no longer."""

import os
import threading
from pathlib import Path

import pytest

from kuiper_pack.suite.board import Board
from kuiper_pack.suite.catalogue import find
from kuiper_pack.suite.verdict import Result, Verdict
from tests.suite.judging import clauses

CLAUSE = next(iter(clauses()))
JUDGED = {CLAUSE.id: CLAUSE}

posix = pytest.mark.skipif(os.name != "posix", reason="other systems have no locks")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kuiper_pack.suite.board._PATIENCE", 0.05)


@posix
def test_a_verdict_is_awaited_while_the_worker_that_gives_it_is_at_work(tmp_path: Path) -> None:
    one, other = (Board(tmp_path, name, 2, JUDGED) for name in ("gw0", "gw1"))
    later = threading.Timer(0.5, other.tell, [Result(CLAUSE, Verdict.PASSED)])
    later.start()
    found = one.result(CLAUSE.id)
    later.join()
    assert found is not None
    assert found.verdict is Verdict.PASSED
    one.done()
    other.done()


def test_nobody_waits_for_a_worker_that_is_gone(tmp_path: Path) -> None:
    one, other = (Board(tmp_path, name, 2, JUDGED) for name in ("gw0", "gw1"))
    other._stream.close()  # as its end would do
    assert one.result(CLAUSE.id) is None
    one.done()


def test_who_is_done_says_so_once(tmp_path: Path) -> None:
    one, other = (Board(tmp_path, name, 2, JUDGED) for name in ("gw0", "gw1"))
    other.done()
    other.done()
    one.await_the_others()
    one.done()
    assert (tmp_path / "gw1.jsonl").read_text(encoding="utf-8") == '{"done": true}\n'


def test_a_worker_waits_for_verdicts_and_for_the_end_of_the_others(tmp_path: Path) -> None:
    one, other = find("native.list.array"), find("native.list.types")
    judged = {one.id: one, other.id: other}
    mine, theirs = (Board(tmp_path, name, 2, judged) for name in ("gw0", "gw1"))
    theirs.tell(Result(one, Verdict.BLOCKED, reason="why", blocked_by=other.id))
    assert mine.result(one.id) == Result(one, Verdict.BLOCKED, reason="why", blocked_by=other.id)
    assert mine.result("native.create.accepted") is None
    theirs.done()
    mine.await_the_others()
    assert mine.result(other.id) is None
    mine.done()
