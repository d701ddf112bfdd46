"""What rules need of what runs portable plugins, and the sources and sinks built in here."""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any, Protocol

from kuiper_pack.portable.messages import Meta

_LONGEST_QUEUE = 1024
_LOG = logging.getLogger(__name__)


class Rows(Protocol):
    """A source at work."""

    def next(self, seconds: float) -> dict[str, Any] | None:
        """The next row, None if none comes in time; raises KuiperPackError for a bad one."""

    def close(self) -> None:
        """Stop it; never raises."""


class Collector(Protocol):
    """A sink at work."""

    def collect(self, row: Any) -> None:
        """Take a row; raises KuiperPackError."""

    def close(self) -> None:
        """Stop it; never raises."""


class Function(Protocol):
    """A function, shared by all who call it."""

    def validate(self, arguments: list[Any]) -> None:
        """Raise KuiperPackError where it refuses such arguments."""

    def exec(self, arguments: list[Any], meta: Meta, function_id: int) -> Any:
        """The result for a row; raises KuiperPackError."""


class Symbols(Protocol):
    """The symbols of portable plugins; what cannot start raises KuiperPackError."""

    def find(self, kind: str, symbol: str) -> str | None:
        """The plugin that has a ``source``, ``sink`` or ``function`` of this name."""

    def source(self, symbol: str, meta: Meta, datasource: str, config: dict[str, Any]) -> Rows:
        """Start a source; counts for the rule of ``meta`` until it is closed."""

    def sink(self, symbol: str, meta: Meta, config: dict[str, Any]) -> Collector:
        """Start a sink; counts likewise."""

    def function(self, symbol: str) -> Function:
        """A function; counts for no rule."""


class Topics:
    """What memory sinks publish, for the memory sources that read it at that moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers: dict[str, list[queue.Queue[Any]]] = {}

    def publish(self, topic: str, row: Any) -> None:
        """Give a row to all who read the topic; who is too slow loses it."""
        with self._lock:
            readers = [*self._readers.get(topic, ())]
        for one in readers:
            try:
                one.put_nowait(row)
            except queue.Full:
                continue

    def read(self, topic: str) -> Rows:
        """Read a topic from now on."""
        rows: queue.Queue[Any] = queue.Queue(_LONGEST_QUEUE)
        with self._lock:
            self._readers.setdefault(topic, []).append(rows)
        return _Memory(rows, lambda: self._forget(topic, rows))

    def _forget(self, topic: str, rows: "queue.Queue[Any]") -> None:
        with self._lock:
            left = [one for one in self._readers.get(topic, ()) if one is not rows]
            self._readers[topic] = left
            if not left:
                del self._readers[topic]


class _Memory:
    def __init__(self, rows: "queue.Queue[Any]", close: Callable[[], None]) -> None:
        self._rows = rows
        self.close = close

    def next(self, seconds: float) -> dict[str, Any] | None:
        try:
            row: dict[str, Any] | None = self._rows.get(timeout=seconds)
        except queue.Empty:
            return None
        return row


class NoRows:
    """A source that cannot be run here: it gives no rows."""

    def __init__(self) -> None:
        self._closed = threading.Event()

    def next(self, seconds: float) -> dict[str, Any] | None:
        """Nothing, after so many seconds."""
        self._closed.wait(seconds)
        return None

    def close(self) -> None:
        """Wait no longer."""
        self._closed.set()


class Into:
    """A sink that is a call."""

    def __init__(self, collect: Callable[[Any], None]) -> None:
        self.collect = collect

    def close(self) -> None:
        """Nothing."""


def ignore(_: Any) -> None:
    """Where ``nop`` and what cannot be run here put their rows."""


def log(rule: str) -> Callable[[Any], None]:
    """Where ``log`` puts its rows: the log of this process."""
    return lambda row: _LOG.info("rule %s: %s", rule, row)
