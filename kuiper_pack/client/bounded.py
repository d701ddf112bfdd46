"""Connections on which every answer is bounded, in time and in bytes, whatever a server sends.

The timeout of a socket counts each silence anew, so a server that sends or takes a byte a second is
never too late; and nobody below bounds the lines between chunks, or how often a server says 100
Continue.
"""

import io
import socket
import time
from http.client import HTTPResponse, parse_headers
from http.cookiejar import DefaultCookiePolicy
from typing import Any

from requests import Response, Session
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

LARGEST_HEAD = 1 << 16
"""Bytes of status line and headers."""
LARGEST_BODY = 1 << 22
"""Bytes of a body; a list of ten thousand plugins has less than a tenth of it."""
_LARGEST_FRAMED = 2 * LARGEST_BODY
"""Bytes of a body with what frames its chunks."""


class TooLarge(OSError):
    """The server sends more than is read."""


class BoundedSession(Session):
    """A session of requests whose read timeout counts for the whole answer.

    An answer that is larger than it may be ends with :class:`TooLarge`, wrapped as usual. No
    connection is used twice, no cookie is kept, and redirects are left to the caller.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter())

    def get_redirect_target(self, resp: Response) -> None:
        """None: requests would read the whole body of a redirect, even of one not followed."""


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _Bounded(io.RawIOBase):
    """What comes from a socket: until ``latest`` on the monotonic clock, and ``left`` bytes."""

    def __init__(self, sock: socket.socket, stream: io.RawIOBase, latest: float) -> None:
        self._sock = sock
        self._stream = stream
        self._latest = latest
        self.left = LARGEST_HEAD

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there; raises TimeoutError and TooLarge."""
        seconds = self._latest - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("timed out")
        if not self.left:
            raise TooLarge("more was sent than is read")
        self._sock.settimeout(seconds)
        size = self._stream.readinto(memoryview(buffer)[: self.left])
        self.left -= size or 0
        return size

    def close(self) -> None:
        """Let go of the socket."""
        self._stream.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        # by now the timeout of the socket is what is left for the answer
        latest = time.monotonic() + (sock.gettimeout() or 0)
        self._bounded = _Bounded(sock, self.fp.detach(), latest)
        self.fp = io.BufferedReader(self._bounded)

    def _read_status(self) -> tuple[str, int, str]:
        """The status line of the answer itself, behind those of 1xx that come before it.

        http.client skips 100 alone, and takes 103 Early Hints for the answer (RFC 9110, 15.2).
        """
        while True:
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if found[1] not in range(102, 200):
                return found
            parse_headers(self.fp)

    def begin(self) -> None:
        super().begin()
        self._bounded.left = _LARGEST_FRAMED
        self.will_close = True


class _Sending(HTTPConnection):
    """Sends all pieces of a request within one timeout."""

    response_class = _Response
    _latest = 0.0

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._latest = time.monotonic() + (self.timeout or 0)
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(max(self._latest - time.monotonic(), 0.001))
        super().send(data)


class _Connection(_Sending):
    pass


class _SecureConnection(_Sending, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}
