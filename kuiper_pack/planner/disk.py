"""A file system in memory, as far as installing a plugin can tell it from a real one."""

from kuiper_pack.package.entry import Entry
from kuiper_pack.planner.folders import clean
from kuiper_pack.planner.steps import Failure

_MISSING = Failure("no such file or directory")
_NOT_A_FOLDER = Failure("not a directory")
_TOO_LONG = Failure("file name too long")
_INVALID = Failure("invalid argument")
_ESCAPES = Failure("path escapes from parent")
_EMPTY = Failure("empty path")
_LONGEST_NAME = 255
_LONGEST_PATH = 4095
_SURELY_SHORT = 63  # characters of at most four bytes each


class Disk:
    """Files and folders by absolute path; the root folder is always there.

    Methods answer as their steps in ``planner.steps`` say. ``files`` maps a file to its permission
    bits, ``written`` holds the files that were opened for writing.
    """

    def __init__(self) -> None:
        self.files: dict[str, int] = {}
        self.folders: set[str] = {"/"}
        self.written: set[str] = set()

    def copy(self) -> "Disk":
        """The same tree, to be changed on its own."""
        other = Disk()
        other.files = dict(self.files)
        other.folders = set(self.folders)
        return other

    def check(self, path: str) -> str | Failure:
        """Stat."""
        if path in self.files:
            return "file"
        if path in self.folders:
            return "folder"
        problem = self._no_path(path)
        return "missing" if problem is _MISSING else problem

    def make_folders(self, path: str) -> Failure | None:
        """Mkdir -p."""
        new: list[str] = []
        here = path
        while here not in self.folders:
            if here in self.files:
                return Failure(_NOT_A_FOLDER.words, here)
            new.append(here)
            here = dirname(here)
        for folder in reversed(new):
            problem = self._no_path(folder)
            if problem is not _MISSING:
                return Failure(problem.words, folder)
            self.folders.add(folder)
        return None

    def make_folder_inside(self, root: str, name: str) -> Failure | None:
        """Mkdirat."""
        path = self._inside(root, name)
        if isinstance(path, Failure):
            return path
        found = self.check(path)
        if isinstance(found, Failure):
            return found
        if found != "missing":
            return Failure("file exists")
        self.folders.add(path)
        return None

    def create(self, path: str, mode: int) -> Failure | None:
        """Open for writing; the parent must be there."""
        if path in self.folders:
            return Failure("is a directory")
        if path not in self.files:
            problem = self._no_path(path)
            if problem is not _MISSING or dirname(path) not in self.folders:
                return problem
            self.files[path] = mode & 0o777
        self.written.add(path)
        return None

    def create_inside(self, root: str, name: str, mode: int) -> Failure | None:
        """Openat for writing."""
        path = self._inside(root, name)
        return path if isinstance(path, Failure) else self.create(path, mode)

    def extract(self, entry: Entry) -> Failure | None:
        """What is wrong with the content of an entry; the content itself is not kept."""
        return Failure(entry.problem) if entry.problem else None

    def remove(self, path: str) -> Failure | None:
        """Unlink or rmdir."""
        if self.files.pop(path, None) is not None:
            return None
        if path not in self.folders:
            return self._no_path(path)
        inside = f"{path}/"
        if any(one.startswith(inside) for one in (*self.files, *self.folders)):
            return Failure("directory not empty")
        self.folders.discard(path)
        return None

    def remove_inside(self, root: str, name: str) -> Failure | None:
        """Unlinkat."""
        path = self._inside(root, name)
        if path == root:
            return _INVALID
        return path if isinstance(path, Failure) else self.remove(path)

    def remove_tree(self, path: str) -> Failure | None:
        """Rm -r, content with what is missing."""
        found = self.check(path)
        if isinstance(found, Failure):
            # Go looks for the folder before it tells what is wrong with the name.
            return None if self.check(dirname(path)) == "missing" else found
        if found == "file":
            del self.files[path]
        elif found == "folder":
            inside = f"{path}/"
            for file in [one for one in self.files if one.startswith(inside)]:
                del self.files[file]
            self.folders = {
                one for one in self.folders if one != path and not one.startswith(inside)
            }
        return None

    def names_in(self, path: str) -> tuple[str, ...] | Failure:
        """ls, sorted by bytes, folders with a slash."""
        if path not in self.folders:
            return self._no_path(path) if path not in self.files else _NOT_A_FOLDER
        inside = f"{path}/"
        names = {one[len(inside) :] for one in self.files if one.startswith(inside)}
        names |= {f"{one[len(inside) :]}/" for one in self.folders if one.startswith(inside)}
        here = [name for name in names if "/" not in name.rstrip("/")]
        return tuple(sorted(here, key=lambda name: _bytes(name.rstrip("/"))))

    def listing(self) -> set[str]:
        """All files, and folders that hold nothing, with a slash."""
        parents = {dirname(path) for path in (*self.files, *self.folders)}
        empty = {f"{path}/" for path in self.folders if path not in parents}
        return empty | self.files.keys()

    def added_since(self, before: "Disk") -> list[str]:
        """What ``listing`` holds now and did not hold before, sorted."""
        if not (self.folders >= before.folders and self.files.keys() >= before.files.keys()):
            return sorted(self.listing() - before.listing())
        added = list(self.files.keys() - before.files.keys())
        folders = self.folders - before.folders
        if folders:
            parents = {dirname(path) for path in (*added, *folders)}
            added += [f"{path}/" for path in folders if path not in parents]
        return sorted(added)

    def _no_path(self, path: str) -> Failure:
        """Why there is nothing at ``path``; ``_MISSING`` where something could be made there."""
        parent = dirname(path)
        if parent in self.folders and len(path) <= _SURELY_SHORT and "\0" not in path:
            return _MISSING
        if "\0" in path:
            return _INVALID
        if len(path) > _SURELY_SHORT:
            raw = _bytes(path)
            if len(raw) > _LONGEST_PATH:
                return _TOO_LONG
        missing = path
        while parent not in self.folders:
            if parent in self.files:
                return _NOT_A_FOLDER
            missing, parent = parent, dirname(parent)
        too_long = len(_bytes(missing[len(parent) :].lstrip("/"))) > _LONGEST_NAME
        return _TOO_LONG if too_long else _MISSING

    def _inside(self, root: str, name: str) -> str | Failure:
        """The absolute path of ``name`` below ``root``; its parents must be folders there."""
        path = f"{root}/{name}"
        if path == clean(path) and dirname(path) in self.folders:
            return path
        if name.startswith("/"):
            return _ESCAPES
        if not name:
            return _EMPTY
        parts = [part for part in name.split("/") if part not in ("", ".")]
        here: list[str] = []
        for index, part in enumerate(parts):
            if part == "..":
                if not here:
                    return _ESCAPES
                here.pop()
                continue
            if index == len(parts) - 1:
                return clean("/".join([root, *here, part]))
            here.append(part)
            found = self.check("/".join([root, *here]))
            if found == "missing":
                return _MISSING
            if found != "folder":
                return found if isinstance(found, Failure) else _NOT_A_FOLDER
        return clean("/".join([root, *here]))


def dirname(path: str) -> str:
    """The folder of an absolute, clean path."""
    return path[: path.rfind("/")] or "/"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
