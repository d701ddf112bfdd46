"""Where an answer leads to: only what is on the same server is followed."""

from urllib.parse import SplitResult, urljoin, urlsplit

from kuiper_pack.client.answer import Answer

_KEEP_METHOD = (307, 308)
_REDIRECTS = (301, 302, 303, *_KEEP_METHOD)
_PORTS = {"http": 80, "https": 443}


def is_redirect(answer: Answer) -> bool:
    """Whether an answer names another place for the same request.

    To a POST or the like a 301, 302 or 303 is an answer: a client that went on with GET would take
    what that brings for the answer to its POST.
    """
    if answer.status not in _REDIRECTS or "location" not in answer.headers:
        return False
    return answer.status in _KEEP_METHOD or answer.method in ("GET", "HEAD")


def target(answer: Answer) -> str | None:
    """The URL that a redirect leads to on the server that gave it; None for any other place."""
    try:
        here = urlsplit(answer.url)
        there = urlsplit(urljoin(answer.url, answer.headers["location"]))
        if _server(here) != _server(there) or there.username is not None:
            return None
    except ValueError:
        return None
    path = (there.path or "/") + (f"?{there.query}" if there.query else "")
    # what other readers of URLs make of the rest of it cannot lead elsewhere
    return f"{here.scheme}://{here.netloc}{path}" if is_sendable(path) else None


def is_sendable(path: str) -> bool:
    """Whether a path can stand in the first line of a request."""
    return path.isascii() and path.isprintable() and " " not in path


def _server(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
