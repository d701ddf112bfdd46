"""Other answers that are as good: JSON in other clothes, other statuses, other words."""

import json
import re
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, BinaryIO

from kuiper_pack.server import Reply, Service
from kuiper_pack.server.messages import Asked

JSON = "application/json"

Says = Callable[[Asked, Reply], Reply]

_next = count(1).__next__


def as_it_is(_: Asked, reply: Reply) -> Reply:
    return reply


def change_any(reply: Reply, edit: Callable[[Any], Any]) -> Reply:
    """The reply with other JSON in it, however it is declared."""
    return reply._replace(body=json.dumps(edit(json.loads(reply.body))).encode())


def change(reply: Reply, edit: Callable[[Any], Any]) -> Reply:
    """The reply with other JSON in it; one of other content is as it was."""
    return change_any(reply, edit) if reply.headers.get("Content-Type") == JSON else reply


def spaciously(_: Asked, reply: Reply) -> Reply:
    if reply.headers.get("Content-Type") != JSON:
        return reply
    found = json.loads(reply.body)
    if isinstance(found, dict):
        found = dict(reversed(found.items()))
    return reply._replace(body=f"\r\n{json.dumps(found, indent=4)}\n\n".encode())


def with_more_members(asked: Asked, reply: Reply) -> Reply:
    if asked.path.endswith("/prebuild"):
        return reply  # each member is a plugin
    more = {"author": "somebody", "functions": {"count": 2}, "size": 12}
    return change(reply, lambda found: found | more if isinstance(found, dict) else found)


def with_members_of_its_own(asked: Asked, reply: Reply) -> Reply:
    """Members that are called as in eKuiper and say other things, and one that is new each time."""
    if not asked.path.startswith("/plugins/") or asked.path.endswith("/prebuild"):
        return reply
    more = {
        "functions": ["count", "sum"],
        "sources": [{"name": "of"}],
        "sinks": [],
        "asked": _next(),
    }
    return change(reply, lambda found: found | more if isinstance(found, dict) else found)


def sorted_lists(_: Asked, reply: Reply) -> Reply:
    return change(reply, lambda found: sorted(found, key=str) if isinstance(found, list) else found)


def with_charset(_: Asked, reply: Reply) -> Reply:
    kind = reply.headers.get("Content-Type", "text/html")
    kind = kind if "charset" in kind else f"{kind}; charset=utf-8"
    return reply._replace(headers={**reply.headers, "Content-Type": kind})


def in_escapes(_: Asked, reply: Reply) -> Reply:
    """Each character of each text is an escape."""
    if reply.headers.get("Content-Type") != JSON:
        return reply
    written = re.sub(r'"(?:[^"\\]|\\.)*"', _escaped, reply.body.decode())
    return reply._replace(body=written.encode())


def _escaped(found: re.Match[str]) -> str:
    units = json.loads(found[0]).encode("utf-16-be", "surrogatepass").hex(" ", 2).split()
    return '"' + "".join(f"\\u{unit}" for unit in units) + '"'


def as_text(_: Asked, reply: Reply) -> Reply:
    """JSON, declared as any text."""
    if reply.headers.get("Content-Type") != JSON:
        return reply
    return reply._replace(headers={"Content-Type": "text/plain"})


def with_more_headers(_: Asked, reply: Reply) -> Reply:
    more = {"Date": "Thu, 01 Jan 1970 00:00:00 GMT", "Server": "another/1", "X-Request-Id": "7"}
    more |= {"Set-Cookie": "way=there; Path=/; HttpOnly", "Cache-Control": "no-store"}
    return reply._replace(
        headers={**more, **reply.headers, "Strict-Transport-Security": "max-age=9"}
    )


def problems(_: Asked, reply: Reply) -> Reply:
    """Refusals are the problem details of RFC 9457, with the status that they had."""
    if reply.status is None or reply.status < 400:
        return reply
    about = {"type": "about:blank", "title": "no", "status": reply.status}
    return Reply(
        reply.status, {"Content-Type": "application/problem+json"}, json.dumps(about).encode()
    )


def paths_in_json(asked: Asked, reply: Reply) -> Reply:
    """An upload is answered with its path as JSON."""
    if (asked.method, asked.path) != ("POST", "/config/uploads") or reply.status != 201:
        return reply
    return Reply(200, {"Content-Type": JSON}, json.dumps(reply.body.decode()).encode())


def without(*collections: str) -> Says:
    """A server that has none of the collections."""

    def says(asked: Asked, reply: Reply) -> Reply:
        return Reply(404) if asked.path.startswith(collections) else reply

    return says


def newer(asked: Asked, reply: Reply) -> Reply:
    """A release of eKuiper that nobody knows yet."""
    if asked.path != "/":
        return reply
    return change_any(reply, lambda found: found | {"version": "a branch of today"})


def other_refusals(asked: Asked, reply: Reply) -> Reply:
    if reply.status is None or reply.status < 400:
        return reply
    status = 410 if reply.status == 404 else 409 if b"duplicate" in reply.body else 422
    if asked.method == "DELETE":
        status = 403 if asked.path.startswith("/plugins/") else 410
    return Reply(status, {"Content-Type": "text/plain"}, f"no: {asked.path}".encode())


def other_successes(asked: Asked, reply: Reply) -> Reply:
    status = {"POST": 200, "PUT": 202, "DELETE": 204}.get(asked.method)
    if status is None or reply.status is None or reply.status >= 400:
        return reply
    said = reply.body if asked.path in ("/batch/req", "/config/uploads") else b""
    return Reply(status, body=said)


def another_product(asked: Asked, reply: Reply) -> Reply:
    if asked.path != "/":
        return reply
    return Reply(200, {"Content-Type": "text/html"}, b"<html>Gateway 7</html>")


def nothing_at_the_root(asked: Asked, reply: Reply) -> Reply:
    return Reply(404) if asked.path == "/" else reply


def unknown_is_dropped(asked: Asked, reply: Reply) -> Reply:
    return Reply(204) if asked.method == "DELETE" and reply.status == 404 else reply


class Saying(Service):
    """A sound server that answers otherwise."""

    says: Says

    def handle(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | BinaryIO = b"",
    ) -> Reply:
        reply = super().handle(method, target, headers, body)
        return type(self).says(Asked(method, target), reply)
