"""Where the sockets of a plugin are: in a folder of its own that it takes for ``/tmp``, or there.

Plugins have ``/tmp`` built in. A mount namespace puts a private folder over it, for the plugin and
nobody else; where the system does not let us, the real ``/tmp`` is used, and a lock holds off a
second host of the same plugin.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

from kuiper_pack.portable.errors import InUse

TMP = Path("/tmp")  # noqa: S108 - the folder that plugins have built in
_PREFIX = "kp-"
# keeps what the plugin needs below /tmp at its place, then hides all else there
_SCRIPT = """\
private=$1; shift
while [ "$1" != -- ]; do
  mkdir -p "$private/${1#/tmp/}" && mount --rbind "$1" "$private/${1#/tmp/}" || exit 125
  shift
done
shift
mount --rbind "$private" /tmp && cd "$PWD" && exec "$@"
exit 125
"""


class Place:
    """Where the sockets are, until it is closed; ``prefix`` starts a command that sees them there.

    Raises InUse where another host runs a plugin of that name and no namespace can be had.
    """

    def __init__(self, name: str, *, isolated: bool | None = None) -> None:
        self.isolated = _can_isolate() if isolated is None else isolated
        self._lock: IO[bytes] | None = None
        if self.isolated:
            self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=TMP))
        else:
            self.folder = TMP
            self._lock = _locked(name)

    def prefix(self, keep: Sequence[Path]) -> list[str]:
        """The beginning of a command line; folders below ``/tmp`` to ``keep`` stay visible."""
        if not self.isolated:
            return []
        kept = _outermost(path.resolve() for path in keep)
        return [*_unshare(), "sh", "-c", _SCRIPT, "sh", str(self.folder), *kept, "--"]

    def close(self) -> None:
        """Remove the private folder, or let go of the lock."""
        if self.isolated:
            shutil.rmtree(self.folder, ignore_errors=True)
        elif self._lock is not None:
            with suppress(OSError):
                os.unlink(self._lock.name)
            self._lock.close()
            self._lock = None


def _outermost(paths: "Sequence[Path] | object") -> list[str]:
    """Those below /tmp that are not below another one."""
    below = sorted({path for path in paths if TMP in path.parents})  # type: ignore[attr-defined]
    kept: list[Path] = []
    for path in below:
        if not any(other in path.parents for other in kept):
            kept.append(path)
    return [str(path) for path in kept]


def _unshare() -> list[str]:
    """The command that opens a mount namespace; root needs no user namespace for it."""
    if os.geteuid() == 0:
        return ["unshare", "--mount"]
    return ["unshare", "--user", "--map-root-user", "--mount"]


@cache
def _can_isolate() -> bool:
    """Whether this system gives us a mount namespace with the usual tools."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    probe = [*_unshare(), "sh", "-c", 'mount --rbind "$1" /tmp', "sh", "/var"]
    try:
        done = subprocess.run(
            probe, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _locked(name: str) -> IO[bytes]:
    """A lock on the name, held until the file is closed; the last holder removes the file."""
    import fcntl

    path = TMP / f".{_PREFIX}{name}.lock"
    while True:
        file = path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise InUse(
                f"another host runs a plugin {name}, and this system cannot keep two apart: "
                "wait for it or end it"
            ) from None
        with suppress(FileNotFoundError):
            if os.path.samestat(path.stat(), os.fstat(file.fileno())):
                return file
        file.close()
