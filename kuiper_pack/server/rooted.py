"""Opening names below a folder that nothing can lead out of, as Go's os.Root does.

Every part of a name is opened by itself, relative to the folder before it and without following
links; a link is read and walked like the rest of the name, so that one that stays inside works.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kuiper_pack.planner.steps import Failure
from kuiper_pack.server.errno_words import failure

_MOST_LINKS = 40
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _FLAGS
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NONBLOCK", 0) | _FLAGS


class _Escape(Exception):
    """A name leads out of its folder."""


def open_inside(root: str, name: str) -> int | Failure:
    """Open a file or a folder for reading. Answer: its descriptor, or a Failure."""

    def read(folder: int, last: str) -> int:
        return os.open(last, os.O_RDONLY | _FLAGS, dir_fd=folder)

    return _tried(root, name, read, follow=True)


def create_inside(root: str, name: str, mode: int) -> int | Failure:
    """Open a file for writing, empty. Answer: its descriptor, or a Failure."""

    def create(folder: int, last: str) -> int:
        return os.open(last, _NEW, mode & 0o777, dir_fd=folder)

    return _tried(root, name, create, follow=True)


def make_folder_inside(root: str, name: str) -> Failure | None:
    """Mkdirat."""

    def make(folder: int, last: str) -> int:
        os.mkdir(last, 0o755, dir_fd=folder)
        return 0

    found = _tried(root, name, make, follow=False)
    return found if isinstance(found, Failure) else None


def remove_inside(root: str, name: str) -> Failure | None:
    """Unlinkat, of a file or an empty folder."""

    def remove(folder: int, last: str) -> int:
        if last == ".":
            raise OSError(errno.EINVAL, "")
        if stat.S_ISDIR(os.stat(last, dir_fd=folder, follow_symlinks=False).st_mode):
            os.rmdir(last, dir_fd=folder)
        else:
            os.unlink(last, dir_fd=folder)
        return 0

    found = _tried(root, name, remove, follow=False)
    return found if isinstance(found, Failure) else None


def _tried(root: str, name: str, act: Callable[[int, str], int], *, follow: bool) -> int | Failure:
    if not name:
        return Failure("empty path")
    try:
        with _opened(root) as stack:
            return _walk(stack, name, act, follow=follow)
    except _Escape:
        return Failure("path escapes from parent")
    except (OSError, ValueError) as error:
        return failure(error)


@contextmanager
def _opened(root: str) -> Iterator[list[int]]:
    """The root as the first of a stack of open folders; all are closed in the end."""
    stack = [os.open(root, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))]
    try:
        yield stack
    finally:
        for descriptor in stack:
            os.close(descriptor)


def _walk(stack: list[int], name: str, act: Callable[[int, str], int], *, follow: bool) -> int:
    parts, links = _parts(name), 0
    while parts:
        part = parts.pop(0)
        if part == "..":
            if len(stack) == 1:
                raise _Escape
            os.close(stack.pop())
            continue
        target = _link(stack[-1], part) if parts or follow else None
        if target is not None:
            links += 1
            if links > _MOST_LINKS:
                raise OSError(errno.ELOOP, "")
            parts[:0] = _parts(target)
        elif parts:
            stack.append(os.open(part, _FOLDER, dir_fd=stack[-1]))
        else:
            return act(stack[-1], part)
    return act(stack[-1], ".")


def _parts(name: str) -> list[str]:
    if name.startswith("/"):
        raise _Escape
    return [part for part in name.split("/") if part not in ("", ".")]


def _link(folder: int, name: str) -> str | None:
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError:
        return None
