"""What sockets that listen for a plugin have in common: their connections, and how they end."""

import errno
import selectors
import socket
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kuiper_pack.portable.errors import InUse, TimedOut
from kuiper_pack.portable.isolation import listens
from kuiper_pack.portable.posix import peer_of, unix_socket
from kuiper_pack.portable.reactor import Reactor
from kuiper_pack.portable.sp import LARGEST, Incoming, Protocol, ProtocolError, greeting

LONGEST_PATH = 107 if sys.platform == "linux" else 103
"""Bytes that the path of a Unix socket may have."""
LINGER = 0.5
"""Seconds for which more may come once the process or its last connection has ended."""
_CHUNK = 1 << 16
_BACKLOG = 64


class Peer:
    """One connection, from its greeting on."""

    def __init__(
        self, connection: socket.socket, protocol: Protocol, largest: int = LARGEST
    ) -> None:
        connection.setblocking(False)
        self.socket = connection
        self.incoming = Incoming(protocol, largest)

    def send(self, data: bytes, deadline: float) -> None:
        """Send all of it; raises TimedOut, or OSError where the other side is gone."""
        try:
            sent = self.socket.send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            self._send_rest(memoryview(data)[sent:], deadline)

    def _send_rest(self, view: memoryview, deadline: float) -> None:
        while view:
            if not self._takes_more(deadline - time.monotonic()):
                raise TimedOut("the plugin does not read what it is sent")
            with suppress(BlockingIOError):
                view = view[self.socket.send(view) :]

    def _takes_more(self, seconds: float) -> bool:
        """Wait until more can be sent, or the other side is gone; whether that came in time."""
        with selectors.DefaultSelector() as selector:  # select() ends at descriptor 1023
            try:
                selector.register(self.socket, selectors.EVENT_WRITE)
            except ValueError as error:
                raise OSError(errno.EPIPE, "closed meanwhile") from error
            return seconds > 0 and bool(selector.select(seconds))


class Plug:
    """What the endpoints of one plugin share: who reads them, and whether it lives.

    ``belongs`` says whether a process is the plugin or one of its children. A message of more than
    ``largest`` bytes cuts its connection.
    """

    def __init__(
        self, reactor: Reactor, belongs: Callable[[int], bool], largest: int = LARGEST
    ) -> None:
        self.reactor = reactor
        self.belongs = belongs
        self.largest = largest
        self.ended: float | None = None
        """When the process ended, on the monotonic clock."""
        self.endpoints: set[Endpoint] = set()
        """Those that are open."""

    def end(self) -> None:
        """Tell everybody who waits that the process has ended, once what it said is there."""
        self.reactor.settle()
        self.ended = time.monotonic()
        for endpoint in tuple(self.endpoints):
            endpoint.wake()

    def close(self) -> None:
        """Close the endpoints that an interrupt has left open."""
        for endpoint in tuple(self.endpoints):
            endpoint.close()


class Endpoint(ABC):
    """A socket at ``path`` that any number of connections of the plugin reach.

    Connections are accepted in the thread of the reactor; who reads them is what the kinds differ
    in. Raises InUse where a living process listens there; the file of a dead one is replaced.
    """

    def __init__(self, plug: Plug, path: Path, protocol: Protocol) -> None:
        self.path = path
        self.foreign = 0
        """Connections of other processes than the plugin, which were closed."""
        self.fault = ""
        """What ended a connection and was not told yet: no protocol, or a message too large."""
        self.connections = 0
        self._plug = plug
        self._protocol = protocol
        self._peers: set[Peer] = set()
        self._left = 0.0
        self._listener = _listening(path)
        plug.endpoints.add(self)
        plug.reactor.watch(self._listener, self._accept)

    @property
    def peers(self) -> int:
        """How many connections are open."""
        return len(self._peers)

    @property
    def is_closed(self) -> bool:
        """Whether we have closed it."""
        return self not in self._plug.endpoints

    @property
    def is_abandoned(self) -> bool:
        """Whether the plugin was connected, and is not now."""
        return self.connections > 0 and not self._peers

    @abstractmethod
    def receive(self, seconds: float) -> bytes | None:
        """The next message, or None once the process or the connection ended and none can come.

        One thread at a time. Raises TimedOut.
        """

    @abstractmethod
    def wake(self) -> None:
        """Let who waits for a message look whether one can still come."""

    @abstractmethod
    def _join(self, peer: Peer) -> None:
        """A connection was greeted, and is to be read; called by the reactor."""

    @abstractmethod
    def _leave(self, peer: Peer) -> None:
        """A connection is not to be read any more."""

    def close(self) -> None:
        """Close all connections and remove the file; nothing where that was done."""
        if self.is_closed:
            return
        self._plug.reactor.unwatch(self._listener)
        for peer in tuple(self._peers):
            self._leave(peer)
            peer.socket.close()
        self._peers.clear()
        self.path.unlink(missing_ok=True)
        self._listener.close()
        self._plug.endpoints.discard(self)
        self.wake()

    def _patience(self, deadline: float) -> float:
        """Seconds to wait for news: until the deadline, or while something may still come."""
        left = max(0.0, deadline - time.monotonic())
        return min(left, LINGER) if self._plug.ended is not None or self.is_abandoned else left

    def _is_over(self) -> bool:
        """Whether nothing more can come: children may hold a socket, libraries connect anew."""
        if self.fault or self.is_closed:
            return True
        now, ended = time.monotonic(), self._plug.ended
        if ended is not None:
            return not self._peers or now > ended + LINGER
        return self.is_abandoned and now > self._left + LINGER

    def _read(self, peer: Peer) -> list[bytes] | None:
        """What can be read of a connection now; None where it has ended, and is closed."""
        try:
            if data := peer.socket.recv(_CHUNK):
                return peer.incoming.feed(data)
        except BlockingIOError:
            return []
        except OSError:
            pass
        except ProtocolError as error:
            self.fault = self.fault or str(error)
        self._leave(peer)
        self._left = time.monotonic()
        self._peers.discard(peer)
        peer.socket.close()
        return None

    def _accept(self) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            for _ in range(_BACKLOG):
                try:
                    connection, _ = self._listener.accept()
                except OSError as error:
                    if error.errno not in (errno.EMFILE, errno.ENFILE):
                        raise
                    self.fault = "no descriptor is left for its connection: see ulimit -n"
                    self._plug.reactor.unwatch(self._listener)
                    self.wake()
                    return
                self._greet(connection)

    def _greet(self, connection: socket.socket) -> None:
        pid = peer_of(connection)
        if pid is not None and not self._plug.belongs(pid):
            self.foreign += 1
            connection.close()
            return
        peer = Peer(connection, self._protocol, self._plug.largest)
        self._peers.add(peer)  # counted before the plugin, once it is greeted, does anything else
        self.connections += 1
        try:
            connection.send(greeting(self._protocol))  # a new socket has room for 8 bytes
        except OSError:  # closed already
            self._left = time.monotonic()
            self._peers.discard(peer)
            connection.close()
            self.wake()
            return
        self._join(peer)


def _listening(path: Path) -> socket.socket:
    listener = unix_socket()
    try:
        try:
            listener.bind(str(path))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            if listens(path):
                raise InUse(
                    f"{path} is in use: a plugin of this name runs already, end it first"
                ) from error
            path.unlink(missing_ok=True)
            listener.bind(str(path))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener
