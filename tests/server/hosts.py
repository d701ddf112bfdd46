"""Hosts of portable plugins whose processes are only said to run: they start at once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from kuiper_pack.portable import PluginError, Reply, TimedOut
from kuiper_pack.portable.program import Program

_KILLED = -9


class NoProcess:
    """Does for the server what a ``Host`` does, with no process and no socket."""

    def __init__(self, program: Program, *, on_end: Callable[[int], None], **_: Any) -> None:
        self.status: int | None = None
        self._program = program
        self._on_end = on_end

    def open(self) -> None:
        """Shake hands, where the system can execute the program."""
        self._program.check_executable()

    def restart(self, program: Program) -> None:
        """Shake hands again."""
        self._program = program
        self.open()
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

    def function(self, _: str) -> "NoProcess.Called":
        """A function that returns its arguments."""
        return self.Called()

    class Called:
        """A function that refuses nothing."""

        def validate(self, _: list[Any]) -> str:
            """Nothing is wrong."""
            return ""

        def is_aggregate(self) -> bool:
            """It works on rows."""
            return False

        def exec(self, arguments: list[Any], **_: Any) -> Reply:
            """The arguments."""
            return Reply(True, arguments)

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
    portables = "kuiper_pack.server.portables"
    with patch(f"{portables}.Host", NoProcess), patch(f"{portables}.Guardian"):
        yield
