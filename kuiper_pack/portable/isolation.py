"""Where the sockets of a plugin are: in ``/tmp``, or in a folder that it takes for ``/tmp``.

Plugins have ``/tmp`` built in. Where nobody else uses the names of its sockets it gets the real
one, with a lock that tells other hosts. Where they are in use, by a server or another host, a mount
namespace puts a private folder over ``/tmp``, for this plugin alone. It sees there what is in the
real one, but for sockets; only what it makes directly in ``/tmp`` is its own, and gone with it.
"""

import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from stat import S_ISSOCK
from typing import IO

from kuiper_pack.portable.errors import InUse
from kuiper_pack.portable.posix import is_root, lock, unix_socket

TMP = Path("/tmp")  # noqa: S108 - the folder that plugins have built in
_PREFIX = "kp-"
_REAL = f".{_PREFIX}tmp"
"""Where a private folder has the real one."""
# a link is as good as a mount, but not to the plugin's own folders, whose true paths it may ask for
_SCRIPT = f"""\
private=$1; shift
mount --rbind /tmp "$private/{_REAL}" || exit 125
while [ "$1" != -- ]; do
  mount --rbind "/tmp/$1" "$private/$1" || exit 125
  shift
done
shift
mount --rbind "$private" /tmp && cd "$PWD" && exec "$@"
exit 125
"""


class Place:
    """Where the sockets are, until it is closed; ``prefix`` starts a command that sees them there.

    ``sockets`` are the names that the plugin called ``name`` needs. ``isolated`` asks for a folder
    of its own, or forbids one; None takes one where it is needed. Raises InUse where the names are
    in use and no folder can be had.
    """

    def __init__(self, name: str, sockets: Sequence[str], *, isolated: bool | None = None) -> None:
        self.isolated = bool(isolated)
        self.folder = TMP
        self._lock: IO[bytes] | None = None
        if not self.isolated:
            try:
                self._lock = _locked(name)
                _check_free(sockets)
            except InUse:
                self.close()
                if isolated is not None or not can_isolate():
                    raise
                self.isolated = True
        if self.isolated:
            self.folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=TMP))

    def prefix(self, keep: Sequence[Path]) -> list[str]:
        """The beginning of a command line; folders to ``keep`` have no link on their paths."""
        if not self.isolated:
            return []
        below = {path.relative_to(TMP) for path in map(Path.resolve, keep) if TMP in path.parents}
        kept = sorted({path.parts[0] for path in below})
        self._furnish(kept)
        return [*_unshare(), "sh", "-c", _SCRIPT, "sh", str(self.folder), *kept, "--"]

    def close(self) -> None:
        """Remove the private folder, or let go of the lock."""
        if self.isolated:
            shutil.rmtree(self.folder, ignore_errors=True)
        elif self._lock is not None:
            with suppress(OSError):
                Path(self._lock.name).unlink()
            self._lock.close()
            self._lock = None

    def _furnish(self, kept: Sequence[str]) -> None:
        """Make folders to mount on, and links to all else that the real ``/tmp`` has by now."""
        for name in (_REAL, *kept):
            point = self.folder / name
            if point.is_symlink():
                point.unlink()
            point.mkdir(exist_ok=True)
        for entry in os.scandir(TMP):
            if not entry.name.removeprefix(".").startswith(_PREFIX):
                with suppress(FileExistsError, FileNotFoundError):  # there by now, or gone by now
                    if not S_ISSOCK(entry.stat(follow_symlinks=False).st_mode):
                        (self.folder / entry.name).symlink_to(TMP / _REAL / entry.name)


def _unshare() -> list[str]:
    """The command that opens a mount namespace; root needs no user namespace for it."""
    private = ["--propagation", "private"]  # what is mounted must be seen in there alone
    if is_root():
        return ["unshare", "--mount", *private]
    return ["unshare", "--user", "--map-root-user", "--mount", *private]


@cache
def can_isolate() -> bool:
    """Whether this system gives us a mount namespace with the usual tools."""
    if platform.system() != "Linux" or shutil.which("unshare") is None:
        return False
    probe = [*_unshare(), "sh", "-c", 'mount --rbind "$1" /tmp', "sh", "/var"]
    try:
        done = subprocess.run(
            probe, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _check_free(sockets: Sequence[str]) -> None:
    for name in sockets:
        if listens(TMP / name):
            raise InUse(
                f"{TMP / name} is in use: a server or another host runs this plugin, end it"
            )


def listens(path: Path) -> bool:
    """Whether a living process listens on a socket."""
    with unix_socket() as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _locked(name: str) -> IO[bytes]:
    """A lock on the name, held until the file is closed; the last holder removes the file."""
    path = TMP / f".{_PREFIX}{name}.lock"
    while True:
        try:
            file = path.open("ab")
        except PermissionError as error:
            raise InUse(f"{path}: {error.strerror}: another user runs a plugin {name}") from error
        if not lock(file):
            file.close()
            raise InUse(
                f"another host runs a plugin {name}, and this system cannot keep two apart: "
                "wait for it or end it"
            )
        with suppress(FileNotFoundError):
            if os.path.samestat(path.stat(), os.fstat(file.fileno())):
                return file
        file.close()
