"""A reference server without a socket: what the suite sends goes straight to the service."""

import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

from kuiper_pack.client import Answer, Client, Unreachable
from kuiper_pack.server import ReferenceServer, Service
from tests.server.hosts import no_processes

URL = "http://127.0.0.1:9081"
"""Nothing listens there for us."""
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where no write waits for a disk."""


class Socketless(ReferenceServer):
    """A reference server for one ``with`` block, in which every run is a run against it.

    Packages reach it as files. The programs of portable plugins are only said to run.
    """

    def start(self) -> None:
        """Answer from now on."""
        with ExitStack() as stack:
            folder = tempfile.TemporaryDirectory(prefix="kuiper-pack-", dir=IN_MEMORY)
            base = stack.enter_context(folder)
            stack.enter_context(mock.patch("os.fsync"))  # no power fails here
            stack.enter_context(no_processes())
            self.service = self._make(self.release, Path(base), self.options)
            stack.callback(self.service.close)
            client = _straight_to(self.service)
            stack.enter_context(mock.patch("kuiper_pack.suite.run.Client", client))
            stack.enter_context(mock.patch("kuiper_pack.suite.run.SETTLES", 0.0))  # it has by then
            self._open = stack.pop_all()
        self.url = URL

    def stop(self) -> None:
        """Answer no more, and let go of the folder."""
        self._open.close()

    def restart(self) -> None:
        """End, and start again with what is on disk."""
        self.service.restart()


def _straight_to(service: Service) -> type[Client]:
    class Straight(Client):
        """Sends nothing: asks the service, which refuses the connection once it has ended."""

        def send(
            self,
            method: str,
            path: str,
            *,
            json: Any = None,
            body: bytes | None = None,
            headers: Mapping[str, str] | None = None,
            follow: bool = True,
            timeout: float | None = None,
        ) -> Answer:
            if service.exit_code is not None:
                raise Unreachable(f"{self.url}{path}: nothing listens there")
            token = {"Authorization": self.token} if self.token else {}
            begun = time.monotonic()
            reply = service.handle(method, path, {**token, **(headers or {})}, body or b"")
            given = {name.lower(): value for name, value in reply.headers.items()}
            note = "" if reply.status else "the connection was closed without an answer"
            url = self.url + path
            took = time.monotonic() - begun
            return Answer(method, url, reply.status, "", given, reply.body, False, note, took)

        def throw(self, data: bytes, seconds: float = 1.0) -> bytes:
            """Nothing is there that reads bytes."""
            return b""

    return Straight
