"""The service on a socket, with the manners of Go's net/http."""

import asyncio
import logging
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import IO, Any, BinaryIO, cast

from aiohttp import HttpVersion11, web
from aiohttp.http_exceptions import HttpProcessingError

from kuiper_pack.server.conventions import MALFORMED
from kuiper_pack.server.messages import Reply
from kuiper_pack.server.protocol import Protocol, malformed
from kuiper_pack.server.routes.uploads import UPLOADS
from kuiper_pack.server.service import Service
from kuiper_pack.server.uploads import NAMED

_LARGEST_BODY = 64 << 20
_HELD = 1 << 20
"""Forms of more bytes are kept in a file."""
_PIECE = 1 << 18
_PATIENCE = 1.0
_MOST_WAITING = 500


async def listen(
    service: Service, host: str, port: int, stopped: asyncio.Event
) -> tuple[web.BaseRunner, str]:
    """Listen and answer; ``stopped`` is set when the server is asked to end.

    Returns what to clean up, and the URL. Raises OSError where the port cannot be had.
    """
    loop = asyncio.get_running_loop()
    logger = logging.getLogger(__name__)
    logger.addFilter(_is_ours)
    front = _Front(service, stopped)
    server = web.Server(front.handle, request_factory=partial(_request, loop))
    connected = partial(Protocol, server, loop=loop, access_log=None, logger=logger)
    listener = await loop.create_server(connected, host, port, backlog=_MOST_WAITING)
    runner = _Runner(front, server, listener)
    await runner.setup()
    bound = listener.sockets[0].getsockname()
    shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
    return runner, f"http://{shown}:{bound[1]}"


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether it is not just that what came is no HTTP."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


class _Request(web.BaseRequest):
    """A request without what a router knows of it: the service has its own routes."""

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        """Take away what aiohttp adds and net/http does not, and keep no connection."""
        response.force_close()
        response.headers.pop("Server", None)
        response.headers["Connection"] = "close"
        if not response.body_length and getattr(response, "body", None) in (None, b""):
            response.headers.pop("Content-Type", None)
            if self.method == "HEAD":
                response.headers.pop("Content-Length", None)


def _request(loop: asyncio.AbstractEventLoop, *given: Any) -> web.BaseRequest:
    request: Callable[..., web.BaseRequest] = _Request
    return request(*given, loop, client_max_size=_LARGEST_BODY)


class _Front:
    def __init__(self, service: Service, stopped: asyncio.Event) -> None:
        self._service = service
        self._stopped = stopped
        self._ending = False
        # Changes wait for each other, and statuses for a plugin that starts.
        self._threads = ThreadPoolExecutor(_MOST_WAITING, thread_name_prefix="kuiper-pack request")

    async def give_up(self) -> None:
        """Let requests that wait for a program or a download be answered soon."""
        await asyncio.to_thread(self._service.machine.performer.kill)

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown, wait=True)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            await _expected(request)
            if not _is_form(request):
                return await self._answer(request, await request.read())
            with tempfile.SpooledTemporaryFile(_HELD) as form:
                await self._receive(request, form)
                return await self._answer(request, cast("BinaryIO", form))
        except (ConnectionError, web.RequestPayloadError):
            return _closed(request)  # nobody waits for an answer, or the body is none

    async def _receive(self, request: web.BaseRequest, form: IO[bytes]) -> None:
        """Take a form as it comes: what is uploaded may be larger than the memory."""
        largest = self._service.options.largest_download
        async for chunk in request.content.iter_chunked(_PIECE):
            form.write(chunk)
            if form.tell() > largest:
                raise web.HTTPRequestEntityTooLarge(largest, form.tell())

    async def _answer(self, request: web.BaseRequest, body: bytes | BinaryIO) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        asked = request.method, request.raw_path, request.headers, body
        if self._service.waits(request.method, request.path):
            reply = await loop.run_in_executor(self._threads, self._service.handle, *asked)
        else:
            reply = self._service.handle(*asked)
        if self._service.exit_code is not None and not self._ending:
            self._ending = True
            loop.call_later(self._service.options.exit_delay, self._stopped.set)
        return _response(request, reply)


class _Runner(web.ServerRunner):
    """Ends, one after the other, listening, what requests wait for, the requests, the threads."""

    def __init__(self, front: _Front, server: web.Server, listener: asyncio.Server) -> None:  # type: ignore[type-arg, unused-ignore]
        super().__init__(server, shutdown_timeout=_PATIENCE)
        self._front = front
        self._listener = listener

    async def shutdown(self) -> None:
        """Take no more connections, and let no request wait."""
        self._listener.close()
        await self._front.give_up()

    async def cleanup(self) -> None:
        """End."""
        await super().cleanup()
        await self._front.close()


async def _expected(request: web.BaseRequest) -> None:
    """Ask for a body that is announced."""
    expects = request.headers.get("Expect")
    if expects is None:
        return
    if expects.lower() != "100-continue":
        raise web.HTTPExpectationFailed(text="")
    if request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _is_form(request: web.BaseRequest) -> bool:
    if request.method != "POST" or request.path != UPLOADS:
        return False
    return request.headers.get("Content-Type") != NAMED


def _response(request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    if reply.status is None:
        return _closed(request)
    if reply is MALFORMED:
        return malformed(request)
    return web.Response(status=reply.status, headers=reply.headers, body=reply.body)


def _closed(request: web.BaseRequest) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
