"""HTTP as bytes: requests that no library would send, and all of what comes back."""

import contextlib
import http.client
import io
import socket
from dataclasses import dataclass

_PATIENCE = 90.0
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it stands on the wire; nothing of it is checked or escaped."""

    method: str
    target: str
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    version: str = "HTTP/1.1"
    chunked: bool = False

    def __str__(self) -> str:
        """The request in one line."""
        headers = " ".join(f"{name}:{value[:40]}" for name, value in self.headers)
        body = "" if self.body is None else ascii(self.body[:200])[1:]
        return ascii(f"{self.method} {self.target} {headers} {body}".strip())[1:-1]

    def bytes_for(self, host: str) -> bytes:
        """What is sent to ``host``."""
        named = {name.lower() for name, _ in self.headers}
        lines = [f"{self.method} {self.target} {self.version}"]
        if "host" not in named:
            lines.append(f"Host: {host}")
        lines += [f"{name}: {value}" for name, value in self.headers]
        body = self.body
        if body is not None and self.chunked:
            lines.append("Transfer-Encoding: chunked")
            body = (b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
        elif body is not None and "content-length" not in named:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")
        return head + (body or b"")


@dataclass(frozen=True, slots=True)
class Received:
    """An answer; ``status`` None where the connection was closed without one."""

    status: int | None
    headers: dict[str, str]
    body: bytes = b""


def exchange(port: int, request: Request) -> Received:
    """Send a request to a server on loopback and read until it closes."""
    with socket.create_connection(("127.0.0.1", port), _PATIENCE) as connection:
        received = bytearray()
        with contextlib.suppress(OSError):  # refused before it was read: the answer may be there
            connection.sendall(request.bytes_for(f"127.0.0.1:{port}"))
        with contextlib.suppress(ConnectionError):
            while chunk := connection.recv(_CHUNK):
                received += chunk
    if not received:
        return Received(None, {})
    response = http.client.HTTPResponse(_Bytes(bytes(received)), method=request.method)  # type: ignore[arg-type]
    try:
        response.begin()
        body = response.read()
    except http.client.HTTPException as error:
        return Received(None, {"unreadable": repr(error)}, bytes(received))
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return Received(response.status, headers, body)


class _Bytes:
    """Bytes in place of a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _: str) -> io.BytesIO:
        return io.BytesIO(self._data)
