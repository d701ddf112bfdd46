"""The socket that a plugin is asked through: by the answer to its request before."""

import selectors
import socket
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from threading import Lock

from kuiper_pack.portable.endpoint import Endpoint, Peer, Plug
from kuiper_pack.portable.errors import BadMessage, TimedOut
from kuiper_pack.portable.sp import Protocol, ProtocolError, message, split_request


class Rep(Endpoint):
    """Answers requests, and is read by who waits for one: no thread stands between the two."""

    def __init__(self, plug: Plug, path: Path) -> None:
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._requests: deque[tuple[Peer, bytes]] = deque()
        self._asked: tuple[Peer, bytes] | None = None
        self.turn = Lock()
        """Held by who asks and waits for the answer, as in the server."""
        try:
            super().__init__(plug, path, Protocol.REP)
        except BaseException:
            self._let_go()
            raise

    @property
    def can_answer(self) -> bool:
        """Whether there is a request that was read and not answered."""
        return self._asked is not None

    def receive(self, seconds: float) -> bytes | None:
        """The next request, without its id; see Endpoint. Raises BadMessage as well."""
        if not self._wait(seconds):
            return None
        peer, request = self._requests.popleft()
        try:
            words, payload = split_request(request)
        except ProtocolError as error:
            raise BadMessage(str(error)) from error
        self._asked = peer, words
        return payload

    def answer(self, payload: bytes, seconds: float) -> None:
        """Answer the request that was received last; nobody hears it where the peer is gone."""
        if self._asked is None:
            raise ValueError("there is no request to answer")
        (peer, words), self._asked = self._asked, None
        with suppress(OSError):
            peer.send(message(words + payload), time.monotonic() + seconds)

    def wait(self, seconds: float) -> bool:
        """Wait until a request is there; whether one has come."""
        with suppress(TimedOut):
            return self._wait(seconds)
        return False

    def wake(self) -> None:
        """Let who waits for a request look whether one can still come."""
        with suppress(OSError):  # it is awake, or closed
            self._waker.send(b"\0")

    def close(self) -> None:
        """Close all connections and remove the file; nothing where that was done."""
        super().close()
        with self.turn:  # who waits there looks at what is closed here, and has just been woken
            self._let_go()

    def _let_go(self) -> None:
        self._selector.close()
        self._woken.close()
        self._waker.close()

    def _wait(self, seconds: float) -> bool:
        """Wait until a request is there; False where none can come. Raises TimedOut."""
        deadline = time.monotonic() + seconds
        while not self._requests:
            if self.is_closed:
                return False
            over = self._is_over()
            self._look(0.0 if over else self._patience(deadline))
            if self._requests:
                break
            if over:
                return False
            if time.monotonic() >= deadline:
                raise TimedOut(f"nothing within {seconds:g} seconds")
        return True

    def _look(self, seconds: float) -> None:
        """Read what there is, once there is something or so many seconds are over."""
        for key, _ in self._selector.select(seconds):
            peer: Peer | None = key.data
            if peer is None:
                self._woken.recv(4096)
            else:
                self._requests.extend((peer, body) for body in self._read(peer) or ())

    def _join(self, peer: Peer) -> None:
        with suppress(ValueError, KeyError, OSError):  # closed meanwhile
            self._selector.register(peer.socket, selectors.EVENT_READ, peer)

    def _leave(self, peer: Peer) -> None:
        with suppress(ValueError, KeyError, OSError):
            self._selector.unregister(peer.socket)
