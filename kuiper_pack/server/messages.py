"""A request and a reply without any socket, and replies as Go's net/http makes them."""

import re
from collections.abc import Mapping
from typing import BinaryIO, NamedTuple

from kuiper_pack.planner.outcome import Outcome
from kuiper_pack.server.query import NO_QUERY, Query

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
_BINARY = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")


class Asked(NamedTuple):
    """A request; ``path`` is percent-decoded, header names are in lower case.

    A body that is too large to be held is a ``stream``, and ``body`` is empty then.
    """

    method: str
    path: str
    query: Query = NO_QUERY
    headers: Mapping[str, str] = {}
    body: bytes = b""
    stream: BinaryIO | None = None


class Reply(NamedTuple):
    """An HTTP answer; ``status`` None closes the connection without one.

    ``headers`` are all but those of the connection and the length of the body.
    """

    status: int | None
    headers: Mapping[str, str] = {}
    body: bytes = b""


def text_reply(status: int, text: str) -> Reply:
    """Text as net/http sends it: sniffed if it is a success, safe from sniffing if an error."""
    body = text.encode("utf-8", "surrogateescape")
    if status >= 400:
        return Reply(status, {"Content-Type": TEXT, "X-Content-Type-Options": "nosniff"}, body)
    kind = "application/octet-stream" if _BINARY.search(text[:512]) else TEXT
    return Reply(status, {"Content-Type": kind}, body)


def outcome_reply(outcome: Outcome) -> Reply:
    """What the outcome of a plan is on the wire."""
    if outcome.status is None:
        return Reply(None)
    if outcome.status == 405:
        return Reply(405)
    return text_reply(outcome.status, outcome.text)
