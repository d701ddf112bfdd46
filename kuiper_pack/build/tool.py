"""Running the tools of others: go, build, pip."""

import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_TIME_TO_STOP = 5.0
"""Seconds that an interrupted tool has to end by itself."""


class ToolOutput(Exception):
    """Everything a failing command said; shown by ``--debug``."""

    @property
    def lines(self) -> list[str]:
        """The lines that are not empty, without the space around them."""
        return [line.strip() for line in str(self).splitlines() if line.strip()]


def run_tool(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Run ``command`` in ``folder`` and return its standard output.

    Raises :class:`ToolOutput` where it fails. An interrupt ends the tool before it goes on.
    """
    process = None
    try:
        with _later():
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**environment, "PWD": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        said, complaints = process.communicate()
    except BaseException:
        if process is not None:
            with process:
                _stop(process)
        raise
    if process.returncode:
        raise ToolOutput(complaints + said)
    return said


@contextmanager
def _later() -> Iterator[None]:
    """Hold back what interrupts until the block is done: no tool is started and then forgotten."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[tuple[int, FrameType | None]] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    caught = {number: handler for number, handler in before.items() if callable(handler)}
    for number in caught:
        signal.signal(number, lambda number, frame: held.append((number, frame)))
    try:
        yield
    finally:
        for number, handler in caught.items():
            signal.signal(number, handler)
    for arrived, frame in held:
        caught[signal.Signals(arrived)](arrived, frame)


def _stop(process: "subprocess.Popen[str]") -> None:
    """End a tool as Ctrl-C does: told so, it removes its own temporary folder."""
    if sys.platform != "win32":
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_TIME_TO_STOP)
    process.kill()
