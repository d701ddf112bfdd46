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
    bits, ``folders`` a folder to the paths directly in it, ``written`` holds the files that were
    opened for writing.
    """

    def __init__(self) -> None:
        self.files: dict[str, int] = {}
        self.folders: dict[str, set[str]] = {"/": set()}
        self.written: set[str] = set()

    def copy(self) -> "Disk":
        """The same tree, to be changed on its own."""
        other = Disk()
        other.files = dict(self.files)
        other.folders = {path: set(held) for path, held in self.folders.items()}
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
            self._add_folder(folder)
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
        self._add_folder(path)
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
            self.folders[dirname(path)].add(path)
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
        if path in self.files:
            del self.files[path]
        elif path not in self.folders:
            return self._no_path(path)
        elif self.folders[path]:
            return Failure("directory not empty")
        else:
            del self.folders[path]
        self.folders[dirname(path)].discard(path)
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
        if found == "missing":
            return None
        self.folders[dirname(path)].discard(path)
        doomed = [path]
        while doomed:
            one = doomed.pop()
            if self.files.pop(one, None) is None:
                doomed.extend(self.folders.pop(one))
        return None

    def names_in(self, path: str) -> tuple[str, ...] | Failure:
        """ls, sorted by bytes, folders with a slash."""
        if path not in self.folders:
            return self._no_path(path) if path not in self.files else _NOT_A_FOLDER
        held = sorted(self.folders[path], key=_bytes)
        return tuple(one.rpartition("/")[2] + ("/" if one in self.folders else "") for one in held)

    def listing(self) -> set[str]:
        """All files, and folders that hold nothing, with a slash."""
        return {f"{path}/" for path, held in self.folders.items() if not held} | self.files.keys()

    def added_since(self, before: "Disk") -> list[str]:
        """What ``listing`` holds now and did not hold before, sorted."""
        old = before.folders.keys()
        if not (self.folders.keys() >= old and self.files.keys() >= before.files.keys()):
            return sorted(self.listing() - before.listing())
        added = list(self.files.keys() - before.files.keys())
        added += [f"{path}/" for path in self.folders.keys() - old if not self.folders[path]]
        return sorted(added)

    def _add_folder(self, path: str) -> None:
        self.folders[path] = set()
        self.folders[dirname(path)].add(path)

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
