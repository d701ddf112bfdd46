"""Clauses on portable plugins blame no server for what its machine lacks."""

from pathlib import Path

import pytest

from kuiper_pack.suite.clause import Clause
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import ids, judge
from tests.suite.socketless import Socketless


def on_portables(clause: Clause) -> bool:
    return clause.id.startswith("portable.")


def test_a_server_without_python_cannot_be_judged_on_what_takes_a_portable_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Socketless("2.4.0") as server:
        run = judge(server, wanted=on_portables, delivery="file")
    assert ids(run, Verdict.FAILED, Verdict.KNOWN_DEFECT) == set()
    assert {run.results[name].blocked_by for name in ids(run, Verdict.BLOCKED)} == {"python"}
    assert "the server finds no Python" in run.results["portable.create.accepted"].reason
    assert run.residue == []


def test_a_server_that_starts_programs_with_rules_needs_no_python_for_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Socketless("1.14.7") as server:
        run = judge(server, wanted=on_portables, delivery="file")
    assert ids(run, Verdict.FAILED) == set()
    assert ids(run, Verdict.BLOCKED) == {"portable.create.usable", "portable.restart.functions"}
    assert len(ids(run, Verdict.PASSED)) > 30
