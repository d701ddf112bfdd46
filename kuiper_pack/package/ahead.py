"""A large zip that is being read while the rest of the program is still imported.

Inflating needs no interpreter, so that the time of the imports is not lost.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread

from kuiper_pack.package.anomaly import Budget
from kuiper_pack.package.archive import Archive
from kuiper_pack.package.source import IN_MEMORY

Read = Callable[[Path, Budget], Archive]
"""What makes the archive of a path within a budget; raises what ``Archive`` raises."""


def reading_ahead(paths: Sequence[Path]) -> Read:
    """How to read the archives at ``paths``; a large one is begun now.

    Only if it is the only one: processes may be forked for many, which threads do not survive.
    """
    try:
        large = len(paths) == 1 and os.stat(paths[0]).st_size > IN_MEMORY  # noqa: PTH116 (pathlib is slower)
    except (OSError, ValueError):
        large = False  # whoever reads it says why it cannot be read
    return _Ahead(paths[0], Budget()) if large else Archive


class _Ahead:
    """Reads one archive in a thread of its own, which ends with the process."""

    def __init__(self, path: Path, budget: Budget) -> None:
        self._wanted = path, budget
        self._archive: Archive | None = None
        self._failure: BaseException | None = None
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            self._archive = Archive(*self._wanted)
        except BaseException as error:
            self._failure = error

    def __call__(self, path: Path, budget: Budget) -> Archive:
        """The archive that was begun, as soon as it is read; any other is read now."""
        if (path, budget) != self._wanted:
            return Archive(path, budget)
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        assert self._archive is not None  # noqa: S101 - the thread has ended without a failure
        return self._archive
