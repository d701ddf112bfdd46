"""A server is told which release of eKuiper it behaves most like, and what it does otherwise."""

import json
from functools import partial

import pytest

from kuiper_pack.profiles import NEWEST, Release
from kuiper_pack.server import Reply
from kuiper_pack.suite.catalogue import find
from kuiper_pack.suite.coverage import evidence
from kuiper_pack.suite.likeness import FAILS, HOLDS, by_release, likeness, outcome_of
from kuiper_pack.suite.summary import summary
from kuiper_pack.suite.verdict import Result, Verdict
from tests.suite.judging import clauses, judge
from tests.suite.mutants import Call, mutant
from tests.suite.outcomes import PATH, folded, is_told, outcomes, releases
from tests.suite.socketless import Socketless

RENEWED = "python -m tests.suite.outcomes writes it anew"
EACH = [
    pytest.param(one, marks=() if one.text in ("1.10.0", "2.4.0") else pytest.mark.proof)
    for one in releases()
]


@pytest.mark.parametrize("release", EACH, ids=str)
def test_the_table_has_what_the_reference_server_does(release: Release) -> None:
    assert by_release()[release] == outcomes(release), RENEWED


def test_the_table_says_nothing_that_real_servers_do_otherwise() -> None:
    table = by_release()
    assert not [
        (name, release)
        for name, row in evidence().items()
        for release, seen in row.items()
        if table[release].get(name, seen) != seen
    ]


def test_the_table_has_a_line_for_each_clause_that_a_release_was_asked() -> None:
    table = json.loads(PATH.read_text())
    assert table.keys() <= {clause.id for clause in clauses()}, RENEWED
    unknown = {one.id for one in clauses() if is_told(one)} - table.keys()
    assert not {name for name in unknown if not find(name).needs}, RENEWED


@mutant("delete", "native.drop.accepted")
def drops_are_only_taken_in(call: Call) -> Reply:
    return call.sound()._replace(status=202)


def test_the_nearest_release_is_named_with_what_differs() -> None:
    with Socketless("1.10.2", make=drops_are_only_taken_in.make) as server:
        run = judge(server, wanted=lambda one: one.id.startswith("native.") and is_told(one))
    found = likeness(run.results.values())
    assert found is not None
    assert (found.release.major, found.release.minor) == (1, 10)
    assert found.alike + len(found.differences) == found.compared
    said = list(summary(run.outcome))
    assert any(line.startswith("behaves most like eKuiper 1.10.") for line in said)


def as_seen(name: str, said: str) -> Result:
    if said in (HOLDS, FAILS):
        return Result(find(name), Verdict.PASSED if said == HOLDS else Verdict.FAILED)
    return Result(find(name), Verdict.CHOICE, said)


@pytest.mark.parametrize("release", by_release(), ids=str)
def test_a_release_is_like_itself_and_not_like_one_that_has_less(release: Release) -> None:
    row = by_release()[release]
    found = likeness(as_seen(name, said) for name, said in row.items())
    assert found is not None
    assert row.items() <= by_release()[found.release].items()
    assert (found.alike, found.differences) == (len(row), ())


def test_of_equals_it_is_the_release_that_the_server_says_it_is() -> None:
    told = Release.parse("1.4.4")
    seen = [
        Result(find(name), Verdict.PASSED if outcome == HOLDS else Verdict.FAILED)
        for name, outcome in by_release()[told].items()
        if outcome in (HOLDS, FAILS)
    ]
    nearest, of_told = likeness(seen), likeness(seen, told)
    assert nearest is not None
    assert of_told is not None
    assert (nearest.differences, of_told.differences) == ((), ())
    assert nearest.release > of_told.release == told


def test_of_little_nothing_is_said() -> None:
    assert likeness([Result(find("native.list.array"), Verdict.PASSED)]) is None


def test_a_table_is_folded_to_what_changes() -> None:
    first, second = Release.parse("1.0.0"), Release.parse("2.0.0")
    name = "native.list.array"
    assert folded({second: {name: HOLDS}, first: {name: HOLDS}}) == {name: [["1.0.0", HOLDS]]}
    assert folded({first: {name: HOLDS}, second: {}}) == {name: [["1.0.0", HOLDS], ["2.0.0", ""]]}


def test_what_was_not_seen_has_no_outcome() -> None:
    result = partial(Result, find("native.list.dropped"))
    assert outcome_of(result(Verdict.BLOCKED)) is None
    assert outcome_of(result(Verdict.PASSED, "reference")) == "reference"
    assert outcome_of(result(Verdict.FAILED, "reference")) == "fails"
    assert NEWEST in by_release()
