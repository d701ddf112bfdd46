"""Hosts of portable plugins whose processes are only said to run: they start at once.

They do what the mini plugin does, in the version that its manifest names.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from unittest.mock import patch

from kuiper_pack.portable import PluginError, Reply
from kuiper_pack.portable.messages import Row
from kuiper_pack.portable.miniplugin import SECOND
from kuiper_pack.portable.program import Program

_KILLED = -9
_EVERY = 0.005
_MILLION = 1000000


class NoProcess:
    """Does for the server what a ``Host`` does, with no process and no socket."""

    isolated = False

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

    def source(self, _: str, **__: Any) -> "NoProcess.Counting":
        """A source that counts."""
        return self.Counting(self)

    def sink(self, _: str, **__: Any) -> "NoProcess.Symbol":
        """A sink that takes what it is given."""
        return self.Symbol()

    def function(self, _: str) -> "NoProcess.Called":
        """A function that returns its first argument."""
        return self.Called(self)

    @property
    def is_second(self) -> bool:
        """Whether this is the other version of the mini plugin."""
        return self._program.executable.name == SECOND

    class Called:
        """A function that refuses nothing."""

        def __init__(self, host: "NoProcess") -> None:
            self._host = host

        def validate(self, _: list[Any]) -> str:
            """Nothing is wrong."""
            return ""

        def is_aggregate(self) -> bool:
            """It works on rows."""
            return False

        def exec(self, arguments: list[Any], **_: Any) -> Reply:
            """The first argument; another version adds one."""
            return Reply(True, arguments[0] + self._host.is_second)

    class Symbol:
        """A source or a sink until it is closed."""

        def __init__(self) -> None:
            self.closed = threading.Event()

        def collect(self, _: Any) -> str:
            """Nothing is wrong."""
            return ""

        def close(self) -> None:
            """End."""
            self.closed.set()

    class Counting(Symbol):
        """A source that counts, from a million in the other version."""

        def __init__(self, host: "NoProcess") -> None:
            super().__init__()
            self._host = host
            self._numbers = count()

        def row(self, seconds: float) -> Row:
            """The next row, while there is a process."""
            if self.closed.wait(min(seconds, _EVERY)) or self._host.status is not None:
                raise PluginError("it ended")
            number = next(self._numbers)
            return Row({"number": number + _MILLION * self._host.is_second}, None)


@contextmanager
def no_processes() -> Iterator[None]:
    """Plugins are only said to run."""
    portables = "kuiper_pack.server.portables"
    with patch(f"{portables}.Host", NoProcess), patch(f"{portables}.Guardian"):
        yield
