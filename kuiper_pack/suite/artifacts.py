"""The artifact host: packages for the server to fetch, by http from loopback or as files."""

import os
import shutil
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Thread
from urllib.parse import unquote, urlsplit

from kuiper_pack.suite.manners import PIECES, WHOLE, Manner, refused

_END = "\r\n\r\n"


class ArtifactHost:
    """Holds packages under names and serves them; ``fetched`` lists what was asked for.

    Listens on 127.0.0.1 only, from :meth:`open` on. ``folder`` is made then, and removed in the
    end; it belongs to this host alone.
    """

    def __init__(self, folder: Path) -> None:
        self.fetched: list[str] = []
        self._asked = Condition()
        self._content: dict[str, bytes] = {}
        self._folder = folder
        self._manners: dict[str, Manner] = {}
        self._server = _Server(("127.0.0.1", 0), _handler(self._look_up), bind_and_activate=False)
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True
        )

    def __enter__(self) -> "ArtifactHost":
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Listen; whatever ends this, :meth:`close` undoes it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._server.server_bind()
        self._server.server_activate()
        self._thread.start()

    def close(self) -> None:
        """Stop listening and remove the files."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def put(self, name: str, content: bytes, manner: Manner = WHOLE) -> None:
        """Offer ``content`` under ``name``, both ways; by http it is answered in that manner."""
        self._manners[name] = manner
        self._content[name] = content
        (self._folder / name).write_bytes(content)

    def manner(self, name: str) -> Manner:
        """How a name is answered by http."""
        return self._manners.get(name, WHOLE)

    def mentioned(self, text: str) -> list[tuple[str, bytes]]:
        """Names in ``text`` that are offered here, with their content."""
        return [(name, content) for name, content in self._content.items() if f"/{name}" in text]

    def http(self, name: str) -> str:
        """The http URL of a name, whether it is there or not."""
        return f"http://127.0.0.1:{self._server.server_port}/{name}"

    def file(self, name: str) -> str:
        """The file URL of a name, whether it is there or not."""
        return (self._folder.resolve() / name).as_uri()

    def is_asked(self, name: str, within: float = 2.0) -> bool:
        """Whether somebody asks by http for a name, within so many seconds."""
        with self._asked:
            return self._asked.wait_for(lambda: name in self.fetched, within)

    def _look_up(self, path: str) -> tuple[bytes, Manner]:
        parts = urlsplit(path)
        name = unquote(parts.path).lstrip("/")
        with self._asked:
            self.fetched.append(name)
            self._asked.notify_all()
        content = self._content.get(name)
        if content is None:
            return b"", refused("404 Not Found")
        return content, WHOLE if parts.query else self.manner(name)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Who goes away in the middle of an answer is no news."""


def _handler(look_up: Callable[[str], tuple[bytes, Manner]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers GET and HEAD from memory, and keeps quiet about it."""

        timeout = 30

        def do_GET(self) -> None:
            """What is there, in the manner that was asked for, or 404."""
            content, manner = look_up(self.path)
            time.sleep(manner.held)
            head, size = manner.sends(self.path, content)
            if self.command == "HEAD":
                head, size = f"{head.partition(_END)[0]}{_END}", 0
            self.send(head.encode() + content[:size], manner.pause)
            if manner.resets:
                now = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)

        do_HEAD = do_GET  # noqa: N815

        def send(self, said: bytes, pause: float) -> None:
            size = len(said) // PIECES + 1 if pause else len(said) or 1
            with suppress(ConnectionError):  # whoever asked may not want all of it
                for at in range(0, len(said), size):
                    time.sleep(pause)
                    self.wfile.write(said[at : at + size])

        def log_message(self, *_: object) -> None:
            pass

    return Handler
