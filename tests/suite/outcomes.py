"""What each release does where clauses look: ``python -m tests.suite.outcomes`` writes it down.

The table is ``kuiper_pack/suite/likeness.json``. The reference server of each release is judged by
every clause that concerns it.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest import mock

from kuiper_pack.profiles import STABLE, Release, profile
from kuiper_pack.server import ReferenceServer
from kuiper_pack.suite import likeness
from kuiper_pack.suite.clause import Clause
from kuiper_pack.suite.likeness import outcome_of
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.places import CACHE, STATE
from kuiper_pack.suite.run import Run
from tests.suite.judging import clauses
from tests.suite.socketless import Socketless

PATH = Path(likeness.__file__).with_suffix(".json")
_FIRST = Release.parse("0.3.0")
_FILES = Release.parse("0.9.1")
"""Since then a server takes packages that are files."""
_LEFT_OUT = (
    "native.concurrent.",
    "portable.concurrent.",
    "native.package.drawn-",
    "native.package.predicted",
    "native.model",
    "portable.model",
)
"""What rests on the order of events, or on what is drawn."""
_SETTINGS = ("http.double-slash", "native.create.garbage", "security.private-network")
"""What rests on redirects that are followed, or on how a server is set up: here it is otherwise."""
_RUNNING = ("portable.status.", "rules.")
"""What rests on processes, which no server has here."""

Outcomes = dict[str, str]
Table = dict[str, list[list[str]]]


def releases() -> list[Release]:
    """The first of those stable releases that have the same facts."""
    found: list[Release] = []
    for one in STABLE:
        if one >= _FIRST and (not found or profile(one) != profile(found[-1])):
            found.append(one)
    return found


def is_told(clause: Clause) -> bool:
    """Whether the table has the clause."""
    left_out = (*_LEFT_OUT, *_SETTINGS, *_RUNNING)
    return not (clause.restarts or clause.allow or clause.given or clause.id.startswith(left_out))


def outcomes(release: Release) -> Outcomes:
    """What the reference server of a release does, by clause."""
    kind = Socketless if release >= _FILES else ReferenceServer
    with (
        kind(release.text) as server,
        Run(Options(server.url, seed="outcomes")) as run,
    ):
        run.judge_all(
            {
                clause: partial(function, run.server)
                for clause, function in clauses().items()
                if is_told(clause)
            }
        )
    found = {name: outcome_of(result) for name, result in run.results.items()}
    return {name: said for name, said in found.items() if said is not None}


def folded(seen: dict[Release, Outcomes]) -> Table:
    """Of each clause the outcomes that are not as in the release before, each with its release."""
    table: Table = {}
    for release, found in sorted(seen.items()):
        for name in sorted(clause.id for clause in clauses() if is_told(clause)):
            changes = table.setdefault(name, [])
            said = found.get(name, "")
            if said != (changes[-1][1] if changes else ""):
                changes.append([release.text, said])
    return {name: changes for name, changes in sorted(table.items()) if changes}


def write(table: Table) -> None:
    """Write the table, a line for each clause."""
    lines = [f"  {json.dumps(name)}: {json.dumps(changes)}" for name, changes in table.items()]
    PATH.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


@contextmanager
def _places() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        named = {STATE: f"{folder}/state", CACHE: f"{folder}/cache"}
        with mock.patch.dict(os.environ, named):
            yield


if __name__ == "__main__":
    with _places():
        write(folded({release: outcomes(release) for release in releases()}))
