"""The address of a server: the URL that every path is put after."""

import ipaddress
import re
from urllib.parse import urlsplit

from kuiper_pack.errors import KuiperPackError

_LACKS_SCHEME = re.compile(r"[\w.-]+(:\d{1,5})?(/[^/].*)?/?$", re.ASCII)
"""A host, perhaps with a port and a path."""


def checked(url: str) -> str:
    """The URL without the slash at its end; raises KuiperPackError where it is none of a server."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        example = f"http://{url}" if _LACKS_SCHEME.match(url) else "http://127.0.0.1:9081"
        raise KuiperPackError(f'"{url}" is not the URL of a server: write it as {example}')
    if parts.username is not None:
        raise KuiperPackError(
            f"the URL of {host} has a user in it, which would stand in every report: "
            "send it as a header instead"
        )
    if parts.query or parts.fragment:
        raise KuiperPackError(f'"{url}": the URL of a server ends with its path')
    return url.rstrip("/")


def is_loopback(url: str) -> bool:
    """Whether the host of a URL is this machine by its loopback interface."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
