"""What net/http takes and aiohttp does not: methods that nobody knows, and what is no HTTP."""

import asyncio
import re
from typing import Any

from aiohttp import web

_LONGEST = 1 << 20
"""How long a line of the head may be: net/http allows as much for the whole head."""
_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ ]+) HTTP/([0-9])\.([0-9])\r?")
_HOST = re.compile(rb"^host:", re.IGNORECASE | re.MULTILINE)
_NO_ASCII = re.compile(rb"[\x80-\xff]")
_KNOWN = frozenset(b"GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH".split())
_UNKNOWN = b"PROPFIND"
"""A method that the parser knows and no route has, in place of all that it does not know."""
_REFUSAL = "HTTP/1.1 {0}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n{0}"
_MALFORMED = "400 Bad Request"
_NO_HOST = "400 Bad Request: missing required Host header"
_OTHER_VERSION = "505 HTTP Version Not Supported: unsupported protocol version"


class Protocol(web.RequestHandler):  # type: ignore[type-arg, unused-ignore]
    """One connection, which is closed after an answer; ``options`` are those of its base class."""

    def __init__(self, manager: web.Server, **options: Any) -> None:  # type: ignore[type-arg, unused-ignore]
        super().__init__(
            manager,
            max_line_size=_LONGEST,
            max_field_size=_LONGEST,
            auto_decompress=False,
            **options,
        )
        self._start: bytes | None = b""
        """What has come of the first line; None once it is complete."""

    def data_received(self, data: bytes) -> None:
        """Take what comes, with a first line that the parser knows."""
        if self._start is not None:
            self._start += data
            line, end, rest = self._start.partition(b"\n")
            if not end and len(line) <= _LONGEST:
                return
            self._start = None
            found = _read(line, rest)
            if isinstance(found, str):
                _refuse(self.transport, found)
                return
            data = found
        super().data_received(data)

    def handle_error(self, request: web.BaseRequest, *told: Any, **named: Any) -> web.Response:
        """Answer what is no HTTP as net/http does."""
        status = named.get("status", told[0] if told else 500)
        if status == 400 and isinstance(request, web.BaseRequest):
            return malformed(request)
        response: web.Response = super().handle_error(request, *told, **named)  # type: ignore[assignment, unused-ignore]
        return response


def malformed(request: web.BaseRequest) -> web.Response:
    """Send what net/http sends, which tells no length, and close the connection."""
    _refuse(request.transport, _MALFORMED)
    return web.Response()


def _refuse(transport: asyncio.BaseTransport | None, words: str) -> None:
    if isinstance(transport, asyncio.Transport):
        transport.write(_REFUSAL.format(words).encode())
        transport.close()


def _read(line: bytes, rest: bytes) -> bytes | str:
    """The first line as the parser takes it with what follows, or what net/http says of it."""
    found = _LINE.fullmatch(line)
    if found is None:
        return _MALFORMED
    method, target, major, minor = found.groups()
    if major != b"1":
        return _OTHER_VERSION
    head, end, _ = (b"\r\n" + rest).partition(b"\r\n\r\n")
    if end and minor != b"0" and not _HOST.search(head):
        return _NO_HOST
    target = _NO_ASCII.sub(lambda byte: b"%%%02X" % byte[0][0], target)
    version = b"HTTP/1.0" if minor == b"0" else b"HTTP/1.1"
    return b"%s %s %s\r\n%s" % (method if method in _KNOWN else _UNKNOWN, target, version, rest)
