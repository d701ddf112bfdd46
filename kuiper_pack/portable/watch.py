"""Telling when a file of a folder changes."""

import time
from collections.abc import Iterator
from pathlib import Path

_EVERY = 0.3
_IGNORED = frozenset({".git", ".venv", "venv", "__pycache__", "dist"})


def changes(path: Path, every: float = _EVERY) -> Iterator[None]:
    """Yield at once, and again after each change; the folder is looked at ``every`` seconds."""
    before = None
    while True:
        now = _state(path)
        if now != before:
            before = now
            yield
        else:
            time.sleep(every)


def _state(path: Path) -> dict[str, tuple[int, int]]:
    """Time of change in nanoseconds and size of each file."""
    found = {}
    files = [path] if path.is_file() else path.rglob("*")
    for file in files:
        try:
            facts = file.stat()
        except OSError:
            continue
        if file.is_file() and not _IGNORED.intersection(file.relative_to(path).parts):
            found[str(file)] = (facts.st_mtime_ns, facts.st_size)
    return found
