"""Where a server keeps things, and paths as Go joins them."""

import posixpath
from functools import lru_cache
from typing import NamedTuple


def clean(path: str) -> str:
    """A path as Go's path.Clean leaves it: ``.``, ``..`` and double slashes resolved by text."""
    if "/." not in path and "//" not in path and path and path[0] != "." and path[-1] != "/":
        return path
    cleaned = posixpath.normpath(path) if path else "."
    return cleaned[1:] if cleaned.startswith("//") else cleaned


@lru_cache(maxsize=4096)
def join(*parts: str) -> str:
    """Parts joined as Go's path.Join does: empty ones left out, the result cleaned."""
    return clean("/".join(filter(None, parts)))


class Folders(NamedTuple):
    """The absolute folders of one server."""

    plugins: str = "/kuiper/plugins"
    etc: str = "/kuiper/etc"
    data: str = "/kuiper/data"

    def named(self, name: str) -> str:
        """The folder that a profile calls ``etc`` or ``data``."""
        return self.etc if name == "etc" else self.data

    def shown(self, text: str) -> str:
        """A text with the folders as ``{PLUGINS}``, ``{ETC}`` and ``{DATA}``."""
        if "/" not in text:
            return text
        return (
            text.replace(self.plugins, "{PLUGINS}")
            .replace(self.etc, "{ETC}")
            .replace(self.data, "{DATA}")
        )
