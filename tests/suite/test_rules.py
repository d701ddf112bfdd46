"""Clauses on rules that use plugins blame no server for what it need not have."""

import os
from pathlib import Path

import pytest

from kuiper_pack.portable import Host
from kuiper_pack.server import Reply
from kuiper_pack.suite.clause import Clause, with_needs
from kuiper_pack.suite.packages import Portable
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import clauses, ids, judge
from tests.suite.mutants import Breaks, Call, Mutant
from tests.suite.mutants_rules_native import users
from tests.suite.socketless import Socketless

OURS = {clause for clause in clauses() if clause.id.startswith("rules.")}
ON_RULES = with_needs(OURS, {clause.id: clause for clause in clauses()})


def on_rules(clause: Clause) -> bool:
    return clause.id in ON_RULES


def otherwise(breaks: Breaks) -> Socketless:
    """A sound server that tells how rules fare otherwise."""
    return Socketless("2.4.0", make=Mutant(breaks, "tell_rule", frozenset()).make)


@pytest.mark.skipif(os.name != "posix", reason="servers run portables on POSIX only")
def test_the_successor_of_a_portable_plugin_can_be_told_by_its_rows_and_results(
    tmp_path: Path,
) -> None:
    package = tmp_path / "heir.zip"
    package.write_bytes(Portable("heir").successor())
    with Host(package) as plugin:
        with plugin.source("heirCount") as count:
            assert (count.row(5).message or {})["number"] == 1000000
        assert plugin.function("heirEcho").exec([7]).result == 8


def says_only_that_it_runs(call: Call) -> Reply:
    reply = call.sound()
    return call.json({"status": "running"}) if b'"running"' in reply.body else reply


def says_nothing(_: Call) -> Reply:
    return Reply(404)


@pytest.mark.parametrize("breaks", [says_only_that_it_runs, says_nothing])
def test_a_server_whose_rules_count_no_rows_is_not_judged_by_them(breaks: Breaks) -> None:
    with otherwise(breaks) as server:
        run = judge(server, wanted=on_rules, delivery="file")
    assert ids(run, Verdict.FAILED, Verdict.BLOCKED) == set()
    assert "rules.portable.source" in ids(run, Verdict.NOT_APPLICABLE)
    assert "rules.drop.rule-stays" in ids(run, Verdict.NOT_APPLICABLE)


def test_plugins_that_no_rule_can_run_with_are_no_failure_of_the_server() -> None:
    def cannot_load(call: Call) -> Reply:
        names = [name for versions in call.known.values() for name in versions]
        if call.name in {rule.definition.id for rule in users(call, *names)}:
            return call.json({"status": "stopped by error"})
        return call.sound()

    with otherwise(cannot_load) as server:
        run = judge(server, wanted=on_rules, delivery="file", watched_for=0.02)
    assert ids(run, Verdict.FAILED) == set()
    natives = {"rules.native.drop", "rules.native.drop-function", "rules.native.update"}
    assert ids(run, Verdict.BLOCKED) == natives
    assert {run.results[name].blocked_by for name in natives} == {"native-plugins"}


def test_what_was_asked_again_and_again_is_one_exchange_of_the_report() -> None:
    def never_runs(call: Call) -> Reply:
        return call.json({"status": "stopped"})

    with otherwise(never_runs) as server:
        run = judge(server, wanted=on_rules, delivery="file", watched_for=0.1)
    result = run.results["rules.portable.source"]
    assert result.verdict is Verdict.FAILED
    *_, rule, waited, status = [one.as_json() for one in result.exchanges]
    assert rule["method"] == "POST"
    assert waited["event"] == "wait"
    assert "asked" in waited["text"]
    assert status["path"].endswith("/status")
    numbers = [int(one["key"].split()[1]) for one in (rule, status)]
    assert numbers[1] == numbers[0] + 1  # however often it was asked


@pytest.mark.parametrize("release", ["2.4.0", "1.14.7"])
def test_a_server_without_python_is_not_judged_by_rules_that_take_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Socketless(release) as server:
        run = judge(server, wanted=on_rules, delivery="file", watched_for=0.02)
    assert ids(run, Verdict.FAILED, Verdict.KNOWN_DEFECT) == set()
    assert run.results["rules.portable.source"].blocked_by == "python"
