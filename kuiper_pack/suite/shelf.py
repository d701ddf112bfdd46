"""Shared objects that were built once, and are kept for other runs."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from kuiper_pack.build.atomic import staged
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.suite import places

Progress = Callable[[int, int], None]
"""Is told how many are built, and how many there will be."""


class Compiler(Protocol):
    """Makes shared objects; whatever decides what they are is in its ``key``."""

    @property
    def key(self) -> str:
        """The name of a folder for them."""

    def compile(self, names: Sequence[str]) -> Iterator[tuple[str, Path]]:
        """Each name with a file that is there until the next one is asked for.

        Raises KuiperPackError where that fails.
        """


class Shelf:
    """The shared objects of a compiler, in the user's cache; several processes may fill it."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._folder = places.cache() / "pool" / compiler.key

    def fill(self, names: Sequence[str], told: Progress = lambda _done, _all: None) -> int:
        """Have those that are missing built; returns how many were. Raises KuiperPackError."""
        missing = [name for name in names if not self.path(name).is_file()]
        if not missing:
            return 0
        told(0, len(missing))
        for number, (name, file) in enumerate(self._compiler.compile(missing), 1):
            self._keep(name, file)
            told(number, len(missing))
        return len(missing)

    def read(self, name: str) -> bytes:
        """The content of one, built where it is missing; raises KuiperPackError."""
        self.fill([name])
        return self.path(name).read_bytes()

    def path(self, name: str) -> Path:
        """Where one is, or will be."""
        return self._folder / f"{name}.so"

    def _keep(self, name: str, file: Path) -> None:
        try:
            with staged(self.path(name)) as new:
                shutil.copyfile(file, new.path)
        except OSError as error:
            raise KuiperPackError(
                f"{self._folder}: {error.strerror}: set {places.CACHE} to a folder with room "
                "that can be written"
            ) from error
