"""A run that is killed anywhere leaves nothing that the cleanup does not find."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from random import Random

import pytest

from kuiper_pack.server import ReferenceServer
from tests.proof.ledger import KEPT, Ledger, Row, this_commit, write_table
from tests.proof.real_servers import Build, RealServer, builds
from tests.suite.killing import Relay, Trial

if sys.platform == "win32":
    pytest.skip("there is no reference server on Windows", allow_module_level=True)

SEED = "2026"
KILLS, INTERRUPTS = 20, 6
_COLUMNS = ("server", "requests of a run", "killed at", "interrupted at", "left")
_TEXT = """
A run of `kuiper-pack conformance` is killed, or interrupted as by Ctrl-C, when one of its requests
has arrived and the server has not begun with it; the server goes on. The numbers are those of the
requests, drawn over the whole run, restarts included. Then `kuiper-pack cleanup` is called, and
looked for: plugins that were not there before, apart from those that only wait for the restart,
uploaded files, journals, temporary files, and processes. A run that was interrupted has to have
tidied up itself, or to have left its journal.
"""


@contextmanager
def reference(delivery: str, folder: Path) -> Iterator[Trial]:
    with ReferenceServer() as server, Relay(server.url, server.restart) as relay:
        yield Trial(relay, folder, (f"--delivery={delivery}",))


@contextmanager
def real(build: Build, folder: Path) -> Iterator[Trial]:
    options = ["--delivery=file"]  # so that a package is there also when the run is not
    options += [f"--native={build.ready}"] if build.ready else []
    with (
        RealServer(build) as server,
        Relay(f"http://127.0.0.1:{server.port}", server.restart) as relay,
    ):
        yield Trial(relay, folder, tuple(options))


SERVERS: dict[str, Callable[[Path], AbstractContextManager[Trial]]] = {
    "reference server, by http": partial(reference, "http"),
    "reference server, by file": partial(reference, "file"),
    **{f"{build.release}, by file": partial(real, build) for build in builds()},
}


@pytest.mark.proof
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("name", SERVERS)
def test_after_a_kill_anywhere_the_cleanup_leaves_nothing(name: str, tmp_path: Path) -> None:
    ledger = Ledger.of_this_commit("kills")
    whole = ledger.once(f"{name}, whole", partial(_whole, name, tmp_path / "whole"))
    points = Random(SEED).sample(range(1, int(whole["requests"])), KILLS + INTERRUPTS)
    signals = [signal.SIGKILL] * KILLS + [signal.SIGINT] * INTERRUPTS
    rows = {
        key: ledger.once(key, partial(_ended, name, tmp_path / str(point), point, number))
        for point, number in zip(points, signals, strict=True)
        for key in [f"{name}, {number.name} at {point}"]
    }
    _write_table()
    assert {key: row["left"] for key, row in rows.items() if row["left"]} == {}


def _whole(name: str, folder: Path) -> Row:
    """A run that nobody ends, for the number of its requests."""
    with SERVERS[name](folder) as trial:
        assert trial.conformance() == 0
        return {"requests": trial.relay.count}


def _ended(name: str, folder: Path, point: int, number: signal.Signals) -> Row:
    with SERVERS[name](folder) as trial:
        before = trial.plugins(), trial.uploads()
        trial.conformance({point: number})
        left = ""
        if number is signal.SIGINT and not trial.journals:
            left = _left(trial, before)
        code = trial.cleanup()
        left = left or _left(trial, before)
        if code != 0:
            left = f"the cleanup ended with {code}; {left}"
    return {"server": name, "signal": number.name, "point": point, "left": left}


def _left(trial: Trial, before: tuple[list[str], list[str]]) -> str:
    new = [
        {*now} - {*then}
        for now, then in zip((trial.plugins(), trial.uploads()), before, strict=True)
    ]
    return ", ".join(sorted({*trial.left_here()}.union(*new)))


def _write_table() -> None:
    kept = Ledger(KEPT / f"kills@{this_commit()}.jsonl").rows
    rows: list[Row] = []
    for name in SERVERS:
        mine = [row for row in kept.values() if row.get("server") == name]
        if not mine:
            continue
        points = {
            number: ", ".join(
                map(str, sorted(int(row["point"]) for row in mine if row["signal"] == number))
            )
            for number in ("SIGKILL", "SIGINT")
        }
        rows.append(
            {
                "server": name,
                "requests of a run": kept[f"{name}, whole"]["requests"],
                "killed at": points["SIGKILL"],
                "interrupted at": points["SIGINT"],
                "left": "; ".join(str(row["left"]) for row in mine if row["left"]) or "nothing",
            }
        )
    write_table("kills", "Runs that are killed", _TEXT, _COLUMNS, rows)
