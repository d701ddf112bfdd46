"""Where runs keep things between them: the user's folders, or those that the environment names."""

import hashlib
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from kuiper_pack.client.address import is_loopback
from kuiper_pack.errors import KuiperPackError

STATE = "KUIPER_PACK_STATE"
"""The environment variable that names another folder for journals."""
CACHE = "KUIPER_PACK_CACHE"
"""The environment variable that names another folder for shared objects, and what was used."""


def state() -> Path:
    """The folder of what must not be lost; raises KuiperPackError where there can be none."""
    return _folder(STATE, "XDG_STATE_HOME", Path(".local", "state"))


def cache() -> Path:
    """The folder of what can be made again; raises KuiperPackError where there can be none."""
    return _folder(CACHE, "XDG_CACHE_HOME", Path(".cache"))


def key_of(url: str) -> str:
    """What begins the names of files about the server at ``url``, however loopback is called."""
    parts = urlsplit(url.rstrip("/"))
    if is_loopback(url):
        port = f":{parts.port}" if parts.port else ""
        parts = parts._replace(netloc=f"localhost{port}")
    return hashlib.sha256(parts.geturl().encode()).hexdigest()[:12]


def _folder(variable: str, base: str, below_home: Path) -> Path:
    if named := os.environ.get(variable):
        return Path(named)
    try:
        if sys.platform == "win32":
            at = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        else:
            at = Path(os.environ.get(base) or Path.home() / below_home)
    except RuntimeError as error:  # a user of a container who is in no list, and no HOME
        raise KuiperPackError(
            f"this user has no home: set {variable} to a folder that can be written"
        ) from error
    return at / "kuiper-pack"
