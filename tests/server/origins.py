"""Where packages are downloaded from, well or badly."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Origin:
    """``folder`` over HTTP; ``/slow/NAME`` sets ``asked`` and waits in the middle for ``go``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = threading.Event()
        self.go = threading.Event()
        self.url = ""

    @property
    def handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        """What answers requests."""
        origin = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                origin.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        """A file, or one of the ways to fail."""
        word, _, name = request.path.lstrip("/").partition("/")
        if word == "loop":
            request.send_response(302)
            request.send_header("Location", request.path)
            request.end_headers()
        elif word == "silent":
            request.connection.close()
        elif word == "phrase":
            request.send_response(404, "File not found")
            request.end_headers()
        elif word == "chunked":
            request.protocol_version = "HTTP/1.1"
            request.send_response(200)
            request.send_header("Transfer-Encoding", "chunked")
            request.end_headers()
            request.wfile.write(b"5\r\nPK")
        elif word == "garbage":
            request.wfile.write(b"no HTTP at all\r\n\r\n")
        else:
            data = (self.folder / (name or word)).read_bytes()
            request.send_response(200)
            request.send_header("Content-Length", str(len(data)))
            request.end_headers()
            request.wfile.write(data[:10])
            request.wfile.flush()
            if word == "slow":
                self.asked.set()
                self.go.wait(30)
            request.wfile.write(data[10:])


@contextmanager
def origin(folder: Path) -> Iterator[Origin]:
    """An origin on loopback while the block runs."""
    it = Origin(folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), it.handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        it.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield it
        finally:
            it.go.set()
            server.shutdown()
            thread.join()
