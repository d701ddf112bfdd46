"""One restart for many clauses: first what all of them prepare, then what each finds after it."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from kuiper_pack.suite.clause import Clause
from kuiper_pack.suite.exchange import Record
from kuiper_pack.suite.journal import Made
from kuiper_pack.suite.restart import Restarted
from kuiper_pack.suite.subject import Server

StagedCheck = Callable[[], Generator[None, None, object]]


@dataclass(slots=True)
class Half:
    """What a clause has done before the restart, and what it is to go on with."""

    steps: Generator[None, None, object] | None
    said: list[Record]
    mine: list[Made]
    error: Exception | None
    restarted: Restarted | None = None


class Stage:
    """Clauses over a restart of ``server``.

    Those that are announced share the restart; ``may_run`` says whether one is to be tried.
    """

    def __init__(self, server: Server, may_run: Callable[[Clause], bool]) -> None:
        self._server = server
        self._may_run = may_run
        self._waiting: dict[Clause, StagedCheck] = {}
        self._halves: dict[Clause, Half] = {}

    def announce(self, clause: Clause, check: StagedCheck) -> None:
        """Let the clause share the next restart."""
        self._waiting[clause] = check

    def finish(self, clause: Clause, check: StagedCheck) -> object:
        """Do the second half of a clause; what the clause returns, or raises, in either half."""
        if clause not in self._halves:
            self._waiting[clause] = check
            self._restart()
        half = self._halves.pop(clause)
        self._server.transport.begin(clause.id, half.said)
        self._server.mine += half.mine
        if half.error is not None:
            raise half.error
        if half.restarted is not None:
            self._server.tell(half.restarted)
        try:
            next(half.steps)  # type: ignore[arg-type]
        except StopIteration as end:
            return end.value
        raise RuntimeError(f"{clause.id} yields more than once")

    def _restart(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for clause, check in waiting.items():
            if self._may_run(clause):
                self._halves[clause] = self._first_half(clause, check)
        restarted = self._server.restart()
        for half in self._halves.values():
            half.restarted = restarted

    def _first_half(self, clause: Clause, check: StagedCheck) -> Half:
        server, steps, problem = self._server, None, None
        server.transport.begin(clause.id)
        before, server.mine = server.mine, []
        try:
            steps = check()
            next(steps)
        except Exception as error:
            problem = error
        finally:
            mine, server.mine = server.mine, before
        return Half(steps, server.transport.exchanges, mine, problem)
