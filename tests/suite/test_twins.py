"""Servers that are sound in their own way get the verdicts of a sound server."""

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from kuiper_pack.profiles import NEWEST
from kuiper_pack.server.options import Options
from kuiper_pack.suite.clause import CAPABILITIES, MAY, MUST, TOKENS, Clause, with_needs
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict
from tests.server.hosts import no_processes
from tests.suite.judging import Wanted, beside, clauses, judge, named
from tests.suite.socketless import IN_MEMORY, Socketless
from tests.suite.twins import BY_FILE, TWINS, Twin
from tests.suite.web import web

BETTER = {
    "native.concurrent.one-name",
    "native.concurrent.update",
    "portable.concurrent.update",
    "rules.restart.goes-on",
}
"""What the reference server does better than the release that it is."""
OTHERS = 20
"""As many clauses are judged beside those that a twin names; the proof judges all."""


def judged(twin: Twin, wanted: Wanted) -> Run:
    options = Options(strict=twin.strict, allow_install_scripts=True, **twin.options)
    if twin.front is None:
        with Socketless(make=twin.service, options=options) as server:
            told = {"delivery": "file", "watched_for": 0.02, **twin.told}
            return judge(server, wanted=wanted, **told)
    told = dict(twin.told)
    with TemporaryDirectory(dir=IN_MEMORY) as folder, no_processes():
        service = twin.service(NEWEST, Path(folder), options)
        bound = type("Bound", (twin.front,), {"service": service})
        with closing(service), web(bound, twin.front.host) as root:
            url = root + told.pop("path", "")
            return judge(url, wanted=wanted, restart=service.restart, **told)


def sound(clause: Clause, twin: Twin) -> Verdict:
    """The verdict on a clause for a server that breaks only what is lawful to break."""
    lacks = twin.lacks + (BY_FILE if twin.front is None else ())
    ground = with_needs([clause], {one.id: one for one in clauses()})
    strange = any(one.startswith(lacks) for one in ground)
    strange |= TOKENS in clause.needs and "token" not in twin.told
    strange |= not {*twin.without}.isdisjoint(clause.needs)
    if clause.given and clause.concerns(NEWEST):
        return Verdict.EXCLUDED
    if not clause.concerns(NEWEST) or strange:
        return Verdict.NOT_APPLICABLE
    if clause.allow and twin.front is not None:
        return Verdict.EXCLUDED
    fails = named(*twin.fails)
    if (ground - {clause.id}) & fails:
        return Verdict.BLOCKED
    if clause.id in fails:
        return Verdict.FAILED
    if clause.is_known_defect_of(NEWEST) and not twin.strict and clause.id not in BETTER:
        return Verdict.KNOWN_DEFECT
    return Verdict.CHOICE if clause.level is MAY else Verdict.PASSED


def is_sound(twin: Twin, wanted: Wanted) -> Run:
    run = judged(twin, wanted)
    expected = {one.id: sound(one, twin) for one in clauses() if wanted(one)}
    found: dict[str, Any] = {name: result.verdict for name, result in run.results.items()}
    told = {
        name: f"{found[name].value}: {run.results[name].reason}"
        for name in expected
        if expected[name] != found[name]
    }
    assert told == {}
    assert run.residue == []
    return run


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.name)
def test_a_sound_server_passes_whatever_its_habits(twin: Twin) -> None:
    is_sound(twin, beside(named(*twin.fails), twin.name, OTHERS))


def test_twins_break_nothing_that_is_documented() -> None:
    musts = {clause.id for clause in clauses() if clause.level is MUST}
    assert not musts & named(*(name for twin in TWINS for name in twin.fails))


def test_who_lacks_a_capability_is_not_judged_on_what_stands_on_it() -> None:
    by_id = {one.id: one for one in clauses()}
    words = {*CAPABILITIES, TOKENS}
    for one in clauses():
        wanted = {need for name in with_needs([one], by_id) for need in by_id[name].needs} & words
        assert wanted <= {*one.needs}, one.id
