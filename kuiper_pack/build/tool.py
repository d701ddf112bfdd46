"""Running the tools of others: go, build, pip."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

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
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**environment, "PWD": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        try:
            said, complaints = process.communicate()
        except BaseException:
            _stop(process)
            raise
    if process.returncode:
        raise ToolOutput(complaints + said)
    return said


def _stop(process: "subprocess.Popen[str]") -> None:
    """End a tool as Ctrl-C does: told so, it removes its own temporary folder."""
    if sys.platform != "win32":
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_TIME_TO_STOP)
    process.kill()
