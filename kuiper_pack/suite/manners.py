"""How the artifact host answers: as it should, or as hosts do that are broken."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

PIECES = 8
"""In as many writes goes what is sent slowly."""


class Sent(NamedTuple):
    """What goes over the connection: ``head`` as it is, then ``size`` bytes of the content."""

    head: str
    size: int


@dataclass(frozen=True, slots=True)
class Manner:
    """One way to answer a request for content.

    ``says`` it in words, ``sends`` takes the path and the content. There are ``pause`` seconds
    before each of the ``PIECES``, and ``held`` ones before anything is said. With ``resets`` the
    connection does not end, but breaks.
    """

    says: str
    sends: Callable[[str, bytes], Sent]
    pause: float = 0.0
    resets: bool = False
    held: float = 0.0


def _head(status: str, *headers: str) -> str:
    return "\r\n".join([f"HTTP/1.0 {status}", *headers, "", ""])


def _of_length(length: int, status: str = "200 OK") -> str:
    return _head(status, f"Content-Length: {length}")


def _part(path: str, content: bytes) -> int:
    """Where the content is cut: drawn from what the name ends with, which is so in every run."""
    word = path.rpartition("-")[2]
    return int(len(content) * Random(word).uniform(0.2, 0.8))  # noqa: S311 - no secret


def _whole(_: str, content: bytes) -> Sent:
    return Sent(_of_length(len(content)), len(content))


def _truncated(path: str, content: bytes) -> Sent:
    return Sent(_of_length(len(content)), _part(path, content))


def _too_short(path: str, content: bytes) -> Sent:
    return Sent(_of_length(_part(path, content)), len(content))


def _unfinished(path: str, content: bytes) -> Sent:
    part = _part(path, content)
    head = _head("200 OK", "Transfer-Encoding: chunked").replace("1.0", "1.1", 1)
    return Sent(f"{head}{part:x}\r\n", part)


def _page(*_: object) -> Sent:
    text = "<p>Please sign in to go on."
    return Sent(_of_length(len(text)) + text, 0)


def _leads_to(query: str) -> Callable[[str, bytes], Sent]:
    return lambda path, _: Sent(_head("302 Found", f"Location: {path}{query}"), 0)


def refused(status: str) -> Manner:
    """The content comes with a status such as "404 Not Found"."""
    said = f"with {status}"
    return Manner(said, lambda _, content: Sent(_of_length(len(content), status), len(content)))


def held(seconds: float) -> Manner:
    """Nothing comes, and after so many seconds the connection is closed."""
    return Manner(f"by silence for {seconds:g} seconds", lambda *_: Sent("", 0), held=seconds)


WHOLE = Manner("as it should", _whole)
PAGE = Manner("with a page instead of the package", _page)
MOVED = Manner("with a redirect to the package", _leads_to("?whole"))
"""What is asked for with a query is answered as it should."""
MOVED_FOR_EVER = Manner("with a redirect to itself", _leads_to(""))
SLOW = Manner("slowly", _whole, pause=0.03)
TRUNCATED = Manner("with the first part of what it announces", _truncated)
BROKEN_OFF = Manner("with the first part, then the connection is reset", _truncated, resets=True)
TOO_SHORT = Manner("as a whole, of which only the first part is announced", _too_short)
UNFINISHED = Manner("in chunks, of which the last is missing", _unfinished)
SILENT = Manner("by closing the connection", lambda *_: Sent("", 0))
