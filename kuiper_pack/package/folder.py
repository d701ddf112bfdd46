"""What of a folder goes into its package: the one listing that builds, verdicts and views share."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.detect import plugin_name
from kuiper_pack.package.entry import Entry
from kuiper_pack.package.projectfile import FILE, PYPROJECT, pyproject_of, settings_of, texts_of
from kuiper_pack.package.walk import MAX_ENTRIES, NEEDLESS, fits, walk_folder

if TYPE_CHECKING:
    from zipfile import ZipFile

_MANIFEST = 256 << 10
_GO_FILES = frozenset({"go.mod", "go.sum", "go.work", "go.work.sum"})
_GO_FOLDERS = frozenset({"vendor", "testdata"})

_IN_WHEELS = ("*.whl", f"/{PYPROJECT}")
"""What a package with wheels does not hold beside them: other wheels, and what asks for them."""
_INSTALLABLE = {"project", "build-system"}
"""Tables of a pyproject.toml that install.sh could install; else it holds settings of tools."""

DEFAULT_OUTPUT = "dist"
"""Where packages are put that a project makes, unless it says otherwise."""


def list_folder(
    folder: Path, exclude: Sequence[str] = (), *, max_entries: int = MAX_ENTRIES
) -> tuple[Entry, ...]:
    """The entries of the package of a project, as :func:`walk_folder` finds them.

    Left out are what ``exclude`` and the ``exclude`` of the project's settings say, what no package
    needs unless their ``include`` asks for it, the folder that the settings put packages into, zips
    that hold a package of this very plugin, wherever they lie, and folders that are empty then.
    Where wheels go along, pyproject.toml and other wheels do not; nor does a pyproject.toml that
    nothing can be installed by. Raises KuiperPackError where the folder cannot be listed, for a
    file that cannot be read or whose name is not UTF-8, and for settings that are no TOML.
    """
    found = settings_of(folder)
    settings = {} if found is None else found[1]
    unwanted = [*exclude, *texts_of(settings, "exclude")]
    for one in texts_of(settings, "output"):
        unwanted += output_patterns(folder, one)
    needless = (*NEEDLESS, *_needless(folder, settings))
    include = texts_of(settings, "include")

    def left_out(path: str) -> bool:
        return fits(path, unwanted) or (fits(path, needless) and not fits(path, include))

    entries = walk_folder(folder, left_out, max_entries=max_entries)
    names = texts_of(settings, "name") or _names(entries)
    kept = [entry for entry in entries if not _is_package(folder, entry, names)]
    for entry in kept:
        _check(folder, entry)
    return tuple(_without_empty_folders(kept))


def _needless(folder: Path, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Patterns of what this very project needs to make its package, and not in it."""
    if texts_of(settings, "bundle"):
        return _IN_WHEELS
    installable = not _INSTALLABLE.isdisjoint(pyproject_of(folder))
    return () if installable else (f"/{PYPROJECT}",)


def is_go_source(name: str) -> bool:
    """Whether an entry of a Go module is what a package is compiled from, and no part of it."""
    first = name.partition("/")[0]
    return name.endswith(".go") or first in _GO_FILES or first in _GO_FOLDERS


def without_go_sources(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """What is left of ``entries`` where the sources of a Go module stay out."""
    return tuple(_without_empty_folders([one for one in entries if not is_go_source(one.name)]))


def output_patterns(folder: Path, output: str | None) -> tuple[str, ...]:
    """What keeps the output of a project out of its package, as patterns for ``exclude``.

    ``output`` is a folder or a zip, by default ``dist``; relative paths start at ``folder``.
    """
    top = folder.resolve()
    place = (top / (output or DEFAULT_OUTPUT)).resolve()
    if top not in place.parents:
        return ()
    return (f"/{_literal(place.relative_to(top).as_posix())}",)


def _literal(path: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", path)


def _names(entries: Iterable[Entry]) -> set[str]:
    """The names that the plugin of a folder could have, by the files at its root."""
    names = set()
    for entry in entries:
        if entry.is_dir or "/" in entry.name:
            continue
        stem, dot, suffix = entry.name.rpartition(".")
        if dot and suffix in ("json", "yaml"):
            names.add(stem)
        elif dot and suffix == "so":
            names.add(plugin_name(entry.name))
    return names


def _is_package(folder: Path, entry: Entry, names: Collection[str]) -> bool:
    """Whether an entry is a zip with a plugin of one of ``names``."""
    if entry.is_dir or entry.problem is not None or not entry.name.lower().endswith(".zip"):
        return False
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(folder / entry.name) as archive:
            return any(_is_of(archive, file, names) for file in archive.namelist())
    except (OSError, ValueError, RuntimeError, EOFError, BadZipFile):
        return False  # whatever it is, kuiper-pack did not make it


def _is_of(archive: ZipFile, file: str, names: Collection[str]) -> bool:
    if "/" in file:
        return False
    if file.endswith(".so"):
        plugin = plugin_name(file)
        return any(plugin == name[:1].lower() + name[1:] for name in names)
    if not file.endswith(".json") or file.removesuffix(".json") not in names:
        return False
    with archive.open(file) as content:
        start = content.read(_MANIFEST)
    return re.search(rb'"executable"\s*:', start, re.IGNORECASE) is not None


def _check(folder: Path, entry: Entry) -> None:
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        raise KuiperPackError(
            f"{folder}: the name of the file {entry.name!r} is not UTF-8; rename it"
        ) from None
    if entry.problem is not None and not entry.opens:
        raise KuiperPackError(
            f"{folder / entry.name}: cannot be read: {entry.problem}; make it readable, or exclude "
            f"it in {FILE}"
        )


def _without_empty_folders(entries: Sequence[Entry]) -> Iterator[Entry]:
    needed: set[str] = set()
    for entry in entries:
        if not entry.is_dir:
            at = entry.name.rfind("/")
            while at >= 0 and entry.name[: at + 1] not in needed:
                needed.add(entry.name[: at + 1])
                at = entry.name.rfind("/", 0, at)
    return (entry for entry in entries if not entry.is_dir or entry.name in needed)
