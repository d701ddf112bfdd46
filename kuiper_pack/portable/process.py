"""The process of a plugin: started in a session of its own, and ended with all its children."""

import os
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from kuiper_pack.portable.errors import CannotStart
from kuiper_pack.portable.posix import kill, session_of, unblock
from kuiper_pack.portable.reactor import Reactor

MARK = "KUIPER_PACK_PLUGIN"
"""The environment variable that tells the children of a plugin, even in sessions of their own.

Its value begins with the id of this process and a dot.
"""
_KEPT_LINES = 50
_LONGEST_LINE = 4096
_CHUNK = 1 << 16
_ROOM_OF_A_PIPE = 1 << 20
_GOES_WITHIN = 5.0
_PAUSE = 0.01


class Process:
    """A running program; ``log`` are the last lines of what it prints, on either stream.

    ``on_line`` is called with each line, ``on_end`` once with the status when it has ended; both in
    threads of their own. Raises CannotStart.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        reactor: Reactor,
        on_line: Callable[[str], None],
        on_end: Callable[[int], None],
    ) -> None:
        self.log: deque[str] = deque(maxlen=_KEPT_LINES)
        self.status: int | None = None
        """The exit code, or minus the signal; None while it runs."""
        self._mark = f"{os.getpid()}.{uuid4().hex}"
        self._reactor = reactor
        self._on_line = on_line
        self._on_end = on_end
        self._line = b""
        try:
            self._popen = subprocess.Popen(
                command,
                cwd=folder,
                env={**environment, MARK: self._mark},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                bufsize=0,
            )
            assert self._popen.stdout is not None  # noqa: S101 - for the types
            self._output = self._popen.stdout
            unblock(self._output)
            reactor.watch(self._output, self._read)
            self._waiter = threading.Thread(target=self._wait, name="plugin", daemon=True)
            self._waiter.start()
        except OSError as error:
            reason = error.strerror or str(error)
            raise CannotStart(f"{command[0]}: {reason}", reason) from error
        except BaseException:  # an interrupt can come when the process runs and nobody has it yet
            self._kill_marked()
            raise

    @property
    def pid(self) -> int:
        """The id of the process, which is that of its session too."""
        return self._popen.pid

    def owns(self, pid: int) -> bool:
        """Whether a process is this one or was started by it."""
        try:
            return pid == self.pid or session_of(pid) == self.pid or pid in self._marked()
        except (ProcessLookupError, PermissionError):
            return False

    @property
    def tells(self) -> bool:
        """Whether the caller is called by ``on_end``."""
        return threading.current_thread() is self._waiter

    def kill(self) -> None:
        """Kill it with its children; nothing where it has ended."""
        if self.status is None:
            escaped = _descendants(self.pid)  # of one that has ended nobody knows them
            kill(self.pid, group=True)
            for pid in escaped:
                kill(pid)

    def wait(self, seconds: float) -> None:
        """Return when it has ended and that was told, or after so many seconds."""
        self._waiter.join(seconds)

    def end(self) -> None:
        """Kill it with all its children, as a server does, and wait until they are gone."""
        self.kill()
        kill(self.pid, group=True)
        self.wait(_GOES_WITHIN)
        self._kill_marked()
        self._reactor.unwatch(self._output)
        self._drain()
        self._output.close()

    def _kill_marked(self) -> None:
        """Kill what carries our mark, children in sessions of their own too."""
        latest = time.monotonic() + _GOES_WITHIN
        while (left := self._marked()) and time.monotonic() < latest:
            for pid in left:
                kill(pid)
            time.sleep(_PAUSE)

    def _wait(self) -> None:
        self.status = status = self._popen.wait()
        self._on_end(status)

    def _read(self) -> None:
        try:
            data = os.read(self._output.fileno(), _CHUNK)
        except BlockingIOError:
            return
        if not data:
            self._reactor.unwatch(self._output)
        self._take(data or b"\n" * bool(self._line))

    def _drain(self) -> None:
        with suppress(OSError, ValueError):
            for _ in range(_ROOM_OF_A_PIPE // _CHUNK):  # a child that escaped may go on writing
                if data := os.read(self._output.fileno(), _CHUNK):
                    self._take(data)
        if self._line:
            self._take(b"\n")

    def _take(self, data: bytes) -> None:
        *lines, rest = (self._line + data).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            lines, rest = [*lines, rest[:_LONGEST_LINE]], b""
        self._line = rest
        for line in lines:
            text = line[:_LONGEST_LINE].decode("utf-8", "backslashreplace").rstrip("\r")
            self.log.append(text)
            try:
                self._on_line(text)
            except Exception:  # who cannot show a line must not stop the plugin at a full pipe
                self._on_line = lambda _: None

    def _marked(self) -> list[int]:
        """Processes that live and carry our mark, where the system shows the environments."""
        wanted = f"{MARK}={self._mark}".encode()
        found = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if wanted in environment.read_bytes().split(b"\0"):
                    found.append(int(environment.parent.name))
        return found


def _descendants(pid: int) -> list[int]:
    """The children of a process and theirs, where the system shows who started whom."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            parent = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = children.pop(pid, [])
    for one in found:
        found += children.pop(one, [])  # popped, so it ends
    return found
