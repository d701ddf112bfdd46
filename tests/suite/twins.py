"""Sound servers of other habits: what nobody prescribes is otherwise than in eKuiper."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Release
from kuiper_pack.server import Reply, Service
from kuiper_pack.server.messages import Asked
from kuiper_pack.server.options import Options
from tests.suite.web import Handler

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ0ZXN0cyJ9.c2lnbmVk"
"""Like a JSON Web Token, signed by nobody."""
ROOT = frozenset({"http.root"})
JSON = "application/json"
NOT_FOUND = frozenset(
    f"{name}.unknown-404"
    for name in (
        *("native.describe", "native.drop", "native.update", "native.udfs"),
        *("portable.describe", "portable.status"),
    )
)

Says = Callable[[Asked, Reply], Reply]


class Front(Handler):
    """A service on a socket; other habits on the wire are subclasses."""

    service: ClassVar[Service]
    protocol_version = "HTTP/1.1"

    def answer(self, body: bytes) -> None:
        self.send(self.service.handle(self.command, self.path, dict(self.headers), body))

    def send(self, reply: Reply) -> None:
        if reply.status is None:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_body(reply.body)

    def send_body(self, body: bytes) -> None:
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class InChunks(Front):
    def send_body(self, body: bytes) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for one in body:
            self.wfile.write(b"1\r\n%c\r\n" % one)
        self.wfile.write(b"0\r\n\r\n")


class OfTheNineties(Front):
    protocol_version = "HTTP/1.0"

    def send_body(self, body: bytes) -> None:
        self.end_headers()
        self.wfile.write(body)


class InSmallLetters(Front):
    def send_header(self, keyword: str, value: str) -> None:
        super().send_header(keyword.lower(), value)


class BelowAPath(Front):
    def answer(self, body: bytes) -> None:
        base, _, rest = self.path.partition("/v1/")
        self.path = f"/{rest}"
        if base == "/ekuiper":
            super().answer(body)
        else:
            self.send(Reply(404))


class WithAToken(Front):
    def answer(self, body: bytes) -> None:
        if self.headers.get("Authorization") == TOKEN:
            super().answer(body)
        else:
            self.send(Reply(401, {}, b"missing_token\n"))


class Slowly(Front):
    never = threading.Event()

    def send_body(self, body: bytes) -> None:
        self.never.wait(0.002)
        super().send_body(body)


class Elsewhere(Front):
    """Sends everybody on, with the method and the body that they have."""

    def answer(self, body: bytes) -> None:
        if self.path.startswith("/moved/"):
            self.path = self.path.removeprefix("/moved")
            super().answer(body)
        else:
            status = 308 if self.command == "GET" else 307
            self.send(Reply(status, {"Location": f"/moved{self.path}"}))


def as_it_is(_: Asked, reply: Reply) -> Reply:
    return reply


def change(reply: Reply, edit: Callable[[Any], Any]) -> Reply:
    """The reply with other JSON in it; one of other content is as it was."""
    if reply.headers.get("Content-Type") != JSON:
        return reply
    return reply._replace(body=json.dumps(edit(json.loads(reply.body))).encode())


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


def sorted_lists(_: Asked, reply: Reply) -> Reply:
    return change(reply, lambda found: sorted(found, key=str) if isinstance(found, list) else found)


def with_charset(_: Asked, reply: Reply) -> Reply:
    kind = reply.headers.get("Content-Type", "text/html")
    kind = kind if "charset" in kind else f"{kind}; charset=utf-8"
    return reply._replace(headers={**reply.headers, "Content-Type": kind})


def other_refusals(asked: Asked, reply: Reply) -> Reply:
    if reply.status is None or reply.status < 400:
        return reply
    status = 410 if reply.status == 404 else 409 if b"duplicate" in reply.body else 422
    status = 403 if asked.method == "DELETE" else status
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


class PortablesAsDocumented(Service):
    """Lists names, describes name and version, and tells the status in the description."""

    def list_portables(self, _: Asked) -> Reply:
        return self.names_reply(self.machine.state.portables)

    def describe_portable(self, asked: Asked, name: str) -> Reply:
        reply = super().describe_portable(asked, name)
        plugin = self.machine.state.portables.get(name)
        if plugin is None:
            return reply
        status = {**(self.runtime.status(name) or {}), "pid": 90}
        return self.json_reply({"name": name, "version": plugin.version, **status})

    def portable_status(self, _: Asked, name: str) -> Reply:
        return Reply(404)


class StartsPortablesLater(Service):
    """Answers before the program runs: the first status of each process is that it is to start."""

    def portable_status(self, asked: Asked, name: str) -> Reply:
        reply = super().portable_status(asked, name)
        asked_before: set[tuple[int, str]] = vars(self).setdefault("asked_before", set())
        process = id(self.runtime), name
        if reply.status != 200 or name not in self.machine.state.portables:
            return reply
        if process in asked_before:
            return reply
        asked_before.add(process)
        return self.json_reply({"refCount": {}, "status": "initializing", "errMsg": ""})


class Upserting(Service):
    """Creates what is to be updated and is not there."""

    def update(self, asked: Asked, kind: str, name: str) -> Reply:
        known = name in self.machine.state.native[Kind(kind.removesuffix("s"))]
        return super().update(asked, kind, name) if known else self.create(asked, kind)


class WaitingForARestart(Service):
    """Drops and creates by the letter of the documentation: with a restart between."""

    def __init__(self, release: Release, base: Path, options: Options | None = None) -> None:
        super().__init__(release, base, options)
        self._dropped: set[tuple[str, str]] = set()

    def create(self, asked: Asked, kind: str) -> Reply:
        try:
            name = str(json.loads(asked.body)["name"])
        except (ValueError, LookupError, TypeError, RecursionError):
            name = ""
        return Reply(409) if (kind, name) in self._dropped else super().create(asked, kind)

    def delete(self, asked: Asked, kind: str, name: str) -> Reply:
        reply = super().delete(asked, kind, name)
        if reply.status == 200:
            self._dropped.add((kind, name))
        return reply

    def restart(self) -> None:
        super().restart()
        self._dropped.clear()


@dataclass(frozen=True, slots=True)
class Twin:
    """A lawful variation of the reference server.

    Exactly the SHOULD clauses in ``fails`` fail, and block those in ``blocks``; those that start
    like one of ``lacks`` do not apply. ``says`` changes replies, ``make`` is another service,
    ``front`` another way on the wire; ``told`` are options of the run.
    """

    name: str
    says: Says = as_it_is
    make: type[Service] | None = None
    front: type[Front] | None = None
    fails: frozenset[str] = frozenset()
    blocks: frozenset[str] = frozenset()
    lacks: tuple[str, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = False
    enable_private_net: bool = True

    @property
    def service(self) -> type[Service]:
        """The class of its service."""
        return self.make or type("Said", (Saying,), {"says": staticmethod(self.says)})


TWINS = [
    Twin("by the letter of the documentation", strict=True),
    Twin("writes JSON with spaces, lines and another order", spaciously),
    Twin("describes with more members", with_more_members),
    Twin("shows portables as documented", make=PortablesAsDocumented),
    Twin("starts portables when it has answered", make=StartsPortablesLater),
    Twin("sorts lists", sorted_lists),
    Twin("names the charset", with_charset),
    Twin("is another product", another_product, strict=True, fails=ROOT),
    Twin("has nothing at the root", nothing_at_the_root, strict=True, fails=ROOT),
    Twin(
        "refuses in other words and statuses",
        other_refusals,
        front=Front,
        fails=NOT_FOUND
        | {"native.create.bad-name", "native.describe.bad-name", "native.create.error-body"}
        | {"http.unknown-path"},
        blocks=frozenset({"http.error.quotes", "security.names"}),
    ),
    Twin(
        "accepts with other statuses and no words",
        other_successes,
        fails=frozenset({"native.create.status", "native.drop.says-restart"})
        | {f"portable.{verb}.status" for verb in ("create", "update", "drop")}
        | {"native.update.version", "uploads.status"},
    ),
    Twin(
        "drops what is not there",
        unknown_is_dropped,
        fails=frozenset({"native.drop.unknown"}),
        blocks=frozenset({"native.drop.unknown-404"}),
    ),
    Twin(
        "creates what it is to update",
        make=Upserting,
        fails=frozenset({"native.update.unknown"}),
        blocks=frozenset({"native.update.unknown-404"}),
    ),
    Twin("wants a restart between drop and create", make=WaitingForARestart, strict=True),
    Twin("answers in chunks", front=InChunks),
    Twin("speaks HTTP/1.0", front=OfTheNineties),
    Twin("writes headers in small letters and keeps connections", front=InSmallLetters),
    Twin("lives below a path", front=BelowAPath, told={"path": "/ekuiper/v1"}),
    Twin(
        "wants a token everywhere",
        front=WithAToken,
        fails=frozenset({"security.tokens.open"}),
        told={"token": TOKEN},
    ),
    Twin("takes its time", front=Slowly),
    Twin("sends everybody on", front=Elsewhere),
    Twin(
        "takes packages from files only",
        front=Front,
        lacks=("native.download.", "uploads.link.accepted"),
        enable_private_net=False,
    ),
]
