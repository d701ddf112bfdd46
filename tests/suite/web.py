"""A web server for a test: on loopback, on a thread of its own, gone when the block ends."""

import socket
import ssl
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Handler(ABC, BaseHTTPRequestHandler):
    """Takes every method, and says nothing about it."""

    timeout = 10

    @abstractmethod
    def answer(self, body: bytes) -> None:
        """Answer a request that came with that body."""

    def _take(self) -> None:
        self.answer(self.rfile.read(max(0, int(self.headers.get("Content-Length") or 0))))

    do_GET = do_POST = do_PUT = do_DELETE = _take  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


class _Web(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _InSixteenBytes(_Web):
    address_family = socket.AF_INET6


@contextmanager
def web(
    handler: type[BaseHTTPRequestHandler], host: str = "127.0.0.1", certificate: Path | None = None
) -> Iterator[str]:
    """The URL at which the handler answers; ``host`` is an address of loopback.

    With a ``certificate``, in one file with its key, it speaks TLS and nothing else.
    """
    make = _InSixteenBytes if ":" in host else _Web
    server = make((host, 0), handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    try:
        scheme = "http" if certificate is None else "https"
        yield f"{scheme}://{f'[{host}]' if ':' in host else host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
