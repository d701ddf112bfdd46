"""What holds for every path: how it is written, and what other origins may ask (api section 1)."""

import posixpath
import re
from collections.abc import Collection, Mapping
from urllib.parse import quote, unquote

from kuiper_pack.server.manners import Manners
from kuiper_pack.server.messages import TEXT, Asked, Reply, text_reply
from kuiper_pack.server.query import BAD_ESCAPE, NO_QUERY, read_query

_SAFE = "/!$&'()*+,;=:@~"
_SIMPLE_HEADERS = ("Accept", "Accept-Language", "Content-Language", "Origin")
_ANY_HOST = re.compile(r"https?://[^/?#]*(?=/)", re.IGNORECASE)
"""What stands before the path where a request is sent to a proxy."""
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
"""What a reply to another origin carries."""
MALFORMED = Reply(400, {"Content-Type": TEXT}, b"400 Bad Request")
"""The reply to what is no HTTP."""
BODIES_OF_HEAD = (1, 19)
"""The version of Go whose net/http takes HEAD with a body (net/http/transfer.go)."""
_READING = ("GET", "HEAD", "OPTIONS")


def read(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Asked | Reply:
    """The request, or the reply to one that has no path; ``target`` as in the request line.

    Of headers with the same name the first one counts, as it does in ``headers``.
    """
    target = _ANY_HOST.sub("", target)
    raw, _, query = target.partition("?")
    if BAD_ESCAPE.search(raw) or not raw.startswith("/"):
        return MALFORMED
    return Asked(
        method,
        unquote(raw, errors="surrogateescape"),
        read_query(query) if query else NO_QUERY,
        {name.lower(): headers[name] for name in headers},
        body,
    )


def has_body(asked: Asked) -> bool:
    """Whether the request tells the length of a body."""
    return asked.headers.get("content-length", "0") != "0"


def moved(asked: Asked, target: str) -> Reply | None:
    """The reply that leads to the path without ``//`` and ``..`` (api G-06); None if it is so."""
    path = asked.path
    if "//" not in path and "/." not in path:
        return None
    cleaned = "/" + posixpath.normpath(path).lstrip("/")
    if path.endswith("/") and cleaned != "/":
        cleaned += "/"
    if cleaned == path:
        return None
    _, mark, query = target.partition("?")
    place = quote(cleaned.encode("utf-8", "surrogateescape"), safe=_SAFE) + mark + query
    return Reply(301, {"Location": place})


def page_refused(asked: Asked, allowed: Collection[str]) -> Reply | None:
    """The reply to a web page that would change something; None for all other requests.

    Servers obey any page, and so would any that a developer looks at run code here. Browsers name
    the origin of whatever is no plain reading, and nothing else does; ours are no pages, so the
    only origins that may are those that are ``allowed`` by name.
    """
    origin = asked.headers.get("origin")
    if origin is None or asked.method in _READING or origin in allowed:
        return None
    return text_reply(403, f"no web page of {origin} may change this server: see --allow-origin\n")


def preflight(manners: Manners, asked: Asked) -> Reply:
    """The reply to OPTIONS where other origins are answered (api G-10)."""
    if "origin" not in asked.headers:
        return Reply(200)
    wanted = asked.headers.get("access-control-request-method", "")
    if not wanted:
        return Reply(400)
    if wanted not in manners.cors_methods:
        return Reply(405)
    headers = dict(ANY_ORIGIN)
    if wanted in ("PUT", "DELETE"):
        headers["Access-Control-Allow-Methods"] = wanted
    names = asked.headers.get("access-control-request-headers", "").split(",")
    named = [name for name in map(_canonical, names) if name and name not in _SIMPLE_HEADERS]
    if not set(named) <= {*manners.cors_headers}:
        return Reply(403)
    if named:
        headers["Access-Control-Allow-Headers"] = ",".join(named)
    return Reply(200, headers)


def _canonical(name: str) -> str:
    """A name of a header as Go writes it."""
    return "-".join(part.capitalize() for part in name.strip().split("-"))
