"""Servers that are sound in their own way get the verdicts of a sound server."""

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from kuiper_pack.profiles import NEWEST
from kuiper_pack.server.options import Options
from kuiper_pack.suite.clause import MAY, MUST, TOKENS, Clause
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict
from tests.server.hosts import no_processes
from tests.suite.judging import clauses, judge
from tests.suite.socketless import IN_MEMORY, Socketless
from tests.suite.twins import TWINS, Twin
from tests.suite.web import web


def judged(twin: Twin) -> Run:
    options = Options(
        strict=twin.strict,
        enable_private_net=twin.enable_private_net,
        allow_install_scripts=True,
    )
    if twin.front is None:
        with Socketless(make=twin.service, options=options) as server:
            return judge(server, delivery="file", watched_for=0.02)
    told = dict(twin.told)
    with TemporaryDirectory(dir=IN_MEMORY) as folder, no_processes():
        service = twin.service(NEWEST, Path(folder), options)
        with closing(service), web(type("Bound", (twin.front,), {"service": service})) as url:
            return judge(url + told.pop("path", ""), restart=service.restart, **told)


def sound(clause: Clause, twin: Twin) -> Verdict:
    """The verdict on a clause for a server that breaks only what is lawful to break."""
    strange = clause.id.startswith(twin.lacks)
    strange |= TOKENS in clause.needs and "token" not in twin.told
    if not clause.concerns(NEWEST) or strange:
        return Verdict.NOT_APPLICABLE
    if clause.allow and twin.front is not None:
        return Verdict.EXCLUDED
    if clause.id in twin.fails:
        return Verdict.FAILED
    if clause.id in twin.blocks:
        return Verdict.BLOCKED
    if clause.is_known_defect_of(NEWEST) and not twin.strict:
        return Verdict.KNOWN_DEFECT
    return Verdict.CHOICE if clause.level is MAY else Verdict.PASSED


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.name)
def test_a_sound_server_passes_whatever_its_habits(twin: Twin) -> None:
    run = judged(twin)
    wanted = {clause.id: sound(clause, twin) for clause in clauses()}
    found: dict[str, Any] = {name: result.verdict for name, result in run.results.items()}
    told = {name: run.results[name].reason for name in wanted if wanted[name] != found[name]}
    assert told == {}
    assert found == wanted
    assert run.residue == []


def test_twins_break_nothing_that_is_documented() -> None:
    musts = {clause.id for clause in clauses() if clause.level is MUST}
    assert not musts & {name for twin in TWINS for name in twin.fails | twin.blocks}


def test_nothing_documented_rests_on_what_is_not() -> None:
    levels = {clause.id: clause.level for clause in clauses()}
    for clause in clauses():
        if clause.level is MUST:
            needed = {levels[need] for need in clause.needs if need in levels}
            assert needed <= {MUST}, clause.id
