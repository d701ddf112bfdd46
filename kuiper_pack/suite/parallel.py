"""``pytest -n``: several workers judge one server, and one process ends the run.

Workers run their clauses in the order of all clauses, so that whoever awaits the verdict on what a
clause needs awaits one that is being given. Those that end the process of the server are all for
the last worker, which begins with them when the others are done.
"""

import pickle
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler.load import LoadScheduling

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.suite import catalogue
from kuiper_pack.suite.board import Board
from kuiper_pack.suite.clause import Clause
from kuiper_pack.suite.conduct import Conduct
from kuiper_pack.suite.ending import Ending
from kuiper_pack.suite.journal import is_at_work, journals
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.outcome import Outcome, merged
from kuiper_pack.suite.run import Run

INPUT, OUTPUT = "kuiper_board", "kuiper_outcome"
_AHEAD = 3
"""Clauses that a worker is given in advance: it starts one when it knows the next."""


class Scheduler(LoadScheduling):  # type: ignore[misc]
    """Gives each worker the next clause, and those that end the server to the last one."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        self.maxschedchunk = 1
        self._ending = {
            (function.__module__.rpartition(".")[2], function.__name__)
            for clause, function in catalogue.clauses().items()
            if clause.ends_the_server
        }

    def schedule(self) -> None:
        """Begin."""
        super().schedule()
        for node in self.nodes:
            self.check_schedule(node)

    def check_schedule(self, node: Any, duration: float = 0) -> None:
        """Give a worker what it has to do next, or let it end."""
        if node.shutting_down:
            return
        self._send_tests(node, _AHEAD - len(self.node2pending[node]))
        if self._open():
            return
        if all(one is node or one.shutting_down for one in self.nodes):
            super()._send_tests(node, len(self.pending))
        node.shutdown()

    def _send_tests(self, node: Any, num: int) -> None:
        super()._send_tests(node, max(0, min(num, self._open())))

    def _open(self) -> int:
        """How many are waiting that any worker may run; they come before the others."""
        return sum(not self._ends_the_server(index) for index in self.pending)

    def _ends_the_server(self, index: int) -> bool:
        path, _, name = (self.collection or [])[index].partition("::")
        return (Path(path).stem, name) in self._ending


class Control:
    """In the process that has the workers: shares the work out, and merges what comes of it."""

    def __init__(self, ending: Ending) -> None:
        self._ending = ending
        self._folder = Path(tempfile.mkdtemp(prefix="kuiper-pack-"))
        self._outcomes: list[Outcome] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Scheduler:
        """Whatever ``--dist`` says."""
        return Scheduler(config, log)

    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where the others are heard."""
        node.workerinput[INPUT] = str(self._folder)

    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker found out."""
        said = getattr(node, "workeroutput", {}).get(OUTPUT, "")
        if isinstance(said, bytes):
            self._outcomes.append(pickle.loads(said))  # noqa: S301 - from a process of our own
        elif said is not None:
            url = self._ending.options.url
            self._ending.trouble.append(
                f"worker {node.gateway.id} told no verdicts: see above; kuiper-pack cleanup {url} "
                "removes what it may have left"
            )

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> Generator[None, None, None]:
        """Merge the outcomes of the workers; say what these leave where they are interrupted.

        When all others have done with the session, the workers are gone: those that took too long
        to tidy up were killed.
        """
        if self._outcomes:
            self._ending.outcome = merged(self._outcomes)
            self._ending.notes = self._ending.outcome.discovery.notes
        yield
        url = self._ending.options.url
        if int(exitstatus) == pytest.ExitCode.INTERRUPTED and any(
            not is_at_work(path) for path in journals(url)
        ):
            self._ending.trouble.append(
                "interrupted before all workers had tidied up: "
                f"kuiper-pack cleanup {url} removes what they left"
            )

    def pytest_unconfigure(self) -> None:
        """Remove the board."""
        shutil.rmtree(self._folder, ignore_errors=True)


class Worker(Conduct):
    """Judges some of the clauses, and hands the outcome over."""

    def __init__(self, options: Options, config: Any) -> None:
        super().__init__(options)
        self._input, self._output = config.workerinput, config.workeroutput
        self._board: Board | None = None

    def begin(self, clauses: list[Clause]) -> Run:
        """Start a run that hears of the others, too."""
        given = self._input
        judged = {clause.id: clause for clause in clauses}
        self._board = Board(Path(given[INPUT]), given["workerid"], given["workercount"], judged)
        return Run(self.options, board=self._board)

    def fail(self, session: pytest.Session, error: KuiperPackError) -> None:
        """Let the whole session end."""
        session.shouldfail = str(error)
        self._end(None)

    def hand_over(self, outcome: Outcome) -> None:
        """Send it to the process that has the workers."""
        self._end(pickle.dumps(outcome))

    def _end(self, said: bytes | None) -> None:
        if self._board is not None:
            self._board.done()
        self._output[OUTPUT] = said

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Tidy up; one that judged nothing has nothing to tell."""
        if self.run is None:
            self._output.setdefault(OUTPUT, None)
        super().pytest_sessionfinish()
