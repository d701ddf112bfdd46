"""Runs of the command that are ended in the middle, and what is left after the cleanup."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

from kuiper_pack.suite.packages import NATIVE
from kuiper_pack.suite.places import STATE

_PATIENCE = 600.0
_PRESSED_AGAIN = 0.2
_FOLDERS = ("state", "temporary", "here")
_RESTART = "/-/restart"
_KEYS = "/metadata/sources/"
_COLLECTIONS = {
    "portable": "/plugins/portables",
    "upload": "/config/uploads",
    "stream": "/streams",
    "rule": "/rules",
}
"""Where servers list what runs make, apart from native plugins."""
_LENGTH_IS, _LENGTH = "Content-Length", re.compile("[0-9]+")
_CODED = "Transfer-Encoding"
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Relay:
    """Passes requests on to the server at ``url``, and calls ``arrived`` with the number of each.

    It is called when all of the request is here and the server has nothing of it yet. ``restart``
    restarts the server, for whoever runs the shell command ``restart_command``.
    """

    def __init__(self, url: str, restart: Callable[[], object]) -> None:
        self.count = 0
        self.keys: set[str] = set()
        """The paths of keys of configurations that were to be written."""
        self.arrived: Callable[[int], None] = lambda _: None
        self._upstream = urlsplit(url).netloc
        self._restart = restart
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = False  # the end waits for requests that are on their way
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        code = f"from urllib.request import urlopen; urlopen('{self.url}{_RESTART}')"
        self.restart_command = f'{sys.executable} -c "{code}"'

    def __enter__(self) -> "Relay":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def pass_on(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
        """The answer of the server as bytes; none where it closes the connection."""
        if path == _RESTART:
            self._restart()
            return _OK
        with self._lock:
            self.count += 1
            number = self.count
            if method == "PUT" and path.startswith(_KEYS):
                self.keys.add(path)
        self.arrived(number)
        connection = http.client.HTTPConnection(self._upstream, timeout=_PATIENCE)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(body)
            sent = dict(headers)
            if _CODED in sent or len(body) < int(sent.get(_LENGTH_IS, 0)):
                connection.sock.shutdown(socket.SHUT_WR)  # whoever asks breaks off here
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            return b""
        finally:
            connection.close()
        framing = ("content-length", "transfer-encoding")
        lines = [f"HTTP/1.1 {response.status} {response.reason}", f"Content-Length: {len(text)}"]
        lines += [
            f"{name}: {value}"
            for name, value in response.getheaders()
            if name.lower() not in framing
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + text


def _handler(relay: Relay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request, in whatever method."""

        def parse_request(self) -> bool:
            if super().parse_request() and _LENGTH.fullmatch(self.headers.get(_LENGTH_IS, "0")):
                body = self.rfile.read(int(self.headers.get(_LENGTH_IS, 0)))
                answer = relay.pass_on(self.command, self.path, self.headers.items(), body)
                with suppress(OSError):  # nobody may be there to hear it
                    self.wfile.write(answer)
            self.close_connection = True
            return False

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@dataclass(frozen=True, slots=True)
class Trial:
    """Runs against a relay that have all their files below ``folder``."""

    relay: Relay
    folder: Path
    options: tuple[str, ...] = ()

    def conformance(
        self,
        signals: "dict[int, signal.Signals] | None" = None,
        *options: str,
        ended_at: int | None = None,
    ) -> int:
        """Run the clauses, with a signal when the request of that number arrives; exit code.

        At ``ended_at`` somebody presses Ctrl-C again and again, until the run ends.
        """
        started = threading.Event()

        def arrived(number: int) -> None:
            if signals and number in signals and started.wait(_PATIENCE):
                process.send_signal(signals[number])
            while number == ended_at and process.poll() is None:
                process.send_signal(signal.SIGINT)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_PRESSED_AGAIN)

        self.relay.count, self.relay.arrived = 0, arrived
        restart = f"--restart-command={self.relay.restart_command}"
        given = (self.relay.url, restart, *self.options, *options)
        with self._started("conformance", *given) as process:
            started.set()
            code = process.wait(_PATIENCE)
        self.relay.arrived = lambda _: None
        return code

    def cleanup(self) -> int:
        """Run the cleanup; exit code."""
        with self._started("cleanup", self.relay.url) as process:
            return process.wait(_PATIENCE)

    def _started(self, *arguments: str) -> "subprocess.Popen[bytes]":
        for name in _FOLDERS:
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(
            [sys.executable, "-m", "kuiper_pack", *arguments],
            cwd=self.folder / "here",
            env={**os.environ, STATE: self._state, "TMPDIR": str(self.folder / "temporary")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def _state(self) -> str:
        return str(self.folder / "state")

    @property
    def journals(self) -> list[str]:
        """The names of the journals that are there."""
        return sorted(path.name for path in Path(self._state).glob("*.jsonl"))

    def left_here(self) -> list[str]:
        """Files of the runs, and processes that were started by them and do not end."""
        files = sorted(
            str(one.relative_to(self.folder))
            for name in _FOLDERS
            for one in (self.folder / name).glob("*")
        )
        latest = time.monotonic() + _PATIENCE
        while (left := self._processes()) and time.monotonic() < latest:
            time.sleep(0.05)
        return files + left

    def _processes(self) -> list[str]:
        found = []
        ours = f"{STATE}={self._state}\0".encode()
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if ours in path.read_bytes():
                    found.append(path.parent.name)
        return found

    def plugins(self) -> list[str]:
        """The native plugins of the server that do not only wait for its restart."""
        return sorted(
            f"{kind.value} {name}"
            for kind in NATIVE
            for name in self._listed(f"/plugins/{kind.plural}")
            if self._get(f"/plugins/{kind.plural}/{name}").get("version") != "$deleted"
        )

    def on_server(self) -> list[str]:
        """All on the server that runs make: plugins, uploads, streams, rules, configurations."""
        named = {
            f"{word} {one['name'] if word == 'portable' else one['id'] if word == 'rule' else one}"
            for word, path in _COLLECTIONS.items()
            for one in self._listed(path)
        }
        return sorted([*self.plugins(), *named, *self._keys()])

    def _keys(self) -> Iterator[str]:
        """The keys of configurations that were written, and are still there."""
        for path in sorted(self.relay.keys):
            source, _, key = path.removeprefix(_KEYS).partition("/confKeys/")
            if key in self._listed(f"{_KEYS}yaml/{source}"):
                yield f"key {key}"

    def _listed(self, path: str) -> Collection[Any]:
        """What the server has there; nothing where it has none."""
        try:
            return self._get(path) or []
        except HTTPError:
            return []

    def _get(self, path: str) -> Any:
        with urlopen(self.relay.url + path, timeout=_PATIENCE) as response:
            return json.load(response)
