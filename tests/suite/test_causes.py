"""A failure that looks like a bug that eKuiper had says so, and names the releases that had it."""

import re
from functools import partial

import pytest

from kuiper_pack.profiles import Release
from kuiper_pack.suite import screen
from kuiper_pack.suite.causes import CAUSES, Cause, cause_of
from kuiper_pack.suite.clause import Clause, with_needs
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import clauses
from tests.suite.socketless import Socketless

BY_ID = {clause.id: clause for clause in clauses()}
SHOWN = {
    "native.create.answer-to-odd-name": "2.3.1",
    "native.create.bad-name": "2.0.8",
    "native.describe.bad-name": "1.10.2",
    "native.update.refused-changes-nothing": "2.4.0",
    "native.package.parameters-without-script": "0.9.1",
    "metadata.dropped.gone": "1.7.0",
    "security.entries": "1.10.2",
    "security.uploads.names": "2.0.8",
    "security.uploads.markup": "1.10.2",
    "uploads.incomplete": "1.10.2",
}
"""Clauses that a reference server of an old release fails when it is judged as a new one."""


@pytest.mark.parametrize(("name", "release"), SHOWN.items())
def test_a_release_that_had_the_bug_is_told_its_cause(name: str, release: str) -> None:
    def judged_as(server: str) -> Run:
        with Socketless(release) as one, Run(Options(one.url, server=server)) as run:
            run.judge_all(
                {
                    clause: partial(function, run.server)
                    for clause, function in clauses().items()
                    if clause.id in with_needs([BY_ID[name]], BY_ID)
                }
            )
        return run

    run = judged_as("2.4.0")
    result = run.results[name]
    assert result.verdict in (Verdict.FAILED, Verdict.KNOWN_DEFECT), result
    had = [one for one in CAUSES if one.said == result.cause]
    assert any(_has(one, Release.parse(release)) for one in had), result
    assert " ".join(result.cause.split()) in " ".join(screen.failure(run, result).split())


def _has(cause: Cause, release: Release) -> bool:
    return (cause.since is None or release >= Release.parse(cause.since)) and (
        cause.until is None or release < Release.parse(cause.until)
    )


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.bug)
def test_causes_agree_with_the_clauses(cause: Cause) -> None:
    re.compile(cause.seen)
    if cause.since and cause.until:
        assert Release.parse(cause.since) < Release.parse(cause.until)
    for name in cause.clauses:
        defect = BY_ID[name].defect_in
        if defect is not None and defect[1] is not None and cause.until is not None:
            assert Release.parse(cause.until) == defect[1]


def test_every_defect_of_a_release_has_its_cause() -> None:
    known = {name for cause in CAUSES for name in cause.clauses}
    broken: list[Clause] = [one for one in BY_ID.values() if one.defect_in is not None]
    assert {one.id for one in broken} <= known


def test_another_failure_has_no_cause() -> None:
    assert cause_of("native.create.bad-name", "accepted: status 400; got: 500 oops") == ""
    assert cause_of("native.list.array", "got: nothing") == ""
