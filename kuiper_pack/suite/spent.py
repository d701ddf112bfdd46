"""Which plugins of a pool a server has loaded: each can be loaded once in the life of a process.

The server does not tell: a dropped plugin is not listed, and its code is there all the same. So
each name is claimed in a folder of the user's cache, before the plugin is sent; runs at the same
time claim different names. A server that was started anew has loaded nothing.
"""

import time
from contextlib import suppress
from pathlib import Path

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.suite import places

_TRUNCATED = 1.0
"""Seconds that an uptime in whole seconds may leave out."""


class Claims:
    """Names that whoever comes first takes, in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __contains__(self, name: str) -> bool:
        return (self._folder / name).exists()

    def claim(self, name: str) -> bool:
        """Take a name; False where another was first. Raises KuiperPackError."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / name).touch(exist_ok=False)
        except FileExistsError:
            return False
        except OSError as error:
            raise KuiperPackError(
                f"{self._folder}: {error.strerror}: set {places.CACHE} to a folder that can be "
                "written"
            ) from error
        return True


class Spent(Claims):
    """The claimed names of the server at ``url``, which says that it is up for ``uptime`` seconds.

    Without an uptime no claim ever ends. Raises KuiperPackError where the folder cannot be used.
    """

    def __init__(self, url: str, uptime: float | None) -> None:
        super().__init__(places.cache() / "spent" / places.key_of(url))
        started = 0.0 if uptime is None else time.time() - uptime - _TRUNCATED
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            with suppress(FileNotFoundError):  # another run was first
                if path.stat().st_mtime < started:
                    path.unlink()
