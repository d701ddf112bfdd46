"""Hosts of portable plugins whose processes are only said to run: they start at once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from kuiper_pack.portable import PluginError, TimedOut
from kuiper_pack.portable.program import Program

_KILLED = -9


class NoProcess:
    """Does for the server what a ``Host`` does, with no process and no socket."""

    isolated = False

    def __init__(self, program: Program, *, on_end: Callable[[int], None], **_: Any) -> None:
        self.status: int | None = None
        self._on_end = on_end

    def open(self) -> None:
        """Shake hands."""

    def restart(self, _: Program) -> None:
        """Shake hands again."""
        self.status = None

    def kill(self) -> None:
        """End, once."""
        if self.status is None:
            self.status = _KILLED
            self._on_end(_KILLED)

    def close(self) -> None:
        """End."""
        self.kill()

    def source(self, _: str, **__: Any) -> "NoProcess.Symbol":
        """A source without rows."""
        return self.Symbol()

    def sink(self, _: str, **__: Any) -> "NoProcess.Symbol":
        """A sink that is given nothing."""
        return self.Symbol()

    class Symbol:
        """A source or a sink until it is closed."""

        def __init__(self) -> None:
            self._closed = threading.Event()

        def row(self, seconds: float) -> Any:
            """No row."""
            if self._closed.wait(min(seconds, 0.02)):
                raise PluginError("it is closed")
            raise TimedOut("there is no row")

        def close(self) -> None:
            """End."""
            self._closed.set()


@contextmanager
def no_processes() -> Iterator[None]:
    """Plugins are only said to run."""
    with patch("kuiper_pack.server.portables.Host", NoProcess):
        yield
