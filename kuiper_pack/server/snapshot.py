"""Folders as they were before a plan, to be put back after a refusal or a kill."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kuiper_pack.errors import KuiperPackError

_Copy = Callable[[Path, Path], object]


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

        Other names are enough where files are replaced and never written into. Raises
        KuiperPackError where a file cannot be kept.
        """
        try:
            self._clear()
            for tree in self._trees:
                _mirror(self._root / tree, self._unfinished / tree, _copy if copies else _link)
            self._unfinished.rename(self._before)
        except OSError as error:
            raise KuiperPackError(
                f"{error.filename}: {error.strerror}: --strict has to keep it before a change"
            ) from error

    def drop(self) -> None:
        """The plan is done and its files stay."""
        with suppress(FileNotFoundError):
            self._before.rename(self._done)
        self._clear()

    def put_back(self) -> None:
        """Make everything as it was when the snapshot was taken, if one was.

        Folders stay where they are: programs that run may be at home there.
        """
        if self._before.exists():
            for tree in self._trees:
                _mirror(self._before / tree, self._root / tree, _link)
        self.drop()

    def _clear(self) -> None:
        """Remove what a kill has left of a snapshot that is no whole one."""
        for path in (self._unfinished, self._done):
            _remove(path)


def _mirror(source: Path, target: Path, copy: _Copy) -> None:
    """Make a folder what another one is; files that are the same ones already stay."""
    if target.is_symlink() or not target.is_dir():
        _remove(target)
        target.mkdir(parents=True)
    wanted = {path.name: path for path in source.iterdir()}
    for path in target.iterdir():
        if path.name not in wanted:
            _remove(path)
    for name, path in wanted.items():
        with suppress(FileNotFoundError):  # a program that runs may remove its files meanwhile
            if path.is_dir() and not path.is_symlink():
                _mirror(path, target / name, copy)
            elif not _are_one(path, target / name):
                _remove(target / name)
                copy(path, target / name)
    shutil.copystat(source, target)


def _are_one(path: Path, other: Path) -> bool:
    return os.path.lexists(other) and os.path.samestat(path.lstat(), other.lstat())


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    if source.is_file() or source.is_symlink():
        shutil.copy2(source, target, follow_symlinks=False)
    else:  # a socket or a pipe has nothing in it
        _link(source, target)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
