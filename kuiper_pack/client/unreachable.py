"""Why a request has no answer, in one line: not reached, nothing in time, closed, no HTTP."""

import re
from collections.abc import Iterator

from kuiper_pack.client.answer import printable
from kuiper_pack.errors import KuiperPackError

CLOSED = "the connection was closed without an answer"
_REFUSED = re.compile(r"refused|WinError 10061", re.IGNORECASE)
_UNKNOWN_HOST = re.compile(r"resol|getaddrinfo|name or service not known", re.IGNORECASE)
_NO_ROUTE = re.compile(r"unreachable|no route", re.IGNORECASE)
_SHOWN = 80


class Unreachable(KuiperPackError):
    """No answer can be had: refused, no such host, no agreement on TLS, or too late.

    ``hung`` says that the server took the request and did not answer in time.
    """

    def __init__(self, message: str, *, hung: bool = False) -> None:
        super().__init__(message)
        self.hung = hung


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it was made from, each once."""
    waiting, known = [error], {id(error)}
    while waiting:
        one = waiting.pop(0)
        yield one
        for cause in (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args):
            if isinstance(cause, BaseException) and id(cause) not in known:
                known.add(id(cause))
                waiting.append(cause)


def is_late(error: BaseException) -> bool:
    """Whether a server that was reached did not answer in time."""
    from requests.exceptions import ConnectTimeout, ReadTimeout

    return not isinstance(error, ConnectTimeout) and any(
        isinstance(one, TimeoutError | ReadTimeout) for one in causes(error)
    )


def instead_of_an_answer(error: BaseException) -> str | None:
    """What a server that was reached did instead; None where it was not, or only is late."""
    from http.client import HTTPException

    from requests import exceptions
    from urllib3.exceptions import InvalidHeader, NewConnectionError

    from kuiper_pack.client.bounded import LARGEST_HEAD, TooLarge

    not_reached = exceptions.Timeout | exceptions.ProxyError | exceptions.SSLError
    why = [*causes(error)]
    if any(isinstance(one, not_reached | NewConnectionError) for one in why) or is_late(error):
        return None
    for one in why:
        if isinstance(one, TooLarge):
            return f"its headers are longer than {LARGEST_HEAD} bytes"
        if isinstance(one, ConnectionResetError | BrokenPipeError | ConnectionAbortedError):
            return CLOSED
    for one in why:
        if isinstance(one, HTTPException | InvalidHeader):
            return f"what came is no HTTP: {printable(str(one)[:_SHOWN])}"
    return None


def explained(url: str, error: BaseException, timeout: float) -> Unreachable:
    """The line for an error of requests."""
    from requests import exceptions

    words = str(error)
    if is_late(error):
        return Unreachable(
            f"{url}: no answer within {timeout:g} seconds: is the server busy, or is a longer "
            "timeout needed?",
            hung=True,
        )
    if isinstance(error, exceptions.Timeout):
        why = f"no connection within {timeout:g} seconds: check the address and the firewall"
    elif isinstance(error, exceptions.ProxyError):
        why = "the proxy of the environment does not let it through: set NO_PROXY for this host"
    elif isinstance(error, exceptions.SSLError):
        why = _tls(words)
    elif _UNKNOWN_HOST.search(words):
        why = "there is no such host: check the name"
    elif _REFUSED.search(words):
        why = "nothing listens there: start the server, or check host and port"
    elif "CA certificate bundle" in words:
        why = f"{words.rpartition(': ')[2]} is not there: it is what REQUESTS_CA_BUNDLE names"
    elif _NO_ROUTE.search(words):
        why = "the network cannot be reached"
    else:
        why = words.splitlines()[0] if words else type(error).__name__
    return Unreachable(f"{url}: {why}")


def _tls(words: str) -> str:
    if "WRONG_VERSION_NUMBER" in words or "record layer" in words:
        return "the server does not speak TLS: write http:// instead of https://"
    if "certificate has expired" in words:
        return "its certificate has expired: have it renewed"
    if "not yet valid" in words:
        return "its certificate is not valid yet: check the clock of this machine"
    if "mismatch" in words or "doesn't match" in words:
        return "its certificate is for another name: write the host as the certificate has it"
    if "CERTIFICATE_VERIFY_FAILED" in words or "certificate" in words:
        return "its certificate is not trusted: set REQUESTS_CA_BUNDLE to the file of its authority"
    return "no agreement on TLS: check that the port speaks https"
