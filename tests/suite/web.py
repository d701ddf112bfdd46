"""A web server for a test: on loopback, on a thread of its own, gone when the block ends."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(ABC, BaseHTTPRequestHandler):
    """Takes every method, and says nothing about it."""

    timeout = 10

    @abstractmethod
    def answer(self, body: bytes) -> None:
        """Answer a request that came with that body."""

    def _take(self) -> None:
        self.answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    do_GET = do_POST = do_PUT = do_DELETE = _take  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def web(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The URL at which the handler answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
