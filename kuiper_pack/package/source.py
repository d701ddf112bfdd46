"""Bytes of an archive by offset, from memory or from a file, never more than asked for."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import BinaryIO, Protocol

IN_MEMORY = 8 << 20
"""Files up to this many bytes are read once and kept; larger ones are read piece by piece."""
AHEAD = 1 << 15


class Source(Protocol):
    """Random access to the bytes of one archive."""

    size: int

    def at(self, offset: int, length: int) -> bytes:
        """The bytes from ``offset``; fewer than ``length`` only where the archive ends."""
        ...


class MemorySource:
    """An archive that is held in memory."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def at(self, offset: int, length: int) -> bytes:
        """See Source."""
        return self.data[offset : offset + length] if offset >= 0 else b""


class FileSource:
    """An archive read from an open file; may be shared by threads. Close it or use ``with``."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self._file = file
        self._lock = Lock()
        self._window = b""
        self._window_at = 0

    def __enter__(self) -> FileSource:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def at(self, offset: int, length: int) -> bytes:
        """See Source."""
        if offset < 0 or offset >= self.size:
            return b""
        length = min(length, self.size - offset)
        with self._lock:
            start = offset - self._window_at
            if start >= 0 and start + length <= len(self._window):
                return self._window[start : start + length]
            self._file.seek(offset)
            if length > AHEAD or not 0 <= start <= len(self._window) + AHEAD:
                self._window_at, self._window = offset + length, b""
                return self._file.read(length) or b""
            # Headers and small contents follow each other: read ahead.
            self._window_at, self._window = offset, self._file.read(AHEAD) or b""
            return self._window[:length]


def open_source(path: Path, *, in_memory: int = IN_MEMORY) -> MemorySource | FileSource:
    """Opens a regular file without buffering; raises OSError, also for anything else."""
    # O_NONBLOCK: opening a FIFO must not wait for a writer.
    file = open(path, "rb", buffering=0, opener=_open)  # noqa: SIM115 - closed below
    try:
        status = os.fstat(file.fileno())
        if status.st_mode & 0o170000 != 0o100000:
            raise OSError("not a regular file")
        if status.st_size <= in_memory:
            # Files of /proc say 0 and are longer.
            data = file.read(status.st_size + 1 if status.st_size else in_memory) or b""
            file.close()
            return MemorySource(data[:in_memory])
    except BaseException:
        file.close()
        raise
    return FileSource(file, status.st_size)


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
