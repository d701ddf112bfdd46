"""The verdict on each clause: whether it is tried at all, and what becomes of it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import cast

from kuiper_pack.client import Unreachable
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.suite.board import Board
from kuiper_pack.suite.causes import cause_of
from kuiper_pack.suite.clause import STOP, Clause, Level
from kuiper_pack.suite.discovery import Discovery
from kuiper_pack.suite.expectations import Expectations
from kuiper_pack.suite.liveness import Liveness
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.pool import CAPABILITY
from kuiper_pack.suite.restart import NotBack
from kuiper_pack.suite.stage import Stage, StagedCheck
from kuiper_pack.suite.subject import DELIVERY, Server
from kuiper_pack.suite.verdict import Blocked, Inapplicable, Result, Unmet, Verdict

RESTART, ALLOW = "--kuiper-restart-command", "--kuiper-allow"
_CAPABILITIES = (CAPABILITY, DELIVERY)
_FAILURES = (Verdict.FAILED, Verdict.KNOWN_DEFECT, Verdict.KNOWN_FAILURE)
_GOOD_GROUND = (Verdict.PASSED, Verdict.UNEXPECTED_PASS)


class Judge:
    """Judges ``server``, of which ``discovery`` was found out; ``results`` are by clause.

    The verdicts of others who judge the same server are on the ``board``.
    """

    def __init__(
        self,
        server: Server,
        liveness: Liveness,
        discovery: Discovery,
        options: Options,
        expected: Expectations,
        board: Board | None = None,
    ) -> None:
        self.results: dict[str, Result] = {}
        self._server = server
        self._liveness = liveness
        self._discovery = discovery
        self._options = options
        self._expected = expected
        self._board = board
        self._stage = Stage(server, self._may_start)

    def announce(self, clause: Clause, check: Callable[[], object]) -> None:
        """Let a clause over a restart share the next one."""
        self._stage.announce(clause, cast(StagedCheck, check))

    def judge(self, clause: Clause, check: Callable[[], object]) -> Result:
        """Let ``check`` run if the clause can be judged at all, and give the verdict.

        Anything that ``check`` raises and that is no verdict is passed on: an error of the suite.
        """
        go = check
        if self._board is not None and clause.ends_the_server:
            self._board.await_the_others()
        if clause.restarts:
            go = partial(self._stage.finish, clause, cast(StagedCheck, check))
        result = self._without_running(clause) or self._run(clause, go)
        self.results[clause.id] = result
        if self._board is not None:
            self._board.tell(result)
        return result

    def judge_all(self, checks: Mapping[Clause, Callable[[], object]]) -> None:
        """Judge many clauses, which are in order; those over a restart share it."""
        for clause, check in checks.items():
            if clause.restarts:
                self.announce(clause, check)
        for clause, check in checks.items():
            self.judge(clause, check)

    def tries(self, clause: Clause) -> bool:
        """Whether the clause concerns the server, and all is given that it takes."""
        return self._discovery.concerns(clause) and not self._not_given(clause)

    def _without_running(self, clause: Clause) -> Result | None:
        """The verdict on a clause that is not to be tried."""
        if reason := self._expected.excluded.get(clause.id):
            return Result(clause, Verdict.EXCLUDED, reason=reason)
        if not self._discovery.concerns(clause):
            judged = self._discovery.identity.judged
            return Result(clause, Verdict.NOT_APPLICABLE, reason=f"does not concern {judged}")
        if missing := self._not_given(clause):
            return Result(clause, Verdict.EXCLUDED, reason=f"not tried: give {missing}")
        if (result := self._without_ground(clause)) is not None:
            return result
        if gone := self._liveness.gone:
            return Result(clause, Verdict.BLOCKED, reason=gone, blocked_by="server")
        return None

    def _without_ground(self, clause: Clause) -> Result | None:
        """The verdict on a clause of which something that it needs does not hold, or apply."""
        for need in clause.needs:
            if why := self._discovery.lacks.get(need):
                return Result(clause, Verdict.NOT_APPLICABLE, reason=f"there are no {need}: {why}")
            other = self._result(need)
            if other is None or other.verdict in _GOOD_GROUND:
                continue
            if other.verdict is Verdict.NOT_APPLICABLE:
                if self._discovery.concerns(other.clause):
                    return Result(clause, other.verdict, reason=other.reason)
                continue  # of other releases
            if other.verdict is Verdict.EXCLUDED:
                return _left_out(clause, need, other.reason)
            if other.blocked_by in _CAPABILITIES:
                continue  # nothing broke, there was no plugin: the clause may need none
            root = other.blocked_by or need
            reason = other.reason if other.blocked_by else f"{need} is {other.verdict.value}"
            return Result(clause, Verdict.BLOCKED, reason=reason, blocked_by=root)
        return None

    def _result(self, clause: str) -> Result | None:
        """The verdict on a clause, whoever gave it; None if there is none."""
        if clause in self.results or self._board is None:
            return self.results.get(clause)
        return self._board.result(clause)

    def _not_given(self, clause: Clause) -> str:
        """The options without which the clause is not tried."""
        options = self._options
        missing = [f"{ALLOW} {word}" for word in clause.allow if word not in options.allow]
        missing += [
            f"--kuiper-{name}"
            for name in clause.given
            if not getattr(options, name.replace("-", "_"))
        ]
        if clause.ends_the_server and self._server.restarter is None:
            missing.insert(0, RESTART)
        return " and ".join(missing)

    def _run(self, clause: Clause, check: Callable[[], object]) -> Result:
        self._server.transport.begin(clause.id)
        try:
            result = self._try(clause, check)
            if self._liveness.is_locked_out(clause.id):
                result = Result(clause, Verdict.BLOCKED, None, self._liveness.gone, "server")
        except Exception:
            self._tidy(clause)
            raise
        self._tidy(clause)
        return result

    def _try(self, clause: Clause, check: Callable[[], object]) -> Result:
        unmet: AssertionError | None = None
        seen: object = None
        try:
            seen = check()
            self._bind(clause, seen)
        except NotBack as error:
            self._liveness.gone = str(error)
            return Result(clause, Verdict.BLOCKED, None, str(error), error.by)
        except Inapplicable as error:
            return Result(clause, Verdict.NOT_APPLICABLE, reason=str(error))
        except Blocked as blocked:
            if reason := self._expected.excluded.get(blocked.by):
                return _left_out(clause, blocked.by, reason)
            return Result(clause, Verdict.BLOCKED, None, str(blocked), blocked.by)
        except AssertionError as error:
            unmet = error
        except Unreachable as error:
            unmet = Unmet("an answer", str(error))
        reading = seen if isinstance(seen, str) else None
        verdict, reason = self._verdict(clause, unmet)
        said = tuple(self._server.transport.exchanges)
        cause = cause_of(clause.id, reason) if verdict in _FAILURES else ""
        return Result(clause, verdict, reading, reason, exchanges=said, cause=cause)

    def _verdict(self, clause: Clause, unmet: AssertionError | None) -> tuple[Verdict, str]:
        known = self._expected.known_failures.get(clause.id)
        if unmet is None:
            if known:
                return Verdict.UNEXPECTED_PASS, f"passes, but is expected to fail: {known}"
            return (Verdict.CHOICE if clause.level is Level.MAY else Verdict.PASSED), ""
        said = str(unmet) or "not as it has to be"
        if clause.level is Level.MAY:
            return Verdict.CHOICE, said
        if known:
            return Verdict.KNOWN_FAILURE, known
        if clause.is_known_defect_of(self._discovery.identity.release):
            return Verdict.KNOWN_DEFECT, said
        return Verdict.FAILED, said

    def _bind(self, clause: Clause, seen: object) -> None:
        if not clause.readings:
            return
        if seen not in clause.readings:
            raise KuiperPackError(f"{clause.id}: returned {seen!r}, which is no reading of it")
        binding = self._options.reading
        if binding in clause.readings and seen != binding:
            raise Unmet(f"the {binding} reading", f"the {seen} reading")

    def _tidy(self, clause: Clause) -> None:
        """Drop what the clause made, where the server lives."""
        if STOP in clause.allow and not self._liveness.gone:
            self._start_if_it_ended()
        self._liveness.check(clause.id)
        self._server.transport.begin(f"{clause.id} tidy")
        if not self._liveness.gone:
            self._server.tidy()
            self._liveness.check(clause.id)

    def _start_if_it_ended(self) -> None:
        try:
            self._liveness.ask()
        except Unreachable:
            try:
                self._server.restart()
            except NotBack as error:
                self._liveness.gone = str(error)

    def _may_start(self, clause: Clause) -> bool:
        """Whether a clause over a restart is to be tried, after others that share the restart."""
        self._liveness.check(self._server.transport.clause)
        return self._without_running(clause) is None


def _left_out(clause: Clause, need: str, reason: str) -> Result:
    """The verdict on a clause that stands on one that is excluded."""
    return Result(clause, Verdict.EXCLUDED, reason=f"needs {need}, which is excluded: {reason}")
