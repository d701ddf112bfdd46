"""The plugin API of one server."""

import ipaddress
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from kuiper_pack.client.answer import Answer
from kuiper_pack.client.unreachable import Unreachable, explained
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind

if TYPE_CHECKING:
    from requests import Response

LARGEST_BODY = 1 << 20
_CHUNK = 1 << 14
_MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_KEEPS_BODY = (307, 308)


class Client:
    """Talks to the server at ``url``, which may have a path before ``/plugins``.

    ``token`` is sent as it is in ``Authorization`` (eKuiper wants no ``Bearer``), ``headers`` go
    with every request, ``timeout`` counts seconds for the connection, for each silence and, four
    times over, for the whole answer. Statuses are never errors; ``Unreachable`` is raised where no
    server answers. Redirects are followed only on the same host and port, and no proxy is used for
    a loopback address.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
        largest_body: int = LARGEST_BODY,
    ) -> None:
        try:
            import requests
        except ImportError as error:
            raise KuiperPackError(
                "talking to a server needs requests: install it with "
                "`pip install 'kuiper-pack[suite]'`"
            ) from error
        self.url = _checked(url)
        self.timeout = timeout
        self.largest_body = largest_body
        self._session = requests.Session()
        self._session.trust_env = not _is_loopback(self.url)
        self._session.headers.update(headers or {})
        if token:
            self._session.headers["Authorization"] = token

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def root(self) -> Answer:
        """What the server says about itself."""
        return self.send("GET", "/")

    def ping(self) -> Answer:
        """Whether it lives."""
        return self.send("GET", "/ping")

    def list(self, kind: Kind) -> Answer:
        """The plugins of a kind."""
        return self.send("GET", f"/plugins/{kind.plural}")

    def describe(self, kind: Kind, name: str) -> Answer:
        """One plugin."""
        return self.send("GET", _path(kind, name))

    def create(
        self,
        kind: Kind,
        name: str,
        file: str,
        *,
        functions: Sequence[str] = (),
        shell_paras: Sequence[str] = (),
    ) -> Answer:
        """Install the package at the URL ``file`` under ``name``."""
        body = _request(name, file, functions, shell_paras)
        return self.send("POST", f"/plugins/{kind.plural}", json=body)

    def update(
        self,
        kind: Kind,
        name: str,
        file: str,
        *,
        functions: Sequence[str] = (),
        shell_paras: Sequence[str] = (),
    ) -> Answer:
        """Replace a plugin by the package at the URL ``file``."""
        body = _request(name, file, functions, shell_paras)
        return self.send("PUT", _path(kind, name), json=body)

    def drop(self, kind: Kind, name: str, *, stop: bool = False) -> Answer:
        """Delete a plugin; with ``stop`` the server is asked to end."""
        return self.send("DELETE", _path(kind, name) + ("?stop=1" if stop else ""))

    def status(self, name: str) -> Answer:
        """How a portable plugin fares."""
        return self.send("GET", f"{_path(Kind.PORTABLE, name)}/status")

    def udfs(self) -> Answer:
        """The functions of all plugins."""
        return self.send("GET", "/plugins/udfs")

    def describe_udf(self, function: str) -> Answer:
        """The plugin that a function comes from."""
        return self.send("GET", f"/plugins/udfs/{_segment(function)}")

    def register(self, name: str, functions: Sequence[str]) -> Answer:
        """Say which functions a function plugin has."""
        body = {"functions": [*functions]}
        return self.send("POST", f"{_path(Kind.FUNCTION, name)}/register", json=body)

    def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> Answer:
        """Send any request; ``path`` starts with a slash and is sent as it is written.

        ``json`` is written compactly as the body, ``body`` is sent as it is. Without
        ``follow`` a redirect is an answer like any other.
        """
        from requests import exceptions

        if json is not None:
            body = _json(json)
            headers = {"Content-Type": "application/json"} | dict(headers or {})
        begun = time.monotonic()
        url = self.url + path
        for _ in range(_MOST_REDIRECTS + 1):
            try:
                response = self._open(method, url, body, headers)
            except (exceptions.ChunkedEncodingError, exceptions.ConnectionError) as error:
                if not _closed(error):
                    raise explained(url, error, self.timeout) from error
                note = "the connection was closed without an answer"
                return Answer(method, url, None, note=note, elapsed=time.monotonic() - begun)
            except exceptions.InvalidHeader as error:
                raise KuiperPackError(f"{url}: a header cannot be sent: {error}") from error
            except exceptions.RequestException as error:
                raise explained(url, error, self.timeout) from error
            with response:
                target = _redirect(response, url) if follow else None
                if target is None:
                    return self._answer(method, url, response, begun)
            url = target
            if response.status_code not in _KEEPS_BODY and method != "HEAD":
                method, body = "GET", None
        raise Unreachable(f"{self.url + path}: redirected more than {_MOST_REDIRECTS} times")

    def _open(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str] | None
    ) -> "Response":
        import requests

        request = requests.Request(method, url, data=body, headers=dict(headers or {}))
        prepared = self._session.prepare_request(request)
        # requests rewrites what it takes for a mistake; a client that tries servers means it
        prepared.url = url
        settings = self._session.merge_environment_settings(url, {}, True, None, None)
        return self._session.send(prepared, timeout=self.timeout, allow_redirects=False, **settings)

    def _answer(self, method: str, url: str, response: "Response", begun: float) -> Answer:
        from requests import exceptions

        body, cut, note = bytearray(), False, ""
        latest = begun + 4 * self.timeout
        try:
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > self.largest_body:
                    cut, note = True, f"only the first {self.largest_body} bytes were read"
                    break
                if time.monotonic() > latest:
                    cut, note = True, f"the body was not done after {4 * self.timeout:g} seconds"
                    break
        except exceptions.RequestException:
            cut, note = True, "the connection broke, or fell silent, inside the body"
        return Answer(
            method,
            url,
            response.status_code,
            response.reason or "",
            {name.lower(): value for name, value in response.headers.items()},
            bytes(body[: self.largest_body]),
            cut,
            note,
            time.monotonic() - begun,
        )


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise KuiperPackError(
            f'"{url}" is not the URL of a server: write it as http://127.0.0.1:9081'
        )
    if parts.query or parts.fragment:
        raise KuiperPackError(f'"{url}": the URL of a server ends with its path')
    return url.rstrip("/")


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _segment(name: str) -> str:
    # a client that sends "." or ".." bare would have the path cleaned away on the way
    return name.replace(".", "%2E") if name in (".", "..") else quote(name, safe="")


def _path(kind: Kind, name: str) -> str:
    return f"/plugins/{kind.plural}/{_segment(name)}"


def _request(
    name: str, file: str, functions: Sequence[str], shell_paras: Sequence[str]
) -> dict[str, Any]:
    body: dict[str, Any] = {"name": name, "file": file}
    if functions:
        body["functions"] = [*functions]
    if shell_paras:
        body["shellParas"] = [*shell_paras]
    return body


def _json(value: Any) -> bytes:
    import json

    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogateescape")


def _redirect(response: "Response", url: str) -> str | None:
    """Where an answer leads to on the same host and port."""
    from urllib.parse import urljoin

    location = response.headers.get("location")
    if response.status_code not in _REDIRECTS or not location:
        return None
    try:
        target = urljoin(url, location)
        here, there = urlsplit(url), urlsplit(target)
        same = (here.scheme, here.hostname, here.port) == (there.scheme, there.hostname, there.port)
    except ValueError:
        return None
    return target if same else None


def _closed(error: BaseException) -> bool:
    """Whether the connection stood, and ended before the status line."""
    from requests.exceptions import ConnectTimeout, ProxyError, SSLError

    if isinstance(error, ConnectTimeout | ProxyError | SSLError):
        return False
    words = str(error)
    return any(
        one in words
        for one in ("RemoteDisconnected", "Connection aborted", "reset by peer", "Broken pipe")
    )
