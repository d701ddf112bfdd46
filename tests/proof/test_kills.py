"""A run that is killed anywhere leaves nothing that the cleanup does not find."""

import json
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from random import Random

import pytest

from kuiper_pack.profiles import NEWEST
from kuiper_pack.server import Options, ReferenceServer
from tests.proof.ledger import KEPT, Ledger, Row, this_commit, write_table
from tests.proof.real_servers import Build, RealServer, builds
from tests.suite.judging import clauses
from tests.suite.killing import Relay, Trial

if sys.platform == "win32":
    pytest.skip("there is no reference server on Windows", allow_module_level=True)

SEED = "2026"
KILLS, MANY, INTERRUPTS = 10, 100, 4
"""MANY of those that are killed OFTEN."""
SECTIONS = {
    clause.id: function.__module__.rpartition(".")[2] for clause, function in clauses().items()
}
_COLUMNS = ("server", "requests of a run", "killed", "interrupted", "sections", "left")
_TEXT = """
A run of `kuiper-pack conformance` over one section of the clauses is killed, or interrupted as by
Ctrl-C, when one of its requests has arrived and the server has not begun with it; the server goes
on. The requests are drawn over those of all clauses, restarts and scripts included. Then
`kuiper-pack cleanup` is called, and looked for: plugins that were not there before, apart from
native ones that only wait for the restart, uploaded files, streams, rules, configurations,
journals, temporary files, and processes. A run that was interrupted has to have tidied up itself,
or to have left its journal.
"""
_SCRIPTS = "--allow=scripts"


@contextmanager
def reference(delivery: str, folder: Path) -> Iterator[Trial]:
    options = Options(allow_install_scripts=True)
    with ReferenceServer(options=options) as server, Relay(server.url, server.restart) as relay:
        yield Trial(relay, folder, (f"--delivery={delivery}", _SCRIPTS))


@contextmanager
def real(build: Build, folder: Path) -> Iterator[Trial]:
    # by file: a package is there also when the run is not
    options = ("--delivery=file", _SCRIPTS, f"--native={build.native}")
    with (
        RealServer(build) as server,
        Relay(f"http://127.0.0.1:{server.port}", server.restart) as relay,
    ):
        yield Trial(relay, folder, options)


SERVERS: dict[str, Callable[[Path], AbstractContextManager[Trial]]] = {
    "reference server, by http": partial(reference, "http"),
    "reference server, by file": partial(reference, "file"),
    **{f"{build.release}, by file": partial(real, build) for build in builds()},
}
OFTEN = ("reference server, by file", f"{NEWEST}, by file")


@pytest.mark.proof
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("name", SERVERS)
def test_after_a_kill_anywhere_the_cleanup_leaves_nothing(name: str, tmp_path: Path) -> None:
    ledger = Ledger.of_this_commit("kills")
    whole = ledger.once(f"{name}, whole", partial(_whole, name, tmp_path / "whole"))
    requests = [
        (section, number)
        for section in sorted({*SECTIONS.values()})
        for number in range(1, int(whole[section]) + 1)
    ]
    kills = MANY if name in OFTEN else KILLS
    points = Random(SEED).sample(requests, kills + INTERRUPTS)
    signals = [signal.SIGKILL] * kills + [signal.SIGINT] * INTERRUPTS
    rows = {
        key: ledger.once(key, partial(_ended, name, folder, section, point, number))
        for (section, point), number in zip(points, signals, strict=True)
        for folder in [tmp_path / f"{section}-{point}"]
        for key in [f"{name}, {number.name} at {point} of {section}"]
    }
    _write_table()
    assert {key: row["left"] for key, row in rows.items() if row["left"]} == {}


def _whole(name: str, folder: Path) -> Row:
    """A run that nobody ends, for the number of its requests, and of those of each section."""
    report = folder / "report.json"
    with SERVERS[name](folder) as trial:
        assert trial.conformance(None, f"--report={report}") == 0
        number = trial.relay.count
    counts = dict.fromkeys(SECTIONS.values(), 0)
    for one in json.loads(report.read_text(encoding="utf-8"))["clauses"]:
        counts[SECTIONS[one["id"]]] += len(one["exchanges"])
    return {"server": name, "requests": number, **counts}


def _ended(name: str, folder: Path, section: str, point: int, number: signal.Signals) -> Row:
    with SERVERS[name](folder) as trial:
        before = trial.on_server()
        code = trial.conformance({point: number}, "--", "-k", section)
        left = "" if code else f"it ended before request {point}"
        if number is signal.SIGINT and not trial.journals:
            left = _left(trial, before)
        if (code := trial.cleanup()) != 0:
            left = f"the cleanup ended with {code}; {left}"
        left = left or _left(trial, before)
    return {"server": name, "signal": number.name, "section": section, "left": left}


def _left(trial: Trial, before: list[str]) -> str:
    return ", ".join(sorted({*trial.left_here(), *trial.on_server()} - {*before}))


def _write_table() -> None:
    kept = Ledger(KEPT / f"kills@{this_commit()}.jsonl").rows
    rows: list[Row] = []
    for name in SERVERS:
        mine = [row for row in kept.values() if row["server"] == name]
        ended = [row for row in mine if "signal" in row]
        if not ended:
            continue
        signals = Counter(row["signal"] for row in ended)
        rows.append(
            {
                "server": name,
                "requests of a run": kept[f"{name}, whole"]["requests"],
                "killed": signals["SIGKILL"],
                "interrupted": signals["SIGINT"],
                "sections": len({row["section"] for row in ended}),
                "left": "; ".join(str(row["left"]) for row in ended if row["left"]) or "nothing",
            }
        )
    write_table("kills", "Runs that are killed", _TEXT, _COLUMNS, rows)
