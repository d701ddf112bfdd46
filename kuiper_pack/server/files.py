"""The real file system, as plans ask for it, and never outside the server's own folder."""

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from kuiper_pack.package.entry import Entry
from kuiper_pack.planner.disk import dirname
from kuiper_pack.planner.folders import clean
from kuiper_pack.planner.steps import Failure
from kuiper_pack.server import rooted
from kuiper_pack.server.errno_words import failure

_DENIED = Failure("permission denied")
_MISSING = (errno.ENOENT,)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0)
_LARGEST_ENTRY = 1 << 30


class RealFiles:
    """Files below ``base``; answers as the steps of ``planner.steps`` say.

    Some releases write where the names in a package lead them. Here they can reach what lies below
    ``base`` and not in ``private``; everywhere else they lack the permission, like a server with an
    account of its own. Looking (``check``, ``read``) is not restricted: the account may read.
    """

    def __init__(self, base: str, private: str) -> None:
        self.base = os.path.realpath(base)
        self.private = os.path.realpath(private)
        self.content: Callable[[Entry, int], Iterable[bytes]] = lambda _entry, _limit: ()
        """The content of an entry of the archive that is open, in pieces."""
        self.breaks_links = False
        """A file that exists is replaced, not emptied: another name of it keeps the content."""
        self._file: int | None = None

    def close(self) -> None:
        """Close the file that was created last."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def check(self, path: str) -> str | Failure:
        """Stat."""
        try:
            return "folder" if stat.S_ISDIR(Path(path).stat().st_mode) else "file"
        except OSError as error:
            return "missing" if error.errno in _MISSING else failure(error)
        except ValueError as error:
            return failure(error)

    def make_folders(self, path: str) -> Failure | None:
        """Mkdir -p; the Failure names the path at fault."""
        new: list[str] = []
        here = path
        while (found := self.check(here)) == "missing":
            new.append(here)
            here = dirname(here)
        if found == "file":
            return Failure("not a directory", here)
        if isinstance(found, Failure):
            return Failure(found.words, here)
        for folder in reversed(new):
            if not self._allows(folder):
                return Failure(_DENIED.words, folder)
            try:
                Path(folder).mkdir(mode=0o755, exist_ok=True)
            except (OSError, ValueError) as error:
                return failure(error, folder)
        return None

    def make_folder_inside(self, root: str, name: str) -> Failure | None:
        """Mkdirat."""
        if not self._allows(f"{root}/."):
            return _DENIED
        return rooted.make_folder_inside(root, name)

    def create(self, path: str, mode: int) -> Failure | None:
        """Open for writing; the parent must be there."""
        self.close()
        if not self._allows(path):
            return self._why_not(path)
        try:
            if self.breaks_links and stat.S_ISREG(os.lstat(path).st_mode):
                mode = os.lstat(path).st_mode
                Path(path).unlink()
        except (OSError, ValueError):
            pass  # there is none, or opening it says what is wrong
        try:
            self._file = os.open(path, _CREATE, mode & 0o777)
        except (OSError, ValueError) as error:
            return failure(error)
        return None

    def create_inside(self, root: str, name: str, mode: int) -> Failure | None:
        """Openat for writing."""
        self.close()
        if not self._allows(f"{root}/."):
            return _DENIED
        if self.breaks_links:
            path = clean(f"{root}/{name}")
            if self.check(path) == "file" and path.startswith(f"{root}/"):
                mode = os.lstat(path).st_mode
                rooted.remove_inside(root, name)
        opened = rooted.create_inside(root, name, mode)
        if isinstance(opened, Failure):
            return opened
        self._file = opened
        return None

    def write(self, data: bytes) -> Failure | None:
        """Add to the file that was created last."""
        if self._file is None:
            return Failure("bad file descriptor")
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            return failure(error)
        return None

    def extract(self, entry: Entry) -> Failure | None:
        """Write the content of an entry as far as it can be read; say what is wrong with it."""
        try:
            pieces = self.content(entry, _LARGEST_ENTRY)
            problem = next(filter(None, map(self.write, pieces)), None)
        except OSError as error:
            return failure(error)
        self.close()
        if problem is not None:
            return problem
        return Failure(entry.problem) if entry.problem else None

    def read(self, path: str, limit: int) -> bytes | Failure:
        """Up to ``limit`` bytes of a file."""
        try:
            with Path(path).open("rb") as file:
                return file.read(limit)
        except (OSError, ValueError) as error:
            return failure(error)

    def remove(self, path: str) -> Failure | None:
        """Unlink or rmdir."""
        if not self._allows(path):
            return self._why_not(path)
        try:
            if stat.S_ISDIR(os.lstat(path).st_mode):
                Path(path).rmdir()
            else:
                Path(path).unlink()
        except (OSError, ValueError) as error:
            return failure(error)
        return None

    def remove_inside(self, root: str, name: str) -> Failure | None:
        """Unlinkat."""
        if not self._allows(f"{root}/."):
            return _DENIED
        return rooted.remove_inside(root, name)

    def remove_tree(self, path: str) -> Failure | None:
        """Rm -r, content with what is missing."""
        try:
            found = os.lstat(path)
        except OSError as error:
            return None if error.errno in _MISSING else failure(error)
        except ValueError as error:
            return failure(error)
        if not self._allows(path) or _is_below(self.private, os.path.realpath(path)):
            return _DENIED
        try:
            if stat.S_ISDIR(found.st_mode):
                shutil.rmtree(path)
            else:
                Path(path).unlink()
        except OSError as error:
            return failure(error)
        return None

    def names_in(self, path: str) -> tuple[str, ...] | Failure:
        """ls, sorted by bytes, folders with a slash."""
        try:
            with os.scandir(path) as found:
                names = [one.name + ("/" if one.is_dir() else "") for one in found]
        except (OSError, ValueError) as error:
            return failure(error)
        return tuple(sorted(names, key=lambda name: os.fsencode(name.rstrip("/"))))

    def _allows(self, path: str) -> bool:
        """Whether ``path`` itself, wherever links lead, may be made, changed or removed."""
        folder, _, name = path.rpartition("/")
        try:
            real = os.path.realpath(folder or "/")
            if Path(path).is_symlink():
                real, name = dirname(os.path.realpath(path)), ""
        except (OSError, ValueError):
            return True  # it will be found to be no path
        inside = _is_below(real, self.base) and not _is_below(real, self.private)
        return inside and clean(f"{real}/{name}") != self.private

    def _why_not(self, path: str) -> Failure:
        """What is wrong with a path that is out of reach: that there is none comes first."""
        parent = self.check(dirname(path))
        if parent == "missing":
            return failure(OSError(errno.ENOENT, ""))
        return parent if isinstance(parent, Failure) else _DENIED


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
