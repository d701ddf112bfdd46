"""Files that are there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Staged:
    """A file on its way: write to ``path``; clear ``keep`` and it never arrives."""

    path: Path
    keep: bool = True


@contextmanager
def staged(target: Path) -> Iterator[Staged]:
    """A temporary file beside ``target`` that is moved onto it when the block ends.

    Leaving the block by any exception, an interrupt too, keeps the old ``target`` and removes what
    was written. A process that is killed outright leaves the old ``target`` as well. Missing parent
    folders are made.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name[:200]}.{os.urandom(6).hex()}.tmp")
    file = Staged(temporary)
    try:
        yield file
        if file.keep:
            _to_disk(temporary, os.O_RDWR)
            temporary.replace(target)
            if os.name == "posix":
                _to_disk(target.parent, os.O_RDONLY)
    finally:
        temporary.unlink(missing_ok=True)


def _to_disk(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
