"""The files that a user names."""

import re
from pathlib import Path

from kuiper_pack.errors import KuiperPackError

_URL = re.compile(r"(https?|ftp|file):/{1,3}", re.IGNORECASE)


def check_local(path: Path) -> None:
    """Raise KuiperPackError for a URL, which a server could fetch and kuiper-pack does not."""
    if _URL.match(path.as_posix()) and not path.exists():
        raise KuiperPackError(
            f"{path}: a URL and no path of this machine; download the package, and name the file"
        )
