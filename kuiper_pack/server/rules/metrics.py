"""What the operators of a rule count, and how releases tell it."""

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from kuiper_pack.server.rules.ways import Ways


class Operator:
    """The counters of one operator: rows in and out, time, and exceptions.

    ``connected`` says of a source or a sink whether it tells a connection, None of others.
    """

    def __init__(self, name: str, *, connected: bool | None = None) -> None:
        self.name = name
        self.rows_in = 0
        self._rows_out = 0
        self._seconds = 0.0
        self._last = 0.0
        self._exceptions = 0
        self._last_exception = ""
        self._last_exception_time = 0.0
        self._connected = connected
        self._connected_since = time.time() if connected else 0.0
        self._lock = threading.Lock()

    def took(self, began: float) -> None:
        """A row came in at ``began`` (``time.monotonic``) and went out."""
        with self._lock:
            self._took(began)
            self._rows_out += 1

    def dropped(self, began: float) -> None:
        """A row came in and went nowhere."""
        with self._lock:
            self._took(began)

    def failed(self, began: float, why: str) -> None:
        """A row came in and failed."""
        with self._lock:
            self._took(began)
            self._exceptions += 1
            self._last_exception = why
            self._last_exception_time = time.time()

    def _took(self, began: float) -> None:
        self.rows_in += 1
        self._seconds = time.monotonic() - began
        self._last = time.time()

    def told(self, ways: Ways) -> Iterator[tuple[str, Any]]:
        """The members of a status."""
        with self._lock:
            for key, value in self._members(ways):
                yield f"{self.name}_{key}", value

    def exceptions(self) -> tuple[float, int, str]:
        """When the last one was, how many there were, and the last one."""
        with self._lock:
            return self._last_exception_time, self._exceptions, self._last_exception

    def _members(self, ways: Ways) -> Iterator[tuple[str, Any]]:
        yield "records_in_total", self.rows_in
        yield "records_out_total", self._rows_out
        if ways.processed:
            yield "messages_processed_total", self.rows_in
        elif not ways.last_exception:
            yield "exceptions_total", self._exceptions
        unit, per_second = ("us", 1_000_000) if ways.microseconds else ("ms", 1000)
        yield f"process_latency_{unit}", int(self._seconds * per_second)
        yield "buffer_length", 0
        told = _milliseconds if ways.processed else _moment
        yield "last_invocation", told(self._last)
        if ways.last_exception:
            yield "exceptions_total", self._exceptions
            yield "last_exception", self._last_exception
            yield "last_exception_time", _milliseconds(self._last_exception_time)
        if ways.connections and self._connected is not None:
            yield "connection_status", int(self._connected)
            yield "connection_last_connected_time", _milliseconds(self._connected_since)
            yield "connection_last_disconnected_time", 0
            yield "connection_last_disconnected_message", ""
            yield "connection_last_try_time", 0


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def _moment(seconds: float) -> str | int:
    if not seconds:
        return 0
    moment = datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None)
    return moment.isoformat(timespec="microseconds").rstrip("0").rstrip(".")
