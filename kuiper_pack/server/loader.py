"""Loading shared objects without running them."""

import hashlib
import os
import re
from pathlib import Path

from kuiper_pack.planner.steps import Failure
from kuiper_pack.server.errno_words import words
from kuiper_pack.server.options import Loader

_IDENTITY = re.compile(rb"\x7fELF[\x01\x02][\x01\x02]\x01", re.DOTALL)
"""The magic number, a class, a byte order and the version (elf(5))."""
_HEADER = 64
_CHUNK = 1 << 20


class SharedObjects:
    """The shared objects that one process has loaded; only a restart forgets them.

    ``accept`` opens any file. ``elf`` wants an ELF header, and takes two files of equal content for
    one plugin under two paths, which Go refuses (api C-28), and remembers.
    """

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._paths: set[str] = set()
        self._contents: set[bytes] = set()
        self._refused: set[str] = set()

    def open(self, path: str) -> Failure | None:
        """plugin.Open: None, or its error."""
        real = os.path.realpath(path)
        if real in self._paths:
            return None
        if real in self._refused:
            return _failed(path, "plugin already loaded (previous failure)")
        try:
            with Path(real).open("rb") as file:
                start = file.read(_HEADER)
                digest = hashlib.sha256(start)
                while self._loader == "elf" and (chunk := file.read(_CHUNK)):
                    digest.update(chunk)
        except IsADirectoryError:
            return _failed(path, f"{path}: cannot read file data: Is a directory")
        except OSError as error:
            return _failed(path, f"{path}: cannot open shared object file: {words(error)}")
        if self._loader == "elf":
            if not _IDENTITY.match(start):
                what = "file too short" if len(start) < _HEADER else "invalid ELF header"
                return _failed(path, f"{path}: {what}")
            if digest.digest() in self._contents:
                self._refused.add(real)
                return _failed(path.removesuffix(".so"), "plugin already loaded")
            self._contents.add(digest.digest())
        self._paths.add(real)
        return None


def _failed(path: str, why: str) -> Failure:
    return Failure(f'plugin.Open("{path}"): {why}')
