"""The files that a user names."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from kuiper_pack.errors import KuiperPackError

if TYPE_CHECKING:
    from kuiper_pack.planner import Request

_URL = re.compile(r"(https?|ftp|file):/{1,3}", re.IGNORECASE)


def check_local(path: Path) -> None:
    """Raise KuiperPackError for a URL, which a server could fetch and kuiper-pack does not."""
    if _URL.match(path.as_posix()) and not path.exists():
        raise KuiperPackError(
            f"{path}: a URL and no path of this machine; download the package, and name the file"
        )


def read_request_for(name: str, file: Path) -> "Request":
    """The create request in ``file``, for the plugin ``name`` where it names none itself."""
    from kuiper_pack.planner.predict import URL
    from kuiper_pack.planner.request_file import read_request

    return read_request(file.read_bytes(), str(file), name=name, file=URL)
