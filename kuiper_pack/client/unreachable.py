"""Why a server cannot be talked to, in one line."""

import re
from typing import TYPE_CHECKING

from kuiper_pack.errors import KuiperPackError

if TYPE_CHECKING:
    from requests import RequestException

_REFUSED = re.compile(r"refused|WinError 10061", re.IGNORECASE)
_UNKNOWN_HOST = re.compile(r"resol|getaddrinfo|name or service not known", re.IGNORECASE)
_NO_ROUTE = re.compile(r"unreachable|no route", re.IGNORECASE)


class Unreachable(KuiperPackError):
    """No answer can be had: refused, no such host, no agreement on TLS, or too late.

    ``hung`` says that the server took the request and did not answer in time.
    """

    def __init__(self, message: str, *, hung: bool = False) -> None:
        super().__init__(message)
        self.hung = hung


def explained(url: str, error: "RequestException", timeout: float) -> Unreachable:
    """The line for an error of requests."""
    from requests import exceptions

    words = str(error)
    if isinstance(error, exceptions.ReadTimeout):
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
    elif _NO_ROUTE.search(words):
        why = "the network cannot be reached"
    else:
        why = words.splitlines()[0] if words else type(error).__name__
    return Unreachable(f"{url}: {why}")


def _tls(words: str) -> str:
    if "WRONG_VERSION_NUMBER" in words or "record layer" in words:
        return "the server does not speak TLS: write http:// instead of https://"
    if "CERTIFICATE_VERIFY_FAILED" in words or "certificate" in words:
        return "its certificate is not trusted: add its authority with REQUESTS_CA_BUNDLE"
    return "no agreement on TLS: check that the port speaks https"
