"""Packages, and what lies below the folder of a server."""

import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.shared_objects import ELF

__all__ = ["ELF", "files_below", "package", "package_of", "waited_for"]


def package(path: Path, **contents: bytes) -> str:
    """Write a zip of files, names with ``__`` for a dot; its URL."""
    named = {name.replace("__", "."): data for name, data in contents.items()}
    return package_of(path, named)


def package_of(path: Path, contents: dict[str, bytes]) -> str:
    """Write a zip of files; its URL."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in contents.items():
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            folder = name.endswith("/")
            info.external_attr = (0o040755 if folder else 0o100644) << 16
            archive.writestr(info, data)
    return path.as_uri()


def files_below(base: Path) -> dict[str, bytes]:
    """The files that a server shows, by path below its folder."""
    return {
        str(path.relative_to(base)): path.read_bytes()
        for tree in ("etc", "data", "plugins")
        for path in sorted((base / tree).rglob("*"))
        if path.is_file()
    }


def waited_for(it: Callable[[], bool], seconds: float = 20) -> None:
    """Come back when ``it`` is so; fail when it is not in time."""
    latest = time.monotonic() + seconds
    while not it():
        assert time.monotonic() < latest
        time.sleep(0.01)
