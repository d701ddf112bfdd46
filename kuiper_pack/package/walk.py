"""The files of a folder as entries of a package."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from time import gmtime

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.entry import Entry

NEEDLESS = (
    # at the top: what tools keep there for themselves, secrets among it, and what they make
    "/.*", "/dist", "/build", "/Jenkinsfile", "/tox.ini", "/noxfile.py",
    "/uv.lock", "/poetry.lock", "/pdm.lock",
    # anywhere: repositories, settings and secrets of the author's machine
    ".git", ".gitignore", ".gitattributes", ".hg", ".svn", ".idea", ".vscode", ".env*",
    "kuiper-pack.toml",
    # environments and caches
    "venv", ".venv", "env", "node_modules", ".tox", ".nox", "*.egg-info", "__pycache__", "*.py[co]",
    ".*_cache", ".hypothesis", ".coverage",
    # what editors and desktops leave behind, and kuiper-pack itself where it is killed
    "*.sw[op]", "*~", "#*#", ".#*", "*.orig", ".DS_Store", "Thumbs.db", "desktop.ini", ".*.*.tmp",
)  # fmt: skip
"""Names that are not packed unless a project includes them, as shell patterns.

One that begins with "/" only counts at the top. Names that begin with a dot are packed elsewhere:
libraries that are copied into a project have folders like ``.libs``.
"""

MAX_ENTRIES = 50_000
MAX_DEPTH = 100
_SNIFFED = 4


def fits(path: str, patterns: Sequence[str]) -> bool:
    """Whether a path relative to the folder, or its last part, matches a pattern."""
    name = path.rsplit("/", 1)[-1]
    for pattern in patterns:
        if pattern.startswith("/"):
            if fnmatchcase(path, pattern[1:]) and ("/" in pattern[1:] or "/" not in path):
                return True
        elif fnmatchcase(name, pattern) or ("/" in pattern and fnmatchcase(path, pattern)):
            return True
    return False


def is_needless(path: str) -> bool:
    """Whether no package needs what lies at ``path``."""
    return fits(path, NEEDLESS)


def walk_folder(
    folder: Path,
    left_out: Callable[[str], bool] = is_needless,
    *,
    max_entries: int = MAX_ENTRIES,
) -> tuple[Entry, ...]:
    """The entries of a folder: sorted by path, every directory before its content.

    Modes are by need: 0755 for directories, for scripts (``#!``), executables and files that may be
    executed here, else 0644. Symbolic links are followed where they stay inside the folder; others,
    and devices, sockets and pipes, are listed with their type as a ``problem``; so are files that
    cannot be read, which do not open. ``left_out`` tells, by its path, what is not looked at.
    Raises KuiperPackError where the folder cannot be listed or is larger than ``max_entries`` or
    deeper than 100.
    """
    found: list[Entry] = []
    try:
        top = folder.resolve(strict=True)
        for entry in _walk(folder, top, "", left_out, ()):
            found.append(entry)
            if len(found) > max_entries:
                raise KuiperPackError(
                    f"{folder}: more than {max_entries} files; exclude what is not for the package"
                )
    except OSError as error:
        raise KuiperPackError(f"{folder}: cannot be listed: {error.strerror or error}") from None
    return tuple(found)


def _walk(
    folder: Path,
    top: Path,
    prefix: str,
    left_out: Callable[[str], bool],
    above: tuple[Path, ...],
) -> Iterator[Entry]:
    here = folder.resolve(strict=True)
    if here in above:
        return  # a link to a folder above
    if len(above) > MAX_DEPTH:
        raise KuiperPackError(f"{folder}: folders are nested deeper than {MAX_DEPTH}")
    with os.scandir(folder) as listing:
        items = sorted(listing, key=lambda item: os.fsencode(item.name))
    for item in items:
        path = prefix + item.name
        if left_out(path):
            continue
        entry, inner = _entry(item, path, top)
        yield entry
        if inner is not None:
            yield from _walk(inner, top, entry.name, left_out, (*above, here))


def _entry(item: os.DirEntry[str], path: str, top: Path) -> tuple[Entry, Path | None]:
    """The entry of one item, and the folder to go on with."""
    try:
        if item.is_symlink() and not Path(item.path).resolve(strict=True).is_relative_to(top):
            return _odd(path, stat.S_IFLNK, "a link out of the folder"), None
        status = item.stat()
    except (OSError, RuntimeError) as error:
        if not item.is_symlink():
            return _odd(path, stat.S_IFREG, _reason(error))._replace(opens=False), None
        return _odd(path, stat.S_IFLNK, "a link to nothing"), None
    modified = _modified(status.st_mtime)
    if stat.S_ISDIR(status.st_mode):
        entry = Entry(f"{path}/", True, stat.S_IFDIR | 0o755, 0, modified=modified)
        return entry, Path(item.path)
    if not stat.S_ISREG(status.st_mode):
        return _odd(path, stat.S_IFMT(status.st_mode), "no regular file"), None
    problem, start = None, b""
    try:
        with Path(item.path).open("rb") as file:
            start = file.read(_SNIFFED)
    except OSError as error:
        problem = _reason(error)
    runs = status.st_mode & 0o100 or start[:2] == b"#!" or start == b"\x7fELF"
    mode = stat.S_IFREG | (0o755 if runs else 0o644)
    size = status.st_size
    entry = Entry(path, False, mode, size, size, modified=modified, problem=problem)
    return (entry if problem is None else entry._replace(opens=False)), None


def _reason(error: OSError | RuntimeError) -> str:
    return getattr(error, "strerror", None) or str(error)


def _odd(path: str, kind: int, problem: str) -> Entry:
    return Entry(path, False, kind | 0o644, 0, problem=problem)


def _modified(seconds: float) -> tuple[int, ...]:
    try:
        return tuple(gmtime(max(seconds, 315532800))[:6])  # a zip cannot say times before 1980
    except (OverflowError, ValueError, OSError):
        return (1980, 1, 1, 0, 0, 0)
