"""One rule: whether it runs, since when, and what releases say of that."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from kuiper_pack.server.gojson import dumps
from kuiper_pack.server.rules.definition import Definition
from kuiper_pack.server.rules.metrics import Operator
from kuiper_pack.server.rules.planning import Missing, Planned, RuleError
from kuiper_pack.server.rules.running import Running
from kuiper_pack.server.rules.ways import Ways

_RUNNING = "running"
_STOPPED = "stopped"
_BY_ERROR = "stopped by error"
Ended = Callable[[Running, str], None]


class Rule:
    """A rule, running or not; one method at a time, ``status`` and what it reads at any time.

    ``plan`` looks up what the rule uses now, ``run`` makes a run of that.
    """

    def __init__(
        self,
        definition: Definition,
        ways: Ways,
        plan: Callable[[Definition], Planned],
        run: Callable[[str, Planned, Ended], Running],
    ) -> None:
        self.definition = definition
        self.changed = ""
        """``true`` or ``false`` once it was started or stopped by a request."""
        self.turn = threading.Lock()
        """Held by who starts, stops or changes it."""
        self._ways = ways
        self._plan = plan
        self._make = run
        self._run: Running | None = None
        self._operators: tuple[Operator, ...] = ()
        self._edges: dict[str, list[str]] = {}
        self._state = _STOPPED
        self._message = "" if ways.status == "machine" else ways.stopped
        self._started = 0.0
        self._stopped = 0.0
        self._lock = threading.Lock()

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._state == _RUNNING

    @property
    def stream(self) -> str | None:
        """The stream that it reads, while it runs."""
        run = self._run
        return run.stream if run is not None else None

    def start(self, planned: Planned | None = None, *, wait: bool = True) -> None:
        """Run, if it does not yet; raises RuleError where what it uses is not there.

        Before 2.0 a source or a sink that is not there is found out by the run: that is no error.
        """
        if self.is_running:
            return
        try:
            planned = planned or self._plan(self.definition)
        except Missing as error:
            self._transit(_BY_ERROR, self._of_run(str(error)))
            if error.refuses(self._ways):
                raise
            return
        except RuleError as error:
            self.fail(str(error) if self._ways.status == "machine" else self._ways.stopped)
            raise
        run = self._make(self.definition.id, planned, self._end)
        with self._lock:
            self._run = run
            self._operators = tuple(run.operators())
            self._edges = run.edges()
            self._state, self._message, self._started = _RUNNING, "", time.time()
        run.start(wait=wait)

    def start_by_request(self) -> None:
        """As ``start``; in 2.x a request that is refused leaves the status as it was."""
        if not self.is_running:
            self.start(self._plan(self.definition) if self._ways.status == "machine" else None)

    def stop(self) -> bool:
        """Run no longer; whether it did."""
        with self._lock:
            run, self._run = self._run, None
        if run is not None:
            run.stop()
        if self.is_running or (self._ways.stops_failed and self._state == _BY_ERROR):
            self._transit(_STOPPED, self._ways.stopped)
            return True
        return False

    def ask_to_stop(self) -> None:
        """Let a run end soon, and do not wait for it."""
        run = self._run
        if run is not None:
            run.ask_to_stop()

    def restart(self) -> None:
        """Stop and start; raises RuleError."""
        planned = None
        if self._ways.checks_before_stopping:
            try:
                planned = self._plan(self.definition)
            except Missing as error:
                if error.refuses(self._ways):
                    raise
        self.stop()
        self.start(planned)

    def fail(self, message: str) -> None:
        """It does not even begin to run, and that is why."""
        self._transit(_BY_ERROR if self._ways.status == "machine" else _STOPPED, message)

    def word(self) -> str:
        """Its state in a list."""
        if self._ways.status == "machine":
            return self._state
        return "Running" if self.is_running else self._message

    def status(self) -> tuple[bytes, bool]:
        """The body that tells its status, and whether that is JSON."""
        with self._lock:
            running, state, message = self.is_running, self._state, self._message
            operators = self._operators
            times = _milliseconds(self._started), _milliseconds(self._stopped)
        way = self._ways.status
        about: dict[str, Any]
        if way == "machine":
            about = {"status": state, "message": message} | dict(
                zip(("lastStartTimestamp", "lastStopTimestamp"), times, strict=True)
            )
            return _indented(about | {"nextStartTimestamp": 0} | self._told(operators)), True
        if not running:
            if way == "text":
                return message.encode("utf-8", "surrogateescape"), False
            if self._ways.sorts_status:
                return dumps({"message": message, "status": _STOPPED}), True
            return f'{{"status": "{_STOPPED}", "message": "{message}"}}'.encode(), True
        about = {} if way == "text" else {"status": _RUNNING}
        if way == "stamped":
            about["lastStartTimestamp"], about["lastStopTimestamp"] = map(str, times)
            about["nextStopTimestamp"] = "0"
        return _indented(about | self._told(operators)), way != "text"

    def members(self) -> dict[str, Any]:
        """The status of a 2.x server as members."""
        document: dict[str, Any] = json.loads(self.status()[0])
        return {key: document[key] for key in sorted(document)}

    def exceptions(self) -> tuple[int, str]:
        """How many exceptions the operator of the last one had, and that one."""
        found = [one.exceptions() for one in self._operators if self.is_running]
        _, total, last = max(found, default=(0.0, 0, ""))
        return total, last

    def topology(self) -> dict[str, Any] | None:
        """Its operators and what they give to, of the last run."""
        if not self._edges:
            return None
        sources = [name for name in self._edges if name.startswith("source_")]
        return {"sources": sources, "edges": {key: self._edges[key] for key in sorted(self._edges)}}

    def _of_run(self, message: str) -> str:
        return message if self._ways.status == "machine" else f"Stopped: {message}."

    def _end(self, run: Running, message: str) -> None:
        with self._lock:
            if self._run is not run:
                return
        self._transit(_BY_ERROR, self._of_run(message))

    def _transit(self, state: str, message: str) -> None:
        with self._lock:
            self._state, self._message, self._stopped = state, message, time.time()

    def _told(self, operators: tuple[Operator, ...]) -> dict[str, Any]:
        return {key: value for one in operators for key, value in one.told(self._ways)}


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def _indented(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "surrogateescape")
