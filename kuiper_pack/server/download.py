"""Downloads over http, https and file, failing in the words of Go's net/http."""

import http.client
import io
import ipaddress
import os
import posixpath
import socket
import ssl
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urljoin, urlsplit

from kuiper_pack.planner.folders import clean
from kuiper_pack.planner.steps import Failure
from kuiper_pack.server import rooted
from kuiper_pack.server.errno_words import failure, words
from kuiper_pack.server.options import Options

_CHUNK = 1 << 16
_LARGEST_PAGE = 8 << 20
_MOST_REDIRECTS = 10
_REDIRECTS = (301, 302, 303, 307, 308)
_TIMED_OUT = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
_BODY_TIMED_OUT = (
    "context deadline exceeded (Client.Timeout or context cancellation while reading body)"
)
_CANCELED = "context canceled"
_HEADERS = {"User-Agent": "Go-http-client/1.1"}
_PRIVATE = [
    ipaddress.ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
]
_PORTS = {"http": 80, "https": 443}
_IS_FOLDER = Failure("copy_file_range: is a directory")


class Downloads:
    """One download at a time: ``begin`` it, then ``save`` it; ``close`` gives up what is open.

    With ``guarded`` nothing comes from a private address, with ``only`` no file from elsewhere than
    that folder, with ``verified`` nothing by https from a host that nobody vouches for. A download
    takes ``seconds`` at most, and never longer than the options allow.
    """

    def __init__(
        self,
        options: Options,
        *,
        guarded: bool,
        only: str | None = None,
        seconds: float | None = None,
        verified: bool = False,
    ) -> None:
        self._options = options
        limit = options.download_timeout
        self._seconds = limit if seconds is None else min(seconds, limit)
        self._verified = verified
        self._ends = 0.0
        self._guarded = guarded
        self._only = only
        self._open = ExitStack()
        self._chunks: Iterator[bytes | Failure] = iter(())
        self._socket: socket.socket | None = None
        self._aborted = False

    def close(self) -> None:
        """End the connection or close the file."""
        self._socket = None
        self._open.close()
        self._chunks = iter(())

    def abort(self) -> None:
        """Let what is being read end now, and begin nothing more; from any thread."""
        self._aborted = True
        connected = self._socket
        if connected is not None:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    def begin(self, url: str) -> Failure | None:
        """Begin to read what is at ``url``."""
        self.close()
        self._ends = time.monotonic() + self._seconds
        try:
            return self._begin(url)
        except ValueError as error:  # no URL at all, or where a redirect leads to
            return Failure(f'parse "{url}": {error}')

    def page(self, url: str) -> tuple[int, bytes] | Failure:
        """The status and the body of what a web server answers."""
        self._ends = time.monotonic() + self._seconds
        try:
            response = self._follow(url)
            if isinstance(response, Failure):
                return response
            body = b""
            for chunk in self._of_response(response):
                if isinstance(chunk, Failure):
                    return chunk
                body += chunk
                if len(body) > _LARGEST_PAGE:
                    return Failure("the page is too large")
            return response.status, body
        except ValueError as error:
            return Failure(f'parse "{url}": {error}')
        finally:
            self.close()

    def _begin(self, url: str) -> Failure | None:
        if urlsplit(url).scheme.lower() == "file":
            return self._begin_file(unquote(urlsplit(url).path))
        response = self._follow(url)
        return response if isinstance(response, Failure) else self._begin_response(response)

    def _follow(self, url: str) -> http.client.HTTPResponse | Failure:
        """The answer to GET where redirects end."""
        for _ in range(_MOST_REDIRECTS):
            try:
                response = self._get(url)
            except _Refusal as refusal:
                return Failure(f'Get "{_shown(url)}": {refusal}')
            location = response.headers.get("Location")
            if response.status not in _REDIRECTS or location is None:
                return response
            self.close()
            url = urljoin(url, location)
        return Failure(f'Get "{_shown(url)}": stopped after {_MOST_REDIRECTS} redirects')

    def save(self, path: str, write: Callable[[bytes], Failure | None]) -> Failure | None:
        """Hand what ``begin`` began to read to ``write``, piece by piece."""
        size = 0
        try:
            for chunk in self._chunks:
                if chunk is _IS_FOLDER:
                    return Failure(f"write {path}: {_IS_FOLDER.words}")
                if isinstance(chunk, Failure):
                    return chunk
                size += len(chunk)
                if size > self._options.largest_download:
                    return Failure(f"write {path}: no space left on device")
                problem = write(chunk)
                if problem is not None:
                    return Failure(f"write {path}: {problem.words}")
            return None
        finally:
            self.close()

    def _begin_file(self, path: str) -> Failure | None:
        if self._only is not None:
            return self._begin_inside(self._only, path)
        try:
            if not stat.S_ISREG(Path(path).stat().st_mode):
                return Failure(f"{path} is not a regular file")
        except (OSError, ValueError) as error:
            return Failure(f"stat {path}: {failure(error).words}")
        try:
            file = self._open.enter_context(Path(path).open("rb"))  # noqa: SIM115 - the stack closes it
        except OSError as error:
            return Failure(f"open {path}: {words(error)}")
        self._chunks = _of_file(file, path)
        return None

    def _begin_inside(self, folder: str, path: str) -> Failure | None:
        """Begin to read a file of the only folder that files are read from."""
        below = posixpath.relpath(clean(path), folder)
        if below.startswith(".."):
            return Failure(f"file access denied: path must be under {folder}")
        opened = rooted.open_inside(folder, below)
        if isinstance(opened, Failure):
            return Failure(f"openat {below}: {opened.words}")
        if stat.S_ISDIR(os.fstat(opened).st_mode):
            os.close(opened)
            self._chunks = iter((_IS_FOLDER,))
        else:
            self._chunks = _of_file(self._open.enter_context(os.fdopen(opened, "rb")), path)
        return None

    def _begin_response(self, response: http.client.HTTPResponse) -> Failure | None:
        if response.status != http.HTTPStatus.OK:
            self.close()
            status = f"{response.status} {response.reason}"
            return Failure(f"cannot download the file with status: {status}")
        self._chunks = self._of_response(response)
        return None

    def _get(self, url: str) -> http.client.HTTPResponse:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise _Refusal(f"invalid URL: {error}") from error
        scheme = parts.scheme.lower()
        if scheme not in _PORTS:
            raise _Refusal(f'unsupported protocol scheme "{scheme}"')
        port = port or _PORTS[scheme]
        connection = self._connection(scheme, host, port)
        target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        try:
            connection.request("GET", _escaped(target), headers=_HEADERS)
            return self._open.enter_context(connection.getresponse())
        except TimeoutError as error:
            raise _Refusal(_TIMED_OUT) from error
        except (http.client.RemoteDisconnected, ConnectionResetError) as error:
            raise _Refusal("EOF") from error
        except ssl.SSLError as error:
            raise _Refusal(f"tls: {error.reason or error}") from error
        except OSError as error:
            raise _Refusal(words(error)) from error
        except (http.client.HTTPException, ValueError) as error:
            raise _Refusal(f"net/http: HTTP/1.x transport connection broken: {error}") from error

    def _connection(self, scheme: str, host: str, port: int) -> http.client.HTTPConnection:
        address = self._address(host, port)
        plain = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        self._open.callback(plain.close)
        plain.settimeout(self.left)
        self._socket = plain
        if self._aborted:
            raise _Refusal(_CANCELED)
        try:
            plain.connect((address, port))
        except TimeoutError as error:
            raise _Refusal(f"dial tcp {_pair(address, port)}: i/o timeout") from error
        except OSError as error:
            said = f"dial tcp {_pair(address, port)}: connect: {words(error)}"
            raise _Refusal(_CANCELED if self._aborted else said) from error
        connection = http.client.HTTPConnection(host, port)
        connection.response_class = partial(_Timely, self)  # type: ignore[assignment]
        connection.sock = plain
        self._open.callback(connection.close)
        if scheme == "https":
            context = ssl.create_default_context()
            if not self._verified:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE  # as the servers (api C-43)
            try:
                connection.sock = self._socket = context.wrap_socket(plain, server_hostname=host)
            except ssl.SSLCertVerificationError as error:
                raise _Refusal(f"x509: {error.verify_message}") from error
            except (ssl.SSLError, OSError) as error:
                raise _Refusal(f"tls: {getattr(error, 'reason', '') or error}") from error
        return connection

    def _of_response(self, response: http.client.HTTPResponse) -> Iterator[bytes | Failure]:
        announced = response.length
        read = 0
        try:
            while chunk := response.read1(_CHUNK):
                read += len(chunk)
                yield chunk
        except TimeoutError:
            yield Failure(_BODY_TIMED_OUT)
            return
        except (http.client.HTTPException, OSError, ValueError):
            yield Failure("unexpected EOF")
            return
        if announced is not None and read < announced:
            yield Failure("unexpected EOF")

    @property
    def left(self) -> float:
        """The seconds that are left, and hardly any when there are none."""
        return max(self._ends - time.monotonic(), 1e-3)

    def _address(self, host: str, port: int) -> str:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise _Refusal(f"dial tcp: lookup {host}: no such host") from error
        # Go tries the addresses of a name by family, version 4 first where both are loopback.
        addresses = sorted((str(one[4][0]) for one in found), key=lambda one: ":" in one)
        address = addresses[0]
        if self._guarded:
            ip = ipaddress.ip_address(address.partition("%")[0])
            ip = getattr(ip, "ipv4_mapped", None) or ip
            if _is_internal(ip):
                said = f"dial tcp {_pair(str(ip), port)}: ip {ip} is in internal network"
                raise _Refusal(said)
        return address


class _Timely(http.client.HTTPResponse):
    """A response of which all that comes has to come before the end of the download."""

    def __init__(self, downloads: Downloads, connected: socket.socket, **how: Any) -> None:
        super().__init__(connected, **how)
        pieces = _Pieces(downloads, connected)
        self.fp.close()
        self.fp = io.BufferedReader(pieces)


class _Pieces(io.RawIOBase):
    def __init__(self, downloads: Downloads, connected: socket.socket) -> None:
        self._downloads = downloads
        self._socket = connected
        self._raw = connected.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(self._downloads.left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Refusal(Exception):
    """A request that got no answer; the text is what follows the URL in Go's words."""


def _of_file(file: BinaryIO, path: str) -> Iterator[bytes | Failure]:
    try:
        while chunk := file.read(_CHUNK):
            yield chunk
    except OSError as error:
        yield Failure(f"read {path}: {words(error)}")


def _is_internal(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """What Go's net calls loopback, private, link-local, multicast or unspecified."""
    known = ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified
    return known or any(ip in network for network in _PRIVATE if network.version == ip.version)


def _pair(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _shown(url: str) -> str:
    """A URL as Go prints it: the scheme in lower case, the password hidden."""
    parts = urlsplit(url)
    netloc = parts.netloc
    user, at, host = netloc.rpartition("@")
    if at and ":" in user:
        netloc = f"{user.partition(':')[0]}:***@{host}"
    return parts._replace(netloc=netloc).geturl()


def _escaped(target: str) -> str:
    """The target of a request line: what may not stand there is percent-encoded."""
    raw = target.encode("utf-8", "surrogateescape")
    return "".join(chr(one) if 0x20 < one < 0x7F else f"%{one:02X}" for one in raw)
