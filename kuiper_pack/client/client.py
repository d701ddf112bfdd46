"""A client of the plugin API: sends requests by HTTP and takes no answer for granted."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kuiper_pack.client.address import checked, is_loopback
from kuiper_pack.client.answer import Answer, printable
from kuiper_pack.client.endpoints import UPLOAD_FIELD, UPLOADS, Endpoints, with_json
from kuiper_pack.client.form import Form
from kuiper_pack.client.redirect import is_redirect, is_sendable, target
from kuiper_pack.client.unreachable import causes, explained, instead_of_an_answer, is_late
from kuiper_pack.errors import KuiperPackError

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

_CHUNK = 1 << 14
_MOST_REDIRECTS = 5


class Client(Endpoints):
    """Talks to the server at ``url``, which may have a path before ``/plugins``.

    ``token`` is sent as it is in ``Authorization`` (eKuiper wants no ``Bearer``), ``headers`` go
    with every request. A request has ``timeout`` seconds for all of it: connection, redirects and
    the last byte of the answer; what is read of it is bounded as ``client.bounded`` says.

    Statuses are never errors; ``Unreachable`` is raised where no server answers, and nothing else.
    Redirects are followed only on the same host and port, and no proxy is used for a loopback
    address. Each request has a connection of its own, and no cookie is kept: no answer depends on
    an earlier one.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
    ) -> None:
        try:
            from kuiper_pack.client.bounded import BoundedSession
        except ImportError as error:
            raise KuiperPackError(
                "talking to a server needs requests: install it with "
                "`pip install 'kuiper-pack[suite]'`"
            ) from error
        self.url = checked(url)
        self.timeout = timeout
        self._session = BoundedSession()
        # a compressed body may be a thousand times as large as what is read of it
        self._session.headers.update({"Accept-Encoding": "identity", "Connection": "close"})
        self._session.headers.update(headers or {})
        if token:
            self._session.headers["Authorization"] = token
        self._session.auth = lambda request: request  # or what ~/.netrc has would be sent
        self._settings = self._session.merge_environment_settings(self.url, {}, True, None, None)
        if is_loopback(self.url):
            self._settings["proxies"] = {}

    @property
    def token(self) -> str:
        """What goes as Authorization with every request, or nothing."""
        return str(self._session.headers.get("Authorization", ""))

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

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
        """Send any request; ``path`` starts with a slash and is sent as it is written.

        ``json`` is written compactly as the body, ``body`` is sent as it is. Without ``follow`` a
        redirect is an answer like any other. ``timeout`` stands in for that of the client.

        Raises Unreachable, and KuiperPackError for a path or header that no request can carry.
        """
        if json is not None:
            body, headers = with_json(json, headers)
        seconds = self.timeout if timeout is None else timeout
        return self._sent(method, path, body, headers, follow, seconds)

    def upload_file(self, name: str, path: Path) -> Answer:
        """Keep the file at ``path`` on the server as ``upload`` does, little of it in memory.

        Raises OSError where it cannot be read, and KuiperPackError where it changes meanwhile.
        """
        if not path.is_file():  # nobody knows how much comes out of a pipe
            return self.upload(name, path.read_bytes())
        form = Form(UPLOAD_FIELD, name, path)
        return self._sent("POST", UPLOADS, form, form.headers, True, self.timeout)

    def _sent(
        self,
        method: str,
        path: str,
        body: bytes | Form | None,
        headers: Mapping[str, str] | None,
        follow: bool,
        seconds: float,
    ) -> Answer:
        begun = time.monotonic()
        url, note = self.url + path, ""
        for hop in range(_MOST_REDIRECTS + 1):
            request = self._prepared(method, url, body, headers)
            answer = self._exchange(request, url, begun, seconds)
            note = answer.note or note
            if not follow or not is_redirect(answer):
                break
            there = target(answer)
            if there is None:
                note = f"leads to {printable(answer.headers['location'])}, which is not there"
                break
            if hop == _MOST_REDIRECTS:
                note = f"leads on after {_MOST_REDIRECTS} redirects"
                break
            url, note = there, f"after a redirect to {there}"
        return replace(answer, note=note, elapsed=time.monotonic() - begun)

    def throw(self, data: bytes, seconds: float = 1.0) -> bytes:
        """Send bytes that may be no request at all; the first ones that come back, or none.

        Nothing else is said of what becomes of them: no connection is an error here.
        """
        import socket
        from contextlib import suppress
        from urllib.parse import urlsplit

        parts = urlsplit(self.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with (
            suppress(OSError),
            socket.create_connection((parts.hostname or "", port), seconds) as connection,
        ):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return connection.recv(_CHUNK)
        return b""

    def _prepared(
        self,
        method: str,
        url: str,
        body: bytes | Form | None,
        headers: Mapping[str, str] | None,
    ) -> "PreparedRequest":
        from requests import Request, exceptions

        if not is_sendable(url.removeprefix(self.url)):
            raise KuiperPackError(f"{url!r}: a path has to be quoted before it is sent")
        try:
            request = Request(method, url, data=body, headers=dict(headers or {}))
            prepared = self._session.prepare_request(request)
            for header in prepared.headers.items():
                "".join(map(str, header)).encode("latin-1")
        except (exceptions.InvalidHeader, UnicodeError):
            # the error repeats the value, which may be a token
            raise KuiperPackError(
                f"{url}: a header cannot be sent: it is one line of Latin letters, digits and signs"
            ) from None
        except (exceptions.RequestException, ValueError) as error:
            raise KuiperPackError(f"{url} cannot be sent to: {error}") from error
        # requests rewrites what it takes for a mistake; a client that tries servers means it
        prepared.url = url
        return prepared

    def _exchange(
        self, request: "PreparedRequest", url: str, begun: float, seconds: float
    ) -> Answer:
        """One request and its answer, whole or as far as it came."""
        from requests.exceptions import RequestException
        from urllib3 import Timeout
        from urllib3.exceptions import HTTPError

        method = request.method or ""
        left = max(begun + seconds - time.monotonic(), 0.001)
        try:
            response = self._session.send(
                request,
                timeout=Timeout(total=left),  # type: ignore[arg-type] # taken as it is
                allow_redirects=False,
                **self._settings,
            )
            with response:
                body, note = _body(response)
        except (RequestException, HTTPError, OSError, ValueError) as error:
            if (instead := instead_of_an_answer(error)) is None:
                raise explained(url, error, seconds) from error
            return Answer(method, url, None, note=instead)
        return Answer(
            method,
            url,
            response.status_code,
            response.reason or "",
            {name.lower(): value for name, value in response.headers.items()},
            body,
            bool(note),
            note or _encoding(response),
        )


def _body(response: "Response") -> tuple[bytes, str]:
    """The body as far as it is read, and why that is not all of it; raises where it is late."""
    from urllib3.exceptions import HTTPError

    from kuiper_pack.client.bounded import LARGEST_BODY, TooLarge

    body, too_large = bytearray(), False
    try:
        for chunk in response.raw.stream(_CHUNK, decode_content=False):
            body += chunk
            if too_large := len(body) > LARGEST_BODY:
                break
    except (HTTPError, OSError, ValueError) as error:
        if is_late(error):
            raise
        too_large = any(isinstance(one, TooLarge) for one in causes(error))
        if not too_large:
            return bytes(body), "the connection broke inside the body"
    if too_large:
        del body[LARGEST_BODY:]
        return bytes(body), f"only the first {len(body)} bytes were read"
    return bytes(body), ""


def _encoding(response: "Response") -> str:
    coding = response.headers.get("content-encoding", "identity")
    return (
        ""
        if coding == "identity"
        else f"is encoded as {printable(coding)}, which was not asked for"
    )
