"""Timing commands in pairs, and the memory they take."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

Command = Sequence[str | Path]
Row = tuple[str, str, str, str, str]
"""What was measured: ours, the other, their ratio, and the aim."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Medians of two commands in seconds, ours and the other, over ``rounds`` alternating runs."""

    ours: float
    theirs: float
    rounds: int

    @property
    def ratio(self) -> float:
        """How long ours takes, as a share of the other."""
        return self.ours / self.theirs


def pair(ours: Command, theirs: Command, rounds: int) -> Pair:
    """Run both alternately, once to warm up and then ``rounds`` times."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for command, taken in zip((ours, theirs), times, strict=True):
            start = time.perf_counter()
            run(command)
            if turn:
                taken.append(time.perf_counter() - start)
    return Pair(median(times[0]), median(times[1]), rounds)


def run(command: Command) -> int:
    """Run silently and return the exit code; a package that is judged bad is exit code 1."""
    code = subprocess.call(list(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if code not in (0, 1):
        print(f"exit code {code}: {' '.join(map(str, command))}", file=sys.stderr)
    return code


def peak_memory(command: Command) -> tuple[int, int]:
    """The largest resident size of a command in bytes, and its exit code.

    A process of its own starts the command: what a child has at its start, before it becomes the
    command, is the size of its parent, and this one is large.
    """
    script = (
        "import resource, subprocess, sys\n"
        "code = subprocess.call(sys.argv[1:], stdout=-3, stderr=-3)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, code)\n"
    )
    whole = [sys.executable, "-S", "-c", script, *command]
    largest, code = subprocess.check_output(whole, text=True).split()
    unit = 1 if sys.platform == "darwin" else 1024
    return int(largest) * unit, int(code)
