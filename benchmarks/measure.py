"""Timing in pairs, one after the other, and the memory that is taken."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

Command = Sequence[str | Path]
Row = tuple[str, str, str, str, str]
"""What was measured: ours, the other, their ratio, and the aim."""
Act = Callable[[], float]
"""Does something, and returns how many seconds it took."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Medians in seconds, ours and the other's, over ``rounds`` alternating runs."""

    ours: float
    theirs: float
    rounds: int

    @property
    def ratio(self) -> float:
        """How long ours takes, as a share of the other."""
        return self.ours / self.theirs


def pair(ours: Act, theirs: Act, rounds: int) -> Pair:
    """Do both alternately, once to warm up and then ``rounds`` times."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for act, taken in zip((ours, theirs), times, strict=True):
            seconds = act()
            if turn:
                taken.append(seconds)
    return Pair(median(times[0]), median(times[1]), rounds)


def timed(act: Callable[..., object], *given: object, count: int = 1) -> Act:
    """What calls it ``count`` times with what is given, and returns the seconds of one call."""

    def measured() -> float:
        begun = time.perf_counter()
        for _ in range(count):
            act(*given)
        return (time.perf_counter() - begun) / count

    return measured


def row(what: str, measured: Pair, name: str, aim: str) -> Row:
    """The row of a pair; ``name`` is what ours is held against."""
    theirs = f"{name}: {shown(measured.theirs)}"
    return what, shown(measured.ours), theirs, f"{measured.ratio:.2f}", aim


def shown(seconds: float) -> str:
    """A time in a unit that fits it."""
    if seconds >= 0.1:
        return f"{seconds:.3f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} us"


def run(command: Command, environment: Mapping[str, str] | None = None) -> int:
    """Run silently and return the exit code; a package that is judged bad is exit code 1."""
    code = subprocess.call(
        list(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
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
