"""A run that is killed leaves nothing that the cleanup does not find; Ctrl-C tidies up at once.

The proof is in ``tests/proof/test_kills.py``; this is a short sample of it.
"""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from kuiper_pack.server import ReferenceServer
from tests.suite.killing import Relay, Trial

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

REQUESTS = 250
"""No run has fewer requests."""
POINTS = sorted(Random("kills").sample(range(1, REQUESTS), 3))


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    with ReferenceServer() as server, Relay(server.url, server.restart) as relay:
        yield Trial(relay, tmp_path)


@pytest.mark.parametrize("point", POINTS)
def test_after_a_kill_the_cleanup_leaves_nothing(trial: Trial, point: int) -> None:
    assert trial.conformance({point: signal.SIGKILL}) == -signal.SIGKILL
    assert trial.cleanup() == 0
    assert (trial.plugins(), trial.left_here()) == ([], [])


def test_an_interrupted_run_tidies_up_at_once(trial: Trial) -> None:
    assert trial.conformance({POINTS[1]: signal.SIGINT}) == 2
    assert (trial.plugins(), trial.left_here()) == ([], [])


def test_a_run_that_is_interrupted_twice_leaves_its_journal(trial: Trial) -> None:
    code = trial.conformance({POINTS[1]: signal.SIGINT, POINTS[1] + 1: signal.SIGINT})
    assert code != 0
    assert trial.journals
    assert trial.cleanup() == 0
    assert (trial.plugins(), trial.left_here()) == ([], [])
