"""The server is started anew: by the user's command, and awaited until it answers again."""

import math
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from kuiper_pack.client import Answer, Client, Unreachable
from kuiper_pack.suite.verdict import Blocked

WITHIN = 60.0
"""Seconds that the command may take, and then the server."""
_KEPT = 1 << 14
_PAUSES = (0.05, 1.0)
_LONGEST = 1e10
"""Seconds that a server may be up for: three hundred years."""

Start = Callable[[], object]
"""Starts the server anew and returns what was printed, if anything."""


class NotBack(Blocked):
    """The server was to be restarted, and does not answer again."""

    def __init__(self, reason: str) -> None:
        super().__init__("server", reason)


@dataclass(frozen=True, slots=True)
class Restarted:
    """A restart that came to its end: after so many seconds; ``output`` is what was printed."""

    seconds: float
    output: str


@dataclass(frozen=True, slots=True)
class Command:
    """A shell command that ends the server where it runs, and starts it in the background.

    What it leaves behind when it ends is the server. Where it does not end ``within`` so many
    seconds, or we are interrupted, everything that it started is killed.
    """

    text: str
    within: float = WITHIN

    def __call__(self) -> str:
        """Run it and return what it printed; raises NotBack where it fails."""
        # not a pipe: the server inherits it, and would die of writing to one that nobody reads
        with tempfile.TemporaryFile() as output:
            code = self._run(output.fileno())
            printed = _end_of(output)
        if code is None:
            raise NotBack(
                f"the restart command did not end within {self.within:g} seconds: it has to leave "
                f"the server in the background{_last(printed)}"
            )
        if code != 0:
            raise NotBack(f"the restart command ended with {code}{_last(printed)}")
        return printed

    def _run(self, output: int) -> int | None:
        process = subprocess.Popen(  # noqa: S602 - the option is a shell command
            self.text,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return process.wait(self.within)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.poll() is None:
                _kill_all(process)


class Restarter:
    """Restarts a server and waits until it is back.

    ``root`` is how the server answers ``GET /`` while all is well, ``start`` starts it anew.
    """

    def __init__(
        self, client: Client, root: Answer, start: Start, *, within: float = WITHIN
    ) -> None:
        self._client = client
        self._status = root.status
        self._start = start
        self._within = within
        self.is_under_way = False
        """Whether the server was to be restarted, and has not come back."""

    def __call__(self) -> Restarted:
        """Restart the server; raises NotBack where it does not come back."""
        begun, self.is_under_way = time.monotonic(), True
        before = self._uptime_now()
        printed = str(self._start() or "")
        latest, pause = time.monotonic() + self._within, _PAUSES[0]
        while why := self._missing(before, begun):
            if time.monotonic() > latest:
                raise NotBack(
                    f"the server is not back {self._within:g} seconds after its restart: "
                    f"{why}{_last(printed)}"
                )
            time.sleep(pause)
            pause = min(1.5 * pause, _PAUSES[1])
        self.is_under_way = False
        return Restarted(time.monotonic() - begun, printed)

    def _uptime_now(self) -> float | None:
        try:
            return uptime(self._client.root())
        except Unreachable:
            return None

    def _missing(self, before: float | None, begun: float) -> str:
        """What is not yet as it is after a restart; nothing where it is."""
        try:
            answer = self._client.root()
        except Unreachable as error:
            return str(error)
        if answer.status != self._status:
            return f"GET / answers {answer.status or 'nothing'}, and {self._status} before"
        now = uptime(answer)
        if now is None or now <= math.ceil(time.monotonic() - begun):
            return ""
        if before is not None and now < before:
            return ""
        return f"it is up for {now:g} seconds already, so the command did not end it"


def end_of(client: Client, within: float) -> float | None:
    """The seconds after which the server ended, or None where it answers all the time.

    One that another process took the place of, at a lower uptime, has ended too.
    """
    begun, up = time.monotonic(), 0.0
    while (passed := time.monotonic() - begun) < within:
        try:
            now = uptime(client.root())
        except Unreachable as error:
            if error.hung:
                continue
            return passed
        if now is not None and now < up:
            return passed
        up = now or 0.0
        time.sleep(_PAUSES[0])
    return None


def uptime(root: Answer) -> float | None:
    """The seconds that a server says it is up for; None where it does not tell, or cannot be."""
    try:
        found = root.json()
    except ValueError:
        return None
    seconds = found.get("upTimeSeconds") if isinstance(found, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return seconds if 0 <= seconds <= _LONGEST else None


def _end_of(output: IO[bytes]) -> str:
    size = output.seek(0, 2)
    output.seek(max(0, size - _KEPT))
    return output.read().decode("utf-8", "backslashreplace")


def _last(printed: str) -> str:
    lines = printed.strip().splitlines()
    return f"; it printed last: {lines[-1].strip()}" if lines else ""


def _kill_all(process: "subprocess.Popen[bytes]") -> None:
    if sys.platform == "win32":
        tree = ["taskkill", "/f", "/t", "/pid", str(process.pid)]
        subprocess.run(tree, capture_output=True, check=False)
    else:
        import os

        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
