"""Many packages judged by several processes, in the order of their paths."""

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kuiper_pack.rules.validation import Judgement, Order, validate

WORTH_IT = 200
"""With fewer packages, most of them small, one process is as fast."""
MOST = 4
"""Processes: more gain little, for packages are read from one disk."""
CHUNK = 16
"""Packages that are told of at once: what they have in common is sent once."""

_ENDING = (signal.SIGINT, signal.SIGTERM)

Orders = Callable[[Path], Order]


def validate_many(
    paths: Sequence[Path], order_for: Orders, processes: int | None = None
) -> Iterator[Judgement]:
    """The same as :func:`validate`, where it pays by a process for each processor.

    What a process does not tell, because it died or a rule crashed, is judged here.
    """
    count = _processes(len(paths)) if processes is None else processes
    if sys.platform != "win32" and count > 1:
        return _by_processes(paths, order_for, count)
    return validate(paths, order_for)


def _processes(packages: int) -> int:
    """How many to use: one where a fork could go wrong, for threads do not survive it."""
    if sys.platform == "linux" and packages >= WORTH_IT and threading.active_count() == 1:
        return min(MOST, len(os.sched_getaffinity(0)))
    return 1


if sys.platform != "win32":

    def _by_processes(paths: Sequence[Path], order_for: Orders, count: int) -> Iterator[Judgement]:
        chunks = [paths[at : at + CHUNK] for at in range(0, len(paths), CHUNK)]
        workers: list[_Worker] = []
        try:
            # An interrupt waits until every process is known that it has to end.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
            try:
                for number in range(count):
                    workers.append(_Worker(chunks[number::count], order_for))  # noqa: PERF401
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
            for number, chunk in enumerate(chunks):
                told = workers[number % count].answer() or [None] * len(chunk)
                for path, judgement in zip(chunk, told, strict=True):
                    yield from validate([path], order_for) if judgement is None else [judgement]
        finally:
            for worker in workers:
                worker.end()

    class _Worker:
        """A process that judges chunks of packages one after the other."""

        def __init__(self, chunks: Sequence[Sequence[Path]], order_for: Orders) -> None:
            reading, writing = os.pipe()
            self._process = os.fork()
            if self._process == 0:
                os.close(reading)
                _work(chunks, order_for, writing)
            os.close(writing)
            self._answers = os.fdopen(reading, "rb")

        def answer(self) -> list[Judgement | None] | None:
            """What it says of the next chunk; None where it says nothing any more."""
            import pickle

            try:
                told: list[Judgement | None] = pickle.load(self._answers)  # noqa: S301 - our own
            except (EOFError, pickle.UnpicklingError):
                return None
            return told

        def end(self) -> None:
            """End it; where it is still at work nobody wants to know."""
            self._answers.close()
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)

    def _work(chunks: Sequence[Sequence[Path]], order_for: Orders, writing: int) -> None:
        """Judge, tell and end, as the child: nothing goes back to what the parent was doing."""
        try:
            import pickle

            gc.freeze()  # what looks for garbage copies the memory that processes share
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupts are for the parent
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
            with os.fdopen(writing, "wb") as answers:
                for chunk in chunks:
                    judged = validate(chunk, order_for)
                    told = [one if one.crash is None else None for one in judged]
                    pickle.dump(told, answers, pickle.HIGHEST_PROTOCOL)
                    answers.flush()
        finally:
            os._exit(0)
