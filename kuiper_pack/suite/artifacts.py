"""The artifact host: packages for the server to fetch, by http from loopback or as files."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit


class ArtifactHost:
    """Holds packages under names and serves them; ``fetched`` lists what was asked for.

    Content is made when it is asked for, so a package may depend on nothing but its name. Listens
    on 127.0.0.1 only. ``folder`` is made, and removed in the end.
    """

    def __init__(self, folder: Path) -> None:
        self.fetched: list[str] = []
        self._content: dict[str, bytes] = {}
        self._folder = folder
        folder.mkdir(parents=True)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._look_up))
        self._server.daemon_threads = True
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def __enter__(self) -> "ArtifactHost":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and remove the files."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)

    def put(self, name: str, content: bytes) -> None:
        """Offer ``content`` under ``name``, both ways."""
        self._content[name] = content
        (self._folder / name).write_bytes(content)

    def mentioned(self, text: str) -> list[tuple[str, bytes]]:
        """Names in ``text`` that are offered here, with their content."""
        return [(name, content) for name, content in self._content.items() if f"/{name}" in text]

    def http(self, name: str) -> str:
        """The http URL of a name, whether it is there or not."""
        return f"http://127.0.0.1:{self._server.server_port}/{name}"

    def file(self, name: str) -> str:
        """The file URL of a name, whether it is there or not."""
        return (self._folder.resolve() / name).as_uri()

    def _look_up(self, path: str) -> bytes | None:
        name = unquote(urlsplit(path).path).lstrip("/")
        self.fetched.append(name)
        return self._content.get(name)


def _handler(look_up: Callable[[str], bytes | None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers GET and HEAD from memory, and keeps quiet about it."""

        timeout = 30

        def do_GET(self) -> None:
            """200 with the content, or 404."""
            content = look_up(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Type", "application/zip")
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            if self.command != "HEAD":
                with suppress(ConnectionError):  # whoever asked may not want all of it
                    self.wfile.write(content or b"")

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler
