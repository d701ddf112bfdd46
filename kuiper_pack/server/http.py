"""The service on a socket, with the manners of Go's net/http."""

import asyncio
import logging
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import IO, BinaryIO, cast

from aiohttp import web
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
) -> tuple[web.AppRunner, str]:
    """Listen and answer; ``stopped`` is set when the server is asked to end.

    Returns what to clean up, and the URL. Raises OSError where the port cannot be had.
    """
    application = web.Application(client_max_size=_LARGEST_BODY)
    front = _Front(service, stopped)
    application.router.add_route("*", "/{tail:(?s:.*)}", front.handle)
    application.on_response_prepare.append(_strip)
    application.on_shutdown.append(front.give_up)
    application.on_cleanup.append(front.close)
    logger = logging.getLogger(__name__)
    logger.addFilter(_is_ours)
    runner = web.AppRunner(
        application,
        access_log=None,
        handle_signals=False,
        logger=logger,
        shutdown_timeout=_PATIENCE,
    )
    await runner.setup()
    loop = asyncio.get_running_loop()
    server = cast("web.Server", runner.server)
    connected = partial(Protocol, server, loop=loop, access_log=None, logger=logger)
    try:
        listener = await loop.create_server(connected, host, port, backlog=_MOST_WAITING)
    except BaseException:
        await runner.cleanup()
        raise
    front.listener = listener
    bound = listener.sockets[0].getsockname()
    shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
    return runner, f"http://{shown}:{bound[1]}"


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether it is not just that what came is no HTTP."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


class _Front:
    def __init__(self, service: Service, stopped: asyncio.Event) -> None:
        self._service = service
        self._stopped = stopped
        self._ending = False
        self.listener: asyncio.Server | None = None
        # Changes wait for each other, and statuses for a plugin that starts.
        self._threads = ThreadPoolExecutor(_MOST_WAITING, thread_name_prefix="kuiper-pack request")

    async def give_up(self, _: web.Application) -> None:
        """Take no more, and let requests that wait for a program or a download be answered soon."""
        if self.listener is not None:
            self.listener.close()
        await asyncio.to_thread(self._service.machine.performer.kill)

    async def close(self, _: web.Application) -> None:
        await asyncio.to_thread(self._threads.shutdown, wait=True)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        try:
            if not _is_form(request):
                return await self._answer(request, await request.read())
            with tempfile.SpooledTemporaryFile(_HELD) as form:
                await self._receive(request, form)
                return await self._answer(request, cast("BinaryIO", form))
        except (ConnectionError, web.RequestPayloadError):
            return _closed(request)  # nobody waits for an answer, or the body is none

    async def _receive(self, request: web.Request, form: IO[bytes]) -> None:
        """Take a form as it comes: what is uploaded may be larger than the memory."""
        largest = self._service.options.largest_download
        async for chunk in request.content.iter_chunked(_PIECE):
            form.write(chunk)
            if form.tell() > largest:
                raise web.HTTPRequestEntityTooLarge(largest, form.tell())

    async def _answer(self, request: web.Request, body: bytes | BinaryIO) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        answer = partial(
            self._service.handle, request.method, request.raw_path, dict(request.headers), body
        )
        if self._service.waits(request.method, request.path):
            reply = await loop.run_in_executor(self._threads, answer)
        else:
            reply = answer()
        if self._service.exit_code is not None and not self._ending:
            self._ending = True
            loop.call_later(self._service.options.exit_delay, self._stopped.set)
        return _response(request, reply)


def _is_form(request: web.Request) -> bool:
    named = request.headers.get("Content-Type") == NAMED
    return request.method == "POST" and request.path == UPLOADS and not named


def _response(request: web.Request, reply: Reply) -> web.StreamResponse:
    if reply.status is None:
        return _closed(request)
    if reply is MALFORMED:
        return malformed(request)
    response = web.Response(status=reply.status, headers=dict(reply.headers), body=reply.body)
    response.force_close()
    return response


def _closed(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _strip(request: web.Request, response: web.StreamResponse) -> None:
    """Take away what aiohttp adds and net/http does not."""
    response.headers.pop("Server", None)
    response.headers["Connection"] = "close"
    if not response.body_length and getattr(response, "body", None) in (None, b""):
        response.headers.pop("Content-Type", None)
        if request.method == "HEAD":
            response.headers.pop("Content-Length", None)
