"""Sockets that listen for a plugin: REP, which asks it by answering, and PULL, which reads rows."""

import errno
import selectors
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Condition

from kuiper_pack.portable.errors import BadMessage, InUse, TimedOut
from kuiper_pack.portable.isolation import listens
from kuiper_pack.portable.posix import peer_of, unix_socket, unread
from kuiper_pack.portable.reactor import Reactor
from kuiper_pack.portable.sp import (
    GREETING,
    Incoming,
    Protocol,
    ProtocolError,
    greeting,
    message,
    split_request,
)

LONGEST_PATH = 107 if sys.platform == "linux" else 103
"""Bytes that the path of a Unix socket may have."""
_CHUNK = 1 << 18
_FULL = 32 << 20
_BACKLOG = 64
_LINGER = 0.5
_GREETS_WITHIN = 2.0
_PAUSE = 0.002


class Peer:
    """One connection, from its greeting on."""

    def __init__(self, connection: socket.socket, protocol: Protocol) -> None:
        connection.setblocking(False)
        self.socket = connection
        self.incoming = Incoming(protocol)

    def send(self, data: bytes, deadline: float) -> None:
        """Send all of it; raises TimedOut, or OSError where the other side is gone."""
        view = memoryview(data)
        while view:
            try:
                view = view[self.socket.send(view) :]
            except BlockingIOError:
                if not self._takes_more(deadline - time.monotonic()):
                    raise TimedOut("the plugin does not read what it is sent") from None

    def _takes_more(self, seconds: float) -> bool:
        """Wait until more can be sent, or the other side is gone; whether that came in time."""
        with selectors.DefaultSelector() as selector:  # select() ends at descriptor 1023
            try:
                selector.register(self.socket, selectors.EVENT_WRITE)
            except ValueError as error:
                raise OSError(errno.EPIPE, "closed meanwhile") from error
            return seconds > 0 and bool(selector.select(seconds))


class Plug:
    """What the endpoints of one plugin share: the news of all of them, and whether it lives.

    ``belongs`` says whether a process is the plugin or one of its children.
    """

    def __init__(self, reactor: Reactor, belongs: Callable[[int], bool]) -> None:
        self.reactor = reactor
        self.belongs = belongs
        self.news = Condition()
        self.ended: float | None = None
        """When the process ended, on the monotonic clock."""
        self.endpoints: set[Endpoint] = set()
        """Those that are open."""

    def end(self) -> None:
        """Tell everybody who waits that the process has ended, once what it said is there."""
        self.reactor.settle()
        with self.news:
            self.ended = time.monotonic()
            self.news.notify_all()

    def close(self) -> None:
        """Close the endpoints that an interrupt has left open."""
        for endpoint in tuple(self.endpoints):
            endpoint.close()


class Endpoint:
    """A socket at ``path`` that any number of connections of the plugin reach.

    Raises InUse where a living process listens there; the file that a dead one left is replaced.
    """

    def __init__(self, plug: Plug, path: Path, protocol: Protocol) -> None:
        self.path = path
        self.foreign = 0
        """Connections of other processes than the plugin, which were closed."""
        self.fault = ""
        """What was no protocol, the first time."""
        self.connections = 0
        self._plug = plug
        self._protocol = protocol
        self._peers: set[Peer] = set()
        self._messages: deque[tuple[Peer, bytes]] = deque()
        self._queued = 0
        self._left = 0.0
        self._paused: set[Peer] = set()
        self._listener = _listening(path)
        plug.endpoints.add(self)
        plug.reactor.watch(self._listener, self._accept)

    @property
    def peers(self) -> int:
        """How many connections are open."""
        return len(self._peers)

    def wait(self, seconds: float) -> None:
        """Wait until a message is there, or nothing can come."""
        with self._plug.news:
            self._plug.news.wait_for(
                lambda: self._messages or self._is_over(time.monotonic()), seconds
            )

    @property
    def is_full(self) -> bool:
        """Whether a connection is not read, since more is waiting than is kept."""
        return bool(self._paused)

    @property
    def queued(self) -> int:
        """How many messages have come and were not taken."""
        return len(self._messages)

    def close(self) -> None:
        """Close all connections and remove the file; nothing where that was done."""
        if self not in self._plug.endpoints:
            return
        reactor = self._plug.reactor
        reactor.unwatch(self._listener)
        for peer in tuple(self._peers):
            reactor.unwatch(peer.socket)
            peer.socket.close()
        self._peers.clear()
        self.path.unlink(missing_ok=True)
        self._listener.close()
        self._plug.endpoints.discard(self)

    def receive(self, seconds: float) -> bytes | None:
        """The next message, or None once the process or the connection ended and none can come.

        Raises TimedOut.
        """
        taken = self._take(seconds)
        return None if taken is None else taken[1]

    def _take(self, seconds: float) -> tuple[Peer, bytes] | None:
        resumed: set[Peer] = set()
        with self._plug.news:
            deadline = 0.0 if self._messages else time.monotonic() + seconds
            while not self._messages:
                now = time.monotonic()
                if self._is_over(now):
                    return None
                if now >= deadline:
                    raise TimedOut(f"nothing within {seconds:g} seconds")
                wait = deadline - now
                if self._plug.ended is not None or self.is_abandoned:
                    wait = min(wait, _LINGER)
                self._plug.news.wait(wait)
            taken = self._messages.popleft()
            self._queued -= len(taken[1])
            if self._paused and self._queued < _FULL // 2:
                resumed, self._paused = self._paused, set()
        for peer in resumed:
            self._watch(peer)
        return taken

    @property
    def is_abandoned(self) -> bool:
        """Whether the plugin was connected, and is not now."""
        return self.connections > 0 and not self._peers

    def _is_over(self, now: float) -> bool:
        """Whether nothing more can come: children may hold a socket, libraries connect anew."""
        ended = self._plug.ended
        if ended is not None:
            return not self._peers or now > ended + _LINGER
        return self.is_abandoned and now > self._left + _LINGER

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
                    return
                self._greet(connection)

    def _greet(self, connection: socket.socket) -> None:
        pid = peer_of(connection)
        if pid is not None and not self._plug.belongs(pid):
            self.foreign += 1
            connection.close()
            return
        peer = Peer(connection, self._protocol)
        try:
            connection.send(greeting(self._protocol))  # a new socket has room for 8 bytes
        except OSError:  # closed already
            connection.close()
            with self._plug.news:
                self.connections += 1
                self._left = time.monotonic()
                self._plug.news.notify_all()
            return
        with self._plug.news:
            self._peers.add(peer)
            self.connections += 1
        self._watch(peer)

    def _watch(self, peer: Peer) -> None:
        with suppress(ValueError, KeyError):  # closed meanwhile
            self._plug.reactor.watch(peer.socket, lambda: self._read(peer))

    def _read(self, peer: Peer) -> None:
        try:
            data = peer.socket.recv(_CHUNK)
            bodies = peer.incoming.feed(data)
        except BlockingIOError:
            return
        except OSError:
            data, bodies = b"", []
        except ProtocolError as error:
            self.fault = self.fault or str(error)
            data, bodies = b"", []
        full = False
        with self._plug.news:
            self._messages.extend((peer, body) for body in bodies)
            self._queued += sum(map(len, bodies))
            if not data:
                self._peers.discard(peer)
                self._left = time.monotonic()
            elif self._queued > _FULL:
                self._paused.add(peer)
                full = True
            self._plug.news.notify_all()
        if full or not data:
            self._plug.reactor.unwatch(peer.socket)
        if not data:
            peer.socket.close()


class Pull(Endpoint):
    """Reads messages; they are taken in as they come, up to a bound."""

    def __init__(self, plug: Plug, path: Path) -> None:
        super().__init__(plug, path, Protocol.PULL)


class Rep(Endpoint):
    """Answers requests: a server asks its plugin by the answer to the request before."""

    def __init__(self, plug: Plug, path: Path) -> None:
        super().__init__(plug, path, Protocol.REP)
        self._asked: tuple[Peer, bytes] | None = None

    @property
    def can_answer(self) -> bool:
        """Whether there is a request that was read and not answered."""
        return self._asked is not None

    def receive(self, seconds: float) -> bytes | None:
        """The next request, without its id; see Endpoint. Raises BadMessage as well."""
        taken = self._take(seconds)
        if taken is None:
            return None
        try:
            words, payload = split_request(taken[1])
        except ProtocolError as error:
            raise BadMessage(str(error)) from error
        self._asked = taken[0], words
        return payload

    def answer(self, payload: bytes, seconds: float) -> None:
        """Answer the request that was received last; nobody hears it where the peer is gone."""
        if self._asked is None:
            raise ValueError("there is no request to answer")
        (peer, words), self._asked = self._asked, None
        with suppress(OSError):
            peer.send(message(words + payload), time.monotonic() + seconds)


class Push:
    """Sends messages to a socket that the plugin listens on; raises OSError where none does."""

    def __init__(self, path: Path) -> None:
        connection = unix_socket()
        try:
            connection.settimeout(_GREETS_WITHIN)
            connection.connect(str(path))
            connection.sendall(greeting(Protocol.PUSH))
            answer = b""
            while len(answer) < GREETING.size:
                part = connection.recv(GREETING.size - len(answer))
                if not part:
                    raise BadMessage(f"{path.name}: the plugin closed it during the greeting")
                answer += part
            self._peer = Peer(connection, Protocol.PUSH)
            self._peer.incoming.feed(answer)
        except ProtocolError as error:
            connection.close()
            raise BadMessage(f"{path.name}: {error}") from error
        except BaseException:
            connection.close()
            raise

    def send(self, body: bytes, seconds: float) -> None:
        """Send a message; raises TimedOut, or OSError where the plugin has closed it."""
        self._peer.send(message(body), time.monotonic() + seconds)

    def drain(self, seconds: float) -> None:
        """Wait until the plugin has read all that was sent, where the system can tell."""
        deadline = time.monotonic() + seconds
        while unread(self._peer.socket) and time.monotonic() < deadline:
            time.sleep(_PAUSE)

    def close(self) -> None:
        """Close the connection."""
        self._peer.socket.close()


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
