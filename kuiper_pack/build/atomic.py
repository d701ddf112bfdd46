"""Files that are there whole or not at all."""

import contextlib
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

_STALE_AFTER = 24 * 3600
"""Seconds after which a temporary file is nobody's, where locks cannot tell."""


@dataclass(slots=True)
class Staged:
    """A file on its way: write to ``path``, which is there and empty.

    Clear ``keep`` and it never arrives.
    """

    path: Path
    keep: bool = True


@contextmanager
def staged(target: Path) -> Iterator[Staged]:
    """A temporary file beside ``target`` that is moved onto it when the block ends.

    Leaving the block by any exception, an interrupt too, keeps the old ``target`` and removes what
    was written. A process that is killed outright leaves the old ``target`` as well, and a
    temporary file that the next one for the same ``target`` removes. Missing parent folders are
    made.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(target)
    temporary = target.with_name(f"{_beginning(target)}{os.urandom(6).hex()}.tmp")
    file = Staged(temporary)
    lock = None
    try:
        try:
            lock = _create(temporary)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(target)) from error
        yield file
        if file.keep:
            _to_disk(temporary, os.O_RDWR)
            temporary.replace(target)
            if os.name == "posix":
                _to_disk(target.parent, os.O_RDONLY)
    finally:
        temporary.unlink(missing_ok=True)
        if lock is not None:
            os.close(lock)


@contextmanager
def text_file(target: Path) -> Iterator[TextIO]:
    """A UTF-8 text file that replaces ``target`` when the block ends, as :func:`staged` does.

    What is no regular file, like a device or a pipe, is written to directly. An OSError names
    ``target``.
    """
    with naming(target):
        if _is_special(target):
            with target.open("w", encoding="utf-8") as stream:
                yield stream
            return
        with (
            staged(target.resolve()) as file,
            file.path.open("w", encoding="utf-8") as stream,
        ):
            yield stream


@contextmanager
def naming(target: Path) -> Iterator[None]:
    """Put ``target`` into an OSError that names no file, as one of writing does."""
    try:
        yield
    except OSError as error:
        if error.filename or error.errno is None or isinstance(error, BrokenPipeError):
            raise
        raise OSError(error.errno, error.strerror, str(target)) from error


def _is_special(target: Path) -> bool:
    try:
        return not stat.S_ISREG(target.stat().st_mode)
    except OSError:
        return False


def _beginning(target: Path) -> str:
    return f".{target.name[:200]}."


def _remove_abandoned(target: Path) -> None:
    """Remove temporary files of processes for the same target that were killed."""
    beginning = _beginning(target)
    with contextlib.suppress(OSError):
        for path in target.parent.iterdir():
            random = path.name.removeprefix(beginning).removesuffix(".tmp")
            if path.name == f"{beginning}{random}.tmp" and len(random) == 12 and _is_hex(random):
                _remove_if_abandoned(path)


def _is_hex(text: str) -> bool:
    return set(text) <= set("0123456789abcdef")


if sys.platform != "win32":

    def _create(path: Path) -> int | None:
        """Make the file and hold a lock on it as long as the descriptor is open."""
        import fcntl

        while True:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
            try:
                with contextlib.suppress(OSError):  # not every file system has locks
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
                if os.fstat(descriptor).st_nlink:
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # another process took it for abandoned before it was locked

    def _remove_if_abandoned(path: Path) -> None:
        import fcntl

        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(descriptor)

else:

    def _create(path: Path) -> int | None:
        """Make the file; an open one could not be moved."""
        path.touch(exist_ok=False)
        return None

    def _remove_if_abandoned(path: Path) -> None:
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE_AFTER:
                path.unlink()


def _to_disk(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
