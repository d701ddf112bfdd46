"""Folders as they were before a plan, to be put back after a refusal or a kill."""

import shutil
from pathlib import Path


class Snapshot:
    """The ``trees`` of ``root``, kept below ``private`` while a plan runs.

    It is there as a whole or not at all, whenever the process is killed.
    """

    def __init__(self, root: Path, private: Path, trees: tuple[str, ...]) -> None:
        self._root = root
        self._trees = trees
        self._unfinished = private / "unfinished"
        self._before = private / "before"
        self._done = private / "done"

    def take(self, *, copies: bool) -> None:
        """Keep every file: by another name of it, or, with ``copies``, by a copy of it.

        Other names are enough where files are replaced and never written into.
        """
        copy = shutil.copy2 if copies else _link
        for tree in self._trees:
            shutil.copytree(
                self._root / tree, self._unfinished / tree, symlinks=True, copy_function=copy
            )
        self._unfinished.rename(self._before)

    def drop(self) -> None:
        """The plan is done and its files stay."""
        self._before.rename(self._done)
        shutil.rmtree(self._done)

    def put_back(self) -> None:
        """Make everything as it was when the snapshot was taken, if one was."""
        for tree in self._trees:
            kept, now = self._before / tree, self._root / tree
            if kept.exists():
                if now.exists():
                    shutil.rmtree(now)
                kept.rename(now)
        for path in (self._unfinished, self._before, self._done):
            if path.exists():
                shutil.rmtree(path)


def _link(source: str, target: str) -> None:
    try:
        Path(target).hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)
