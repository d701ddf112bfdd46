"""One entry to the disk, as each way of unzipping does it (see ``profiles.profile.Unzip``)."""

import stat
from collections.abc import Generator
from posixpath import dirname
from typing import Any

from kuiper_pack.package.entry import Entry
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.folders import clean, join
from kuiper_pack.planner.outcome import Refused
from kuiper_pack.planner.steps import (
    Check,
    Create,
    CreateInside,
    Extract,
    Failure,
    MakeFolderInside,
    MakeFolders,
    Remove,
    RemoveInside,
    RemoveTree,
    Step,
)
from kuiper_pack.profiles import Profile

Part = Generator[Step, Any, None]
_PERMISSIONS = 0o777
_ESCAPES = "path escapes from parent"


def unzip(profile: Profile, entry: Entry, folder: str, name: str) -> Part:
    """Write ``entry`` as ``name`` into ``folder``; raises Refused in the server's words."""
    if profile.unzip == "one-level":
        yield from _one_level(entry, folder, name)
    elif profile.unzip in ("exclusive", "replace", "replace-tree"):
        yield from _early(profile, entry, folder, name)
    else:
        yield from _merge(profile, entry, folder, name)


def _early(profile: Profile, entry: Entry, folder: str, name: str) -> Part:
    path = join(folder, name)
    if (yield Check(path)) != "missing":
        if profile.unzip == "exclusive":
            raise Refused(Cause.CONFIGURATION_EXISTS, f"{path} already exist", entry=entry.name)
        tree = profile.unzip == "replace-tree"
        if (yield RemoveTree(path) if tree else Remove(path)) is not None:
            raise Refused(Cause.PATH_CLASH, f"failed to delete file {path}", entry=entry.name)
    if entry.is_dir:
        if profile.unzip != "replace-tree":
            raise Refused(
                Cause.ENTRY_IS_DIRECTORY,
                f"{path}: not a file, but a directory",
                entry=entry.name,
            )
        yield MakeFolders(path)
        return
    yield from _make_parent(entry, path)
    yield from _write(entry, path, "open", path, Create(path, entry.mode))


def _merge(profile: Profile, entry: Entry, folder: str, name: str) -> Part:
    if profile.unzip == "checked" and (".." in name or name.startswith("/")):
        words = "invalid file name: path traversal or absolute paths are not allowed"
        raise Refused(Cause.ENTRY_ESCAPES, f'{words}: "{name}"', entry=entry.name)
    path = join(folder, name)
    found = yield Check(path)
    if entry.is_dir:
        if found == "missing":
            yield from _make(entry, path)
        return
    if found != "missing" and (yield RemoveTree(path)) is not None:
        raise Refused(Cause.PATH_CLASH, f"failed to delete file {path}", entry=entry.name)
    yield from _make_parent(entry, path)
    if profile.unzip == "merge":
        yield from _write(entry, path, "open", path, Create(path, entry.mode))
        return
    if (yield Check(folder)) == "missing":
        raise Refused(
            Cause.FOLDER_MISSING, f"open {folder}: no such file or directory", entry=entry.name
        )
    yield from _write_inside(entry, folder, name)


def _one_level(entry: Entry, folder: str, name: str) -> Part:
    yield from _make(entry, folder)
    if entry.is_dir:
        yield from _make_inside(entry, folder, name)
        return
    parent = clean(dirname(name))
    if parent != ".":
        yield from _make_inside(entry, folder, parent)
    yield RemoveInside(folder, name)
    yield from _write_inside(entry, folder, name)


def _make(entry: Entry, path: str) -> Part:
    failure = yield MakeFolders(path)
    if failure is not None:
        words = f"mkdir {failure.path or path}: {failure.words}"
        raise Refused(Cause.PATH_CLASH, words, entry=entry.name)


def _make_parent(entry: Entry, path: str) -> Part:
    parent = dirname(path)
    if (yield Check(parent)) == "missing":
        yield from _make(entry, parent)


def _make_inside(entry: Entry, folder: str, name: str) -> Part:
    failure = yield MakeFolderInside(folder, name)
    if failure is not None and failure.words != "file exists":
        raise Refused(_inside_cause(failure), f"mkdirat {name}: {failure.words}", entry=entry.name)


def _write_inside(entry: Entry, folder: str, name: str) -> Part:
    if not stat.S_ISREG(entry.mode) or stat.S_IMODE(entry.mode) & ~_PERMISSIONS:
        words = f"openat {name}: unsupported file mode"
        raise Refused(Cause.ENTRY_MODE, words, entry=entry.name)
    step = CreateInside(folder, name, entry.mode)
    yield from _write(entry, join(folder, name), "openat", name, step)


def _write(
    entry: Entry, path: str, operation: str, shown: str, step: Create | CreateInside
) -> Part:
    failure = yield step
    if failure is not None:
        words = f"{operation} {shown}: {failure.words}"
        raise Refused(_inside_cause(failure), words, entry=entry.name)
    failure = yield Extract(path, entry)
    if failure is not None:
        raise Refused(Cause.ENTRY_UNREADABLE, failure.words, entry=entry.name)


def _inside_cause(failure: Failure) -> Cause:
    if failure.words == _ESCAPES:
        return Cause.ENTRY_ESCAPES
    if failure.words == "no such file or directory":
        return Cause.FOLDER_MISSING
    return Cause.PATH_CLASH
