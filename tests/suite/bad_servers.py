"""Servers that do to a connection whatever a test wants, on loopback."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BLOCK = b"x" * (1 << 16)


class Call:
    """One connection with one request; ``number`` counts them from 1."""

    def __init__(self, server: "BadServer", connection: socket.socket, number: int) -> None:
        self.server = server
        self.number = number
        self._connection = connection
        self.request = self._read()

    @property
    def line(self) -> str:
        """Method and path."""
        return self.request.split(b" HTTP/", 1)[0].decode("latin-1")

    @property
    def port(self) -> int:
        """The port of the server."""
        return int(self._connection.getsockname()[1])

    def send(self, data: bytes) -> bool:
        """Send some bytes; whether anyone still wants them."""
        try:
            self._connection.sendall(data)
        except OSError:
            return False
        with self.server.lock:
            self.server.sent += len(data)
        return not self.server.over.is_set()

    def answer(self, body: bytes, status: int = 200, headers: bytes = b"") -> None:
        """Send a whole answer."""
        first = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n" % (status, len(body))
        self.send(first + headers + b"\r\n" + body)

    def hang(self, seconds: float | None = None) -> bool:
        """Wait for the end of the server, or so long; whether it goes on."""
        return not self.server.over.wait(seconds)

    def relay(self, url: str) -> None:
        """Answer as the server at that URL does."""
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname or "", parts.port or 80)) as good:
            good.sendall(self.request)
            while data := good.recv(1 << 16):
                self.send(data)

    def _read(self) -> bytes:
        data = b""
        with suppress(OSError):
            while b"\r\n\r\n" not in data and (more := self._connection.recv(1 << 16)):
                data += more
            head, _, body = data.partition(b"\r\n\r\n")
            length = 0
            for line in head.lower().splitlines():
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            while len(body) < length and (more := self._connection.recv(1 << 16)):
                body, data = body + more, data + more
        return data


Behaviour = Callable[[Call], object]


class BadServer:
    """``sent`` counts the bytes that went out, ``lines`` keeps what was asked for."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.sent = 0
        self.lines: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads: list[threading.Thread] = []
        self._connections: list[socket.socket] = []

    def serve(self) -> None:
        """Take connections until :meth:`stop`, each in a thread of its own."""
        with suppress(OSError):
            while not self.over.is_set():
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                thread = threading.Thread(target=self._converse, args=[connection])
                self._threads.append(thread)
                thread.start()

    def stop(self) -> None:
        """Close whatever is open."""
        self.over.set()
        for one in (self._listener, *self._connections):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(10)

    def _converse(self, connection: socket.socket) -> None:
        with connection:
            with self.lock:
                self.lines.append("")
                number = len(self.lines)
            call = Call(self, connection, number)
            self.lines[number - 1] = call.line
            self.behave(call)


@contextmanager
def bad_server(behave: Behaviour) -> Iterator[BadServer]:
    """A server while the block runs."""
    server = BadServer(behave)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(10)


def closed(call: Call) -> None:
    """Nothing."""


def hangs(call: Call) -> None:
    """Nothing, and the connection stays."""
    call.hang()


def garbage(call: Call) -> None:
    """The greeting of another protocol."""
    call.send(b"SSH-2.0-OpenSSH_9.6\r\n")


def trickles(call: Call) -> None:
    """A body of a byte every 20 ms, without an end."""
    call.send(HEAD + b"\r\n")
    while call.hang(0.02) and call.send(b" "):
        pass


def trickles_headers(call: Call) -> None:
    """A header of a byte every 20 ms, without an end."""
    call.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while call.hang(0.02) and call.send(b"x"):
        pass


def half(call: Call) -> None:
    """Less than was announced."""
    call.send(HEAD + b"Content-Length: 9\r\n\r\n[]")


def broken_chunks(call: Call) -> None:
    """A chunk whose length is no number."""
    call.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\nhello\r\n")


def cut_chunks(call: Call) -> None:
    """A chunk that breaks off."""
    call.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n[")


def endless_body(call: Call) -> None:
    """A body without an end."""
    call.send(HEAD + b"\r\n")
    while call.send(BLOCK):
        pass


def gigabytes(call: Call) -> None:
    """A body of 10 GB."""
    call.send(HEAD + b"Content-Length: 10000000000\r\n\r\n")
    while call.send(BLOCK):
        pass


def endless_chunks(call: Call) -> None:
    """Chunks without an end."""
    call.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while call.send(b"10000\r\n" + BLOCK + b"\r\n"):
        pass


def endless_chunk_length(call: Call) -> None:
    """A chunk whose length has no end."""
    call.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while call.send(b"0" * len(BLOCK)):
        pass


def endless_trailers(call: Call) -> None:
    """Trailers without an end."""
    call.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n")
    while call.send(b"X-A: b\r\n" * 8192):
        pass


def endless_header(call: Call) -> None:
    """A header without an end."""
    call.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while call.send(BLOCK):
        pass


def endless_headers(call: Call) -> None:
    """Headers without an end."""
    call.send(b"HTTP/1.1 200 OK\r\n")
    while call.send(b"X-A: b\r\n" * 8192):
        pass


def endless_continue(call: Call) -> None:
    """100 Continue, again and again."""
    while call.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 4096):
        pass


def endless_hints(call: Call) -> None:
    """103 Early Hints, again and again."""
    while call.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 4096):
        pass


def endless_redirect(call: Call) -> None:
    """A redirect to itself, with a body without an end."""
    call.send(b"HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n")
    while call.send(BLOCK):
        pass


def redirects_elsewhere(call: Call) -> None:
    """A redirect to another port."""
    call.answer(b"", 302, b"Location: http://127.0.0.1:9/plugins/sources\r\n")


def redirects_in_a_circle(call: Call) -> None:
    """A redirect to itself."""
    call.answer(b"", 307, b"Location: " + call.line.split(" ")[1].encode() + b"\r\n")


def says(body: bytes, status: int = 200) -> Behaviour:
    """The same to everything."""
    return lambda call: call.answer(body, status)


def first(count: int, good: str, then: Behaviour) -> Behaviour:
    """Answers as the server at ``good`` does, so many requests; from there on otherwise."""

    def behave(call: Call) -> None:
        if call.number <= count:
            call.relay(good)
        else:
            then(call)

    return behave
