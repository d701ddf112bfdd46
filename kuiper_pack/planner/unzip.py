"""One entry to the disk, as each way of unzipping does it (see ``profiles.profile.Unzip``).

What a performer does for an ``Unzip`` step, on whatever file system it has.
"""

import stat
from posixpath import dirname
from typing import Protocol

from kuiper_pack.package.entry import Entry
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.folders import clean, join
from kuiper_pack.planner.goquote import quote
from kuiper_pack.planner.steps import Failure, Unzip

_PERMISSIONS = 0o777
_ESCAPES = "path escapes from parent"
_MISSING = "no such file or directory"


class Files(Protocol):
    """A file system; the methods answer as the steps of the same name do.

    ``*_inside`` never leave ``root``. A new file gets ``mode``; ``extract`` writes the content of
    an entry into the file that was created last and answers with what is wrong with the archive.
    """

    def check(self, path: str) -> str | Failure: ...  # noqa: D102
    def make_folders(self, path: str) -> Failure | None: ...  # noqa: D102
    def make_folder_inside(self, root: str, name: str) -> Failure | None: ...  # noqa: D102
    def create(self, path: str, mode: int) -> Failure | None: ...  # noqa: D102
    def create_inside(self, root: str, name: str, mode: int) -> Failure | None: ...  # noqa: D102
    def extract(self, entry: Entry) -> Failure | None: ...  # noqa: D102
    def remove(self, path: str) -> Failure | None: ...  # noqa: D102
    def remove_inside(self, root: str, name: str) -> Failure | None: ...  # noqa: D102
    def remove_tree(self, path: str) -> Failure | None: ...  # noqa: D102


def unzip(files: Files, step: Unzip) -> Failure | None:
    """Perform a step; a Failure carries the server's words and the cause."""
    if step.how == "one-level":
        return _one_level(files, step)
    if step.how in ("exclusive", "replace", "replace-tree"):
        return _early(files, step)
    return _merge(files, step)


def _early(files: Files, step: Unzip) -> Failure | None:
    path = join(step.folder, step.name)
    if files.check(path) != "missing":
        if step.how == "exclusive":
            return Failure(f"{path} already exist", cause=Cause.CONFIGURATION_EXISTS)
        remove = files.remove_tree if step.how == "replace-tree" else files.remove
        if remove(path) is not None:
            return _not_deleted(path)
    if step.entry.is_dir:
        if step.how != "replace-tree":
            return Failure(f"{path}: not a file, but a directory", cause=Cause.ENTRY_IS_DIRECTORY)
        files.make_folders(path)
        return None
    return _make_parent(files, path) or _write(files, step.entry, path)


def _merge(files: Files, step: Unzip) -> Failure | None:
    name = step.name
    if step.how == "checked" and (".." in name or name.startswith("/")):
        words = "invalid file name: path traversal or absolute paths are not allowed: "
        return Failure(words + quote(name), cause=Cause.ENTRY_ESCAPES)
    path = join(step.folder, name)
    found = files.check(path)
    if step.entry.is_dir:
        return _make(files, path) if found == "missing" else None
    if found != "missing" and files.remove_tree(path) is not None:
        return _not_deleted(path)
    failure = _make_parent(files, path)
    if failure is not None:
        return failure
    if step.how == "merge":
        return _write(files, step.entry, path)
    if files.check(step.folder) == "missing":
        return Failure(f"open {step.folder}: {_MISSING}", cause=Cause.FOLDER_MISSING)
    return _write_inside(files, step)


def _one_level(files: Files, step: Unzip) -> Failure | None:
    failure = _make(files, step.folder)
    if failure is not None:
        return failure
    if step.entry.is_dir:
        return _make_inside(files, step.folder, step.name)
    if "/" in step.name:
        parent = clean(dirname(step.name))
        failure = _make_inside(files, step.folder, parent) if parent != "." else None
        if failure is not None:
            return failure
    files.remove_inside(step.folder, step.name)
    return _write_inside(files, step)


def _make(files: Files, path: str) -> Failure | None:
    failure = files.make_folders(path)
    if failure is None:
        return None
    return Failure(f"mkdir {failure.path or path}: {failure.words}", cause=Cause.PATH_CLASH)


def _make_parent(files: Files, path: str) -> Failure | None:
    parent = path[: path.rfind("/")] or "/"
    return _make(files, parent) if files.check(parent) == "missing" else None


def _make_inside(files: Files, folder: str, name: str) -> Failure | None:
    failure = files.make_folder_inside(folder, name)
    if failure is None or failure.words == "file exists":
        return None
    return _inside(failure, f"mkdirat {name}")


def _write(files: Files, entry: Entry, path: str) -> Failure | None:
    failure = files.create(path, entry.mode)
    return _inside(failure, f"open {path}") if failure else _extract(files, entry)


def _write_inside(files: Files, step: Unzip) -> Failure | None:
    mode = step.entry.mode
    if not stat.S_ISREG(mode) or stat.S_IMODE(mode) & ~_PERMISSIONS:
        return Failure(f"openat {step.name}: unsupported file mode", cause=Cause.ENTRY_MODE)
    failure = files.create_inside(step.folder, step.name, mode)
    if failure is not None:
        return _inside(failure, f"openat {step.name}")
    return _extract(files, step.entry)


def _extract(files: Files, entry: Entry) -> Failure | None:
    failure = files.extract(entry)
    return Failure(failure.words, cause=Cause.ENTRY_UNREADABLE) if failure else None


def _not_deleted(path: str) -> Failure:
    return Failure(f"failed to delete file {path}", cause=Cause.PATH_CLASH)


def _inside(failure: Failure, operation: str) -> Failure:
    if failure.words == _ESCAPES:
        cause = Cause.ENTRY_ESCAPES
    elif failure.words == _MISSING:
        cause = Cause.FOLDER_MISSING
    else:
        cause = Cause.PATH_CLASH
    return Failure(f"{operation}: {failure.words}", cause=cause)
