"""What only POSIX systems have: Unix sockets, sessions and how they end, locks."""

import os
import signal
import socket
import struct
import sys
from contextlib import suppress
from typing import IO, Any

if sys.platform != "win32":
    import fcntl
    import termios

    def unix_socket() -> socket.socket:
        """A new Unix socket."""
        return socket.socket(socket.AF_UNIX)

    def unread(connection: socket.socket) -> int:
        """Bytes that the other side has not read; 0 where that cannot be known."""
        told = bytearray(4)
        try:
            fcntl.ioctl(connection, termios.TIOCOUTQ, told)
        except OSError:
            return 0
        return int.from_bytes(told, sys.byteorder)

    def lock(file: IO[Any]) -> bool:
        """Lock a file until it is closed, unless somebody else has; whether it is locked now."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def session_of(pid: int) -> int:
        """The session of a process; raises OSError."""
        return os.getsid(pid)

    def kill(pid: int, *, group: bool = False) -> None:
        """Kill a process, or the group that it leads; nothing where it is gone or not ours."""
        with suppress(ProcessLookupError, PermissionError):
            (os.killpg if group else os.kill)(pid, signal.SIGKILL)

    def unblock(pipe: IO[bytes]) -> None:
        """Let reads of a pipe return what is there."""
        os.set_blocking(pipe.fileno(), False)

    def is_root() -> bool:
        """Whether we may do everything."""
        return os.geteuid() == 0

else:  # never called: a Host refuses to be made

    def unix_socket() -> socket.socket:
        raise OSError

    def unread(connection: socket.socket) -> int:
        raise OSError

    def lock(file: IO[Any]) -> bool:
        raise OSError

    def session_of(pid: int) -> int:
        raise OSError

    def kill(pid: int, *, group: bool = False) -> None:
        raise OSError

    def unblock(pipe: IO[bytes]) -> None:
        raise OSError

    def is_root() -> bool:
        raise OSError


def peer_of(connection: socket.socket) -> int | None:
    """The process on the other side of a Unix socket, where the system tells it."""
    pid: int | None = None
    if sys.platform == "linux":
        size = struct.calcsize("3i")
        told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        pid, _, _ = struct.unpack("3i", told)
    return pid
