"""A reference server that listens: on a thread of its own, or until it is stopped."""

import asyncio
import contextlib
import errno
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.profiles import Release
from kuiper_pack.server.options import Loader, Options
from kuiper_pack.server.service import Service

if TYPE_CHECKING:
    from concurrent.futures import Future

_OF_THE_PORT = (errno.EADDRINUSE, errno.EACCES)
Make = Callable[[Release, Path, Options], Service]


class ReferenceServer:
    """A reference server on a free port of loopback, while a ``with`` block runs.

    ``data`` is the folder that it keeps everything in; without one, a folder that is removed in the
    end. ``make`` makes the service that answers (a subclass of ``Service`` behaves differently).
    Raises KuiperPackError where the folder or the port cannot be used.
    """

    def __init__(
        self,
        release: Release | str = "2.4.0",
        *,
        data: Path | None = None,
        loader: Loader = "accept",
        strict: bool = False,
        options: Options | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        make: Make = Service,
    ) -> None:
        self.release = Release.parse(release) if isinstance(release, str) else release
        self.options = options or Options(loader=loader, strict=strict)
        self.url = ""
        self._data = data
        self._host = host
        self._port = port
        self._make = make
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopped: asyncio.Event | None = None

    def __enter__(self) -> "ReferenceServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def exit_code(self) -> int | None:
        """The code that the server ended with, once it was asked to end."""
        return self.service.exit_code

    @property
    def is_running(self) -> bool:
        """Whether it listens."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Listen; ``url`` says where."""
        from concurrent.futures import Future

        if self._data is None and self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="kuiper-pack-")
        base = self._data or Path(self._temporary.name if self._temporary else "")
        try:
            self.service = self._make(self.release, base, self.options)
        except BaseException:
            self._clean_up()
            raise
        listening: Future[str] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listening)), name="kuiper-pack serve"
        )
        self._thread.start()
        try:
            self.url = listening.result()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Listen no longer, wait for the plan that runs, and let go of the folder."""
        if self._thread is None:
            return
        self.ask_to_stop()
        self._thread.join()
        self._thread = None
        self.service.close()
        self._clean_up()

    def ask_to_stop(self) -> None:
        """What ``wait`` waits for; may be called by a signal handler."""
        if self._loop is not None and self._stopped is not None and self.is_running:
            with contextlib.suppress(RuntimeError):  # it has ended this moment
                self._loop.call_soon_threadsafe(self._stopped.set)

    def restart(self) -> None:
        """End, where it still runs, and start again on the same port with what is on disk."""
        if self.is_running and self.exit_code is None:
            self.service.restart()
            return
        if self._thread is not None:
            self.ask_to_stop()
            self._thread.join()
        self.service.close()
        self._port = urlsplit(self.url).port or self._port
        self.start()

    def wait(self) -> int:
        """Wait until the server ends by itself, and return its exit code."""
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(0.2)
        return self.exit_code or 0

    async def _serve(self, listening: "Future[str]") -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        try:
            from kuiper_pack.server.http import listen

            runner, url = await listen(self.service, self._host, self._port, self._stopped)
        except BaseException as error:
            listening.set_exception(_explained(error, self._host, self._port))
            return
        listening.set_result(url)
        await self._stopped.wait()
        await runner.cleanup()

    def _clean_up(self) -> None:
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None


def _explained(error: BaseException, host: str, port: int) -> BaseException:
    if isinstance(error, ImportError):
        return KuiperPackError(
            "serving needs aiohttp: install it with `pip install 'kuiper-pack[server]'`"
        )
    if isinstance(error, OSError | OverflowError):
        number = getattr(error, "errno", None) or 0
        why = os.strerror(number) if number > 0 else getattr(error, "strerror", None) or str(error)
        of_port = number in _OF_THE_PORT or isinstance(error, OverflowError)
        other = "--port" if of_port else "--host"
        return KuiperPackError(f"cannot listen on {host}:{port}: {why}: choose another {other}")
    return error
