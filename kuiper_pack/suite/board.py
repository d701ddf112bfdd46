"""What the workers that judge one server at the same time tell each other: their verdicts.

A folder with a file of each worker, which only that one writes, a line for each verdict. Where the
system has locks the file is locked as long as the worker is at work, however long a clause takes.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kuiper_pack.portable.posix import lock
from kuiper_pack.suite.clause import Clause
from kuiper_pack.suite.journal import is_at_work
from kuiper_pack.suite.verdict import Result, Verdict

_PAUSE = 0.01
_PATIENCE = 120.0
"""Seconds without a word from any other worker, after which it matters whether any is at work."""
_LONGEST = 3600.0
"""Seconds without a word after which none is waited for any more."""
_DONE = "done"


class Board:
    """The board of ``number`` workers in ``folder``, as the one of that name sees it.

    ``judged`` are the clauses that any of them judges.
    """

    def __init__(self, folder: Path, name: str, number: int, judged: Mapping[str, Clause]) -> None:
        self.worker = name
        self._own = folder / f"{name}.jsonl"
        self._stream = self._own.open("a", encoding="utf-8")
        _ = os.name == "posix" and lock(self._stream)
        self._number = number
        self._judged = judged
        self._results: dict[str, Result] = {}
        self._done = 0
        self._read: dict[Path, int] = {}

    def tell(self, result: Result) -> None:
        """Let the others know a verdict."""
        self._write(
            {
                "clause": result.clause.id,
                "verdict": result.verdict.value,
                "reason": result.reason,
                "blocked_by": result.blocked_by,
            }
        )

    def done(self) -> None:
        """Let the others know that the server hears no more from this one; it says no more."""
        if not self._stream.closed:
            self._write({_DONE: True})
            self._stream.close()

    def result(self, clause: str) -> Result | None:
        """The verdict on a clause, awaited where another worker is to give it; None if none does.

        The reading and the exchanges are not told.
        """
        if clause in self._judged:
            self._await(lambda: clause in self._results)
        return self._results.get(clause)

    @property
    def folder(self) -> Path:
        """Where the workers of the run, and only these, meet."""
        return self._own.parent

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one inside, where the system has locks."""
        with (self.folder / "alone").open("w") as stream:
            while os.name == "posix" and not lock(stream):
                time.sleep(_PAUSE)
            yield

    def await_the_others(self) -> None:
        """Return when no other worker talks to the server."""
        self._await(lambda: False)

    def _await(self, is_there: Callable[[], bool]) -> None:
        heard = asked = time.monotonic()
        while not is_there() and self._done < self._number - 1:
            now = time.monotonic()
            if self._look():
                heard = asked = now
            elif now > heard + _LONGEST or (now > asked + _PATIENCE and not self._others_work()):
                self._done = self._number  # something ended them
            elif now > asked + _PATIENCE:
                asked = now
            else:
                time.sleep(_PAUSE)

    def _others(self) -> list[Path]:
        return [path for path in self._own.parent.glob("*.jsonl") if path != self._own]

    def _others_work(self) -> bool:
        return any(map(is_at_work, self._others()))

    def _look(self) -> bool:
        """Read what is new; whether there was anything."""
        news = False
        for path in self._others():
            with path.open("rb") as stream:
                stream.seek(self._read.get(path, 0))
                whole, _, half = stream.read().rpartition(b"\n")
                self._read[path] = stream.tell() - len(half)
            for line in whole.splitlines():
                news = True
                self._take(json.loads(line))
        return news

    def _take(self, said: Mapping[str, str]) -> None:
        if _DONE in said:
            self._done += 1
            return
        clause = self._judged[said["clause"]]
        verdict = Verdict(said["verdict"])
        self._results[clause.id] = Result(
            clause, verdict, reason=said["reason"], blocked_by=said["blocked_by"]
        )

    def _write(self, record: Mapping[str, object]) -> None:
        self._stream.write(json.dumps(record) + "\n")
        self._stream.flush()
