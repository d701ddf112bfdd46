"""What net/http takes and aiohttp does not: methods that nobody knows, and what is no HTTP."""

import re
from typing import Any

from aiohttp import web

_LONGEST = 1 << 20
"""How long a line of the head may be: net/http allows as much for the whole head."""
_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?= )")
_KNOWN = frozenset(b"GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH".split())
_UNKNOWN = b"PROPFIND"
"""A method that the parser knows and no route has, in place of all that it does not know."""
_MALFORMED = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Connection: close\r\n\r\n400 Bad Request"
)


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
        self._begun = False

    def data_received(self, data: bytes) -> None:
        """Take what comes, with a method that the parser knows."""
        if not self._begun:
            self._begun = True
            found = _METHOD.match(data)
            if found is not None and found[0] not in _KNOWN:
                data = _UNKNOWN + data[found.end() :]
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
    if request.transport is not None:
        request.transport.write(_MALFORMED)
        request.transport.close()
    return web.Response()
