"""Other habits on the wire: how bytes come, where the server lives, and what it wants first."""

import gzip
import threading
from typing import ClassVar

from kuiper_pack.server import Reply, Service
from kuiper_pack.server.tokens import OPEN
from tests.suite.web import Handler

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ0ZXN0cyJ9.c2lnbmVk"
"""Like a JSON Web Token, signed by nobody."""


class Front(Handler):
    """A service on a socket; other habits on the wire are subclasses.

    ``host`` is where it listens, ``reason`` what stands behind each status, None for the usual.
    """

    service: ClassVar[Service]
    protocol_version = "HTTP/1.1"
    host: ClassVar[str] = "127.0.0.1"
    reason: ClassVar[str | None] = None

    def answer(self, body: bytes) -> None:
        self.send(self.service.handle(self.command, self.path, dict(self.headers), body))

    def send(self, reply: Reply) -> None:
        if reply.status is None:
            self.close_connection = True
            return
        self.send_response(reply.status, self.reason)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_body(reply.body)

    def send_body(self, body: bytes) -> None:
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class InChunks(Front):
    def send_body(self, body: bytes) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for one in body:
            self.wfile.write(b"1;read=me\r\n%c\r\n" % one)
        self.wfile.write(b"0\r\nServer-Timing: 1\r\n\r\n")


class AByteAtATime(Front):
    disable_nagle_algorithm = True

    def send_body(self, body: bytes) -> None:
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        head = b"".join(vars(self).pop("_headers_buffer"))
        for one in head + b"\r\n" + body:
            self.wfile.write(b"%c" % one)


class ComesToAnEnd(Front):
    def send_body(self, body: bytes) -> None:
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


class SaysThatItGoesOn(Front):
    def answer(self, body: bytes) -> None:
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        super().answer(body)


class SaysFirstWhatComesLater(Front):
    """Gateways and proxies announce what is to come, and that they are at work."""

    def answer(self, body: bytes) -> None:
        for said in ("102 Processing", "103 Early Hints\r\nLink: </style.css>; rel=preload"):
            self.wfile.write(f"HTTP/1.1 {said}\r\n\r\n".encode())
        super().answer(body)


class WithoutReasons(Front):
    reason = ""


class WithReasonsOfItsOwn(Front):
    reason = "As You Like It"


class InSixteenBytes(Front):
    host = "::1"


class Compressing(Front):
    def send_body(self, body: bytes) -> None:
        self.send_header("Vary", "Accept-Encoding")
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            self.send_header("Content-Encoding", "gzip")
            body = gzip.compress(body)
        super().send_body(body)


class OfTheNineties(Front):
    protocol_version = "HTTP/1.0"

    def send_body(self, body: bytes) -> None:
        self.end_headers()
        self.wfile.write(body)


class InSmallLetters(Front):
    def send_header(self, keyword: str, value: str) -> None:
        super().send_header(keyword.lower(), value)


class BelowAPath(Front):
    def answer(self, body: bytes) -> None:
        base, _, rest = self.path.partition("/v1/")
        self.path = f"/{rest}"
        if base == "/ekuiper":
            super().answer(body)
        else:
            self.send(Reply(404))


class WithAToken(Front):
    open: ClassVar[tuple[str, ...]] = ()

    def answer(self, body: bytes) -> None:
        if self.headers.get("Authorization") == TOKEN or self.path in self.open:
            super().answer(body)
        else:
            self.send(Reply(401, {}, b"missing_token\n"))


class WithATokenWhereItCounts(WithAToken):
    open = tuple(OPEN)


class Slowly(Front):
    never = threading.Event()

    def send_body(self, body: bytes) -> None:
        self.never.wait(0.002)
        super().send_body(body)


class Elsewhere(Front):
    """Sends everybody on, with the method and the body that they have."""

    def answer(self, body: bytes) -> None:
        if self.path.startswith("/moved/"):
            self.path = self.path.removeprefix("/moved")
            super().answer(body)
        else:
            status = 308 if self.command == "GET" else 307
            self.send(Reply(status, {"Location": f"/moved{self.path}"}))
