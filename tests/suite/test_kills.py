"""A run that is killed leaves nothing that the cleanup does not find; Ctrl-C tidies up at once.

The proof is in ``tests/proof/test_kills.py``; this is a short sample of it.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kuiper_pack.client import Client, Unreachable
from kuiper_pack.package.kind import Kind
from kuiper_pack.server import ReferenceServer, Reply, Service
from kuiper_pack.server.messages import Asked
from kuiper_pack.suite.cleanup import cleanup
from kuiper_pack.suite.journal import Journal, Owned, place
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.packages import Plugin
from kuiper_pack.suite.run import Run
from tests.suite.killing import Relay, Trial

if sys.platform == "win32":
    pytest.skip("there is no reference server on Windows", allow_module_level=True)

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

REQUESTS = 250
"""No run has fewer requests."""
POINTS = sorted(Random("kills").sample(range(1, REQUESTS), 2))


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    with ReferenceServer() as server, Relay(server.url, server.restart) as relay:
        # by file: a package that is asked for is there also when the run is not
        yield Trial(relay, tmp_path, ("--delivery=file",))


@linux
@pytest.mark.parametrize("point", POINTS)
def test_after_a_kill_the_cleanup_leaves_nothing(trial: Trial, point: int) -> None:
    assert trial.conformance({point: signal.SIGKILL}) == -signal.SIGKILL
    assert trial.cleanup() == 0
    assert (trial.on_server(), trial.left_here()) == ([], [])


@linux
def test_an_interrupted_run_tidies_up_at_once(trial: Trial) -> None:
    assert trial.conformance({POINTS[1]: signal.SIGINT}) == 130
    assert (trial.on_server(), trial.left_here()) == ([], [])


@linux
def test_a_run_that_may_not_tidy_up_leaves_its_journal(trial: Trial) -> None:
    at = POINTS[1]
    assert trial.conformance({at: signal.SIGINT}, ended_at=at + 1) != 0
    assert trial.journals
    assert trial.cleanup() == 0
    assert (trial.on_server(), trial.left_here()) == ([], [])


class Busy(Service):
    """Installs the plugin ``late`` only when it was looked for, and not found, so many times."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.late = ""
        self.looks = 0
        self._done_looking = threading.Event()

    def create(self, asked: Asked, kind: str) -> Reply:
        if self.late and self.late.encode() in asked.body:
            self._done_looking.wait(60)
        return super().create(asked, kind)

    def describe(self, asked: Asked, kind: str, name: str) -> Reply:
        reply = super().describe(asked, kind, name)
        if name == self.late:
            self.looks -= 1
            if self.looks == 0:
                self._done_looking.set()
        return reply


def test_a_create_that_was_on_its_way_is_awaited_by_the_cleanup(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("kuiper_pack.suite.cleanup.SETTLES", 1.0)
    package = tmp_path / "late.zip"
    package.write_bytes(Plugin(Kind.SINK, "late", b"").package("late.so"))
    with ReferenceServer(make=Busy) as busy, Client(busy.url) as client:
        assert isinstance(busy.service, Busy)
        busy.service.late, busy.service.looks = "late", 1
        journal = Journal(place(busy.url, "killed"), busy.url)
        journal.open()
        journal.own(Owned(Kind.SINK, "late"))
        journal.close(keep=True)
        create = threading.Thread(
            target=client.create, args=(Kind.SINK, "late", package.as_uri()), daemon=True
        )
        create.start()
        done = cleanup(client)
        create.join()
        sinks = busy.service.machine.state.native[Kind.SINK]
    assert done.removed == (Owned(Kind.SINK, "late"),)
    assert done.left == ()
    assert sinks == {"late": "$deleted"}


def test_a_create_that_was_given_up_is_awaited_at_the_end_of_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kuiper_pack.suite.run.SETTLES", 2.0)
    with ReferenceServer(make=Busy) as busy:
        run = Run(Options(busy.url, timeout=0.5, delivery="file"))
        plugin = run.server.take(Kind.SINK)
        assert isinstance(busy.service, Busy)
        busy.service.late, busy.service.looks = plugin.name, 2
        with pytest.raises(Unreachable):
            run.server.create(plugin)
        residue = run.finish()
        sinks = busy.service.machine.state.native[Kind.SINK]
    assert residue == []
    assert sinks[plugin.name] == "$deleted"
