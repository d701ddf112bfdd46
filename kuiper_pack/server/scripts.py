"""Running install.sh, in bounded time and space."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

_LONGEST_OUTPUT = 1 << 16
_CHUNK = 1 << 16


class Scripts:
    """Runs one script at a time, each ``seconds`` at most.

    A script has ended when nobody is left who could print, as for the servers: what it leaves
    running in the background counts, and is killed when the time is over.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._ending = threading.Event()

    def run(self, command: Sequence[bytes], folder: str) -> tuple[int, str, str]:
        """The exit code, or minus the signal, and the beginning of what it prints on each stream.

        Raises OSError and ValueError where it does not start.
        """
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._process = process
        if self._ending.is_set():
            _kill(process)
        try:
            with process:
                out, err = self._printed(process)
        finally:
            self._process = None
        return process.returncode, out, err

    def end(self) -> None:
        """Kill what runs and what is still to come; from any thread."""
        self._ending.set()
        process = self._process
        if process is not None:
            _kill(process)

    def _printed(self, process: "subprocess.Popen[bytes]") -> tuple[str, str]:
        ends = time.monotonic() + self._seconds
        kept = {process.stdout: bytearray(), process.stderr: bytearray()}
        with selectors.DefaultSelector() as selector:
            for pipe, printed in kept.items():
                if pipe is not None:
                    selector.register(pipe, selectors.EVENT_READ, printed)
            while selector.get_map() and (left := ends - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    data = os.read(key.fd, _CHUNK)
                    key.data.extend(data[: _LONGEST_OUTPUT - len(key.data)])
                    if not data:
                        selector.unregister(key.fileobj)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(ends - time.monotonic(), 0))
            if time.monotonic() < ends:
                return _said(kept[process.stdout]), _said(kept[process.stderr])
        _kill(process)
        return _said(kept[process.stdout]), _said(kept[process.stderr])


def _kill(process: "subprocess.Popen[bytes]") -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _said(output: bytearray) -> str:
    return output.decode("utf-8", "surrogateescape")
