"""The socket that rows and acknowledgements come through: read as they come, up to a bound."""

import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from threading import Condition

from kuiper_pack.portable.endpoint import Endpoint, Peer, Plug
from kuiper_pack.portable.errors import TimedOut
from kuiper_pack.portable.sp import Protocol

_FULL = 16 << 20
"""Bytes that may wait; as much again may be in the hands of who takes them."""


class Pull(Endpoint):
    """Reads messages in the thread of the reactor, as a plugin gives up when nobody reads them.

    What has come is handed over all at once: a row costs its own decoding and little more.
    """

    def __init__(self, plug: Plug, path: Path) -> None:
        self._news = Condition()
        self._come: deque[bytes] = deque()
        self._come_bytes = 0
        self._taken: deque[bytes] = deque()
        self._paused: set[Peer] = set()
        super().__init__(plug, path, Protocol.PULL)

    @property
    def queued(self) -> int:
        """How many messages have come and were not received."""
        return len(self._come) + len(self._taken)

    @property
    def is_full(self) -> bool:
        """Whether a connection is not read, since more is waiting than is kept."""
        return bool(self._paused)

    def receive(self, seconds: float) -> bytes | None:
        """The next message; see Endpoint."""
        if not self._taken and not self._take(seconds):
            return None
        return self._taken.popleft()

    def wake(self) -> None:
        """Let who waits for a message look whether one can still come."""
        with self._news:
            self._news.notify_all()

    def _take(self, seconds: float) -> bool:
        """Take all that has come, waiting for the first; whether anything has."""
        with self._news:
            deadline = 0.0 if self._come else time.monotonic() + seconds
            while not self._come:
                if self._is_over():
                    return False
                if time.monotonic() >= deadline:
                    raise TimedOut(f"nothing within {seconds:g} seconds")
                self._news.wait(self._patience(deadline))
            self._taken, self._come, self._come_bytes = self._come, self._taken, 0
            resumed, self._paused = self._paused, set()
        for peer in resumed:
            self._join(peer)
        return True

    def _join(self, peer: Peer) -> None:
        with suppress(ValueError, KeyError):  # closed meanwhile
            self._plug.reactor.watch(peer.socket, lambda: self._come_in(peer))

    def _leave(self, peer: Peer) -> None:
        self._plug.reactor.unwatch(peer.socket)

    def _come_in(self, peer: Peer) -> None:
        bodies = self._read(peer)
        with self._news:
            if bodies:
                self._come += bodies
                self._come_bytes += sum(map(len, bodies))
                if self._come_bytes > _FULL:
                    self._paused.add(peer)
            self._news.notify_all()
        if peer in self._paused:
            self._leave(peer)
