"""The REST API of one server: a request in, a reply out, no sockets."""

import platform
import posixpath
import random
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, unquote_to_bytes

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner import native
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.goquote import html
from kuiper_pack.planner.names import check_id
from kuiper_pack.planner.outcome import NOT_FOUND, Outcome, Refused, refusal
from kuiper_pack.profiles import Release, profile
from kuiper_pack.server.gojson import dumps
from kuiper_pack.server.machine import Machine
from kuiper_pack.server.manners import manners
from kuiper_pack.server.options import Options
from kuiper_pack.server.uploads import Uploads

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
_KINDS = {kind.plural: kind for kind in Kind if kind.is_native}
_PLUGINS = re.compile(r"/plugins/(sources|sinks|functions)")
_PLUGIN = re.compile(r"/plugins/(sources|sinks|functions)/([^/]+)", re.DOTALL)
_REGISTER = re.compile(r"/plugins/functions/([^/]+)/register", re.DOTALL)
_UDFS = re.compile(r"/plugins/udfs")
_UDF = re.compile(r"/plugins/udfs/([^/]+)", re.DOTALL)
_UPLOADS = re.compile(r"/config/uploads")
_UPLOAD = re.compile(r"/config/uploads/([^/]+)", re.DOTALL)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_BINARY = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_SAFE = "/!$&'()*+,;=:@~"


class Reply(NamedTuple):
    """An HTTP answer; ``status`` None closes the connection without one.

    ``headers`` are all but those of the connection and the length of the body.
    """

    status: int | None
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Asked(NamedTuple):
    """A request; ``path`` is percent-decoded, header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""


Handler = Callable[..., Reply]


class Service:
    """One reference server without sockets.

    ``base`` holds all that outlives it. ``exit_code`` is set once the server was asked to end.
    ``handle`` may be called from several threads.
    """

    def __init__(self, release: Release, base: Path, options: Options | None = None) -> None:
        self.release = release
        self.profile = profile(release)
        self.manners = manners(release)
        self.options = options or Options()
        self.machine = Machine(self.profile, base, self.options)
        self.uploads = Uploads(self.machine, self.profile, self.manners)
        self._order = random.Random(0)  # noqa: S311 - only that no order is promised
        self._started = time.monotonic()
        self._routes = tuple(self._all_routes())

    @property
    def exit_code(self) -> int | None:
        """The code that the process is to end with, or None."""
        return self.machine.performer.exit_code

    def close(self) -> None:
        """Wait for the plan that runs, and let go of the folder."""
        self.machine.close()

    def restart(self) -> None:
        """What a new process on the same folder would be."""
        self.machine.restart()
        self._started = time.monotonic()

    def handle(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Reply:
        """The reply to a request; ``target`` is what stands in the request line."""
        raw, mark, query = target.partition("?")
        if _BAD_ESCAPE.search(raw) or not raw.startswith("/"):
            return Reply(400, {"Content-Type": TEXT}, b"400 Bad Request")
        asked = Asked(
            method,
            unquote_to_bytes(raw).decode("utf-8", "surrogateescape"),
            parse_qs(query, keep_blank_values=True),
            {name.lower(): value for name, value in (headers or {}).items()},
            body,
        )
        extra: dict[str, str] = {}
        if self.manners.cors and "origin" in asked.headers:
            extra["Access-Control-Allow-Origin"] = "*"
        if method == "OPTIONS" and self.manners.cors:
            return self._preflight(asked)
        if self.options.allow_install_scripts and method != "GET" and "origin" in asked.headers:
            # Any web page may post to loopback, and a package could then run what it likes.
            return text_reply(403, "no web page may install here while install.sh is run\n")
        cleaned = _cleaned(asked.path)
        if cleaned != asked.path:
            place = quote(cleaned.encode("utf-8", "surrogateescape"), safe=_SAFE) + mark + query
            return Reply(301, {"Location": place} | extra)
        reply = self.answer(asked)
        return reply._replace(headers={**reply.headers, **extra})

    def answer(self, asked: Asked) -> Reply:
        """The reply of the route; a path without one is 404, a method without one 405."""
        found = False
        for methods, pattern, handler in self._routes:
            match = pattern.fullmatch(asked.path)
            if match is None:
                continue
            found = True
            if asked.method in methods:
                try:
                    return handler(asked, *match.groups())
                except Refused as refused:
                    return outcome_reply(refusal(self.profile, refused))
                except KuiperPackError as error:
                    return text_reply(500, f"{error}\n")
        return Reply(405) if found else text_reply(404, "404 page not found\n")

    def _all_routes(self) -> Iterable[tuple[tuple[str, ...], re.Pattern[str], Handler]]:
        yield ("GET", "POST"), re.compile("/"), self.root
        if self.manners.ping:
            yield ("GET",), re.compile("/ping"), self.ping
        if self.manners.uploads:
            yield ("GET",), _UPLOADS, self.list_uploads
            yield ("POST",), _UPLOADS, self.upload
            yield ("DELETE",), _UPLOAD, self.delete_upload
        facts = self.profile
        if not facts.native:
            return
        yield ("GET",), _PLUGINS, self.list
        yield ("POST",), _PLUGINS, self.create
        if facts.function_lists:
            yield ("POST",), _REGISTER, self.register
            yield ("GET",), _UDFS, self.udfs
            yield ("GET",), _UDF, self.describe_udf
        yield ("GET",), _PLUGIN, self.describe
        yield ("DELETE",), _PLUGIN, self.delete
        if facts.native_update:
            yield ("PUT",), _PLUGIN, self.update

    def root(self, _: Asked) -> Reply:
        """GET /."""
        about: dict[str, Any] = {"version": self.release.text, "os": sys.platform}
        if self.manners.root_arch:
            about["arch"] = _architecture()
        about["upTimeSeconds"] = int(time.monotonic() - self._started)
        if self.manners.root_usage:
            about |= {"cpuUsage": "0.00%", "memoryUsed": "0", "memoryTotal": "0"}
        return Reply(200, {"Content-Type": TEXT}, dumps(about))

    def ping(self, _: Asked) -> Reply:
        """GET /ping."""
        return Reply(200)

    def list(self, _: Asked, kind: str) -> Reply:
        """GET /plugins/{kind}."""
        return self._names(self.machine.state.native[_KINDS[kind]])

    def describe(self, _: Asked, kind: str, name: str) -> Reply:
        """GET /plugins/{kind}/{name}."""
        version = self.machine.state.native[_KINDS[kind]].get(name)
        problem = self._problem(name, f"describe {kind} plugin {name} error", version is not None)
        if problem is not None:
            return problem
        if self.profile.so_name == "any":
            version = (version or "").removeprefix("v")
        about: dict[str, Any] = {"name": name, "version": version}
        functions = self.machine.state.function_lists.get(name)
        if kind == "functions" and functions and self.profile.function_lists:
            about = {"functions": [*functions], **about}
        return self.json_reply(about)

    def create(self, asked: Asked, kind: str) -> Reply:
        """POST /plugins/{kind}."""
        return outcome_reply(
            self.machine.change(lambda state: native.create(state, _KINDS[kind], asked.body))
        )

    def update(self, asked: Asked, kind: str, name: str) -> Reply:
        """PUT /plugins/{kind}/{name}."""
        return outcome_reply(
            self.machine.change(lambda state: native.update(state, _KINDS[kind], name, asked.body))
        )

    def delete(self, asked: Asked, kind: str, name: str) -> Reply:
        """DELETE /plugins/{kind}/{name}."""
        word = "stop"
        if self.options.strict and self.manners.documents_restart:
            word = "restart"
        stop = asked.query.get(word, [""])[0] == "1"
        return outcome_reply(
            self.machine.change(lambda state: native.delete(state, _KINDS[kind], name, stop=stop))
        )

    def register(self, asked: Asked, name: str) -> Reply:
        """POST /plugins/functions/{name}/register."""
        return outcome_reply(
            self.machine.change(lambda state: native.register(state, name, asked.body))
        )

    def udfs(self, _: Asked) -> Reply:
        """GET /plugins/udfs."""
        return self._names(self.machine.state.symbols)

    def describe_udf(self, _: Asked, name: str) -> Reply:
        """GET /plugins/udfs/{name}."""
        plugin = self.machine.state.symbols.get(name)
        problem = self._problem(name, f"describe function {name} error", plugin is not None)
        return problem or self.json_reply({"name": name, "plugin": plugin})

    def list_uploads(self, _: Asked) -> Reply:
        """GET /config/uploads."""
        return self.json_reply(self.uploads.paths())

    def upload(self, asked: Asked) -> Reply:
        """POST /config/uploads."""
        path = self.uploads.save(asked.headers.get("content-type", ""), asked.body)
        return text_reply(201, html(path) if self.profile.escapes_delete_text else path)

    def delete_upload(self, _: Asked, name: str) -> Reply:
        """DELETE /config/uploads/{name}."""
        self.uploads.delete(name)
        return text_reply(200, "ok")

    def json_reply(self, value: Any) -> Reply:
        """200 with JSON as Go writes it."""
        newline = b"\n" if self.manners.json_newline else b""
        return Reply(200, {"Content-Type": JSON}, dumps(value) + newline)

    def _names(self, names: Iterable[str]) -> Reply:
        """Names in an order that nobody may lean on (api G-09)."""
        shuffled = [*names]
        self._order.shuffle(shuffled)
        return self.json_reply(shuffled)

    def _problem(self, name: str, prefix: str, known: bool) -> Reply | None:
        try:
            if self.profile.checks_ids:
                check_id(name)
        except Refused as refused:
            return outcome_reply(refusal(self.profile, refused))
        if known:
            return None
        unknown = Refused(Cause.NOT_FOUND, "not found", code=NOT_FOUND, subject=name)
        return outcome_reply(refusal(self.profile, unknown, prefix))

    def _preflight(self, asked: Asked) -> Reply:
        if "origin" not in asked.headers:
            return Reply(200)
        wanted = asked.headers.get("access-control-request-method", "")
        if not wanted:
            return Reply(400)
        if wanted not in self.manners.cors_methods:
            return Reply(405)
        headers = {"Access-Control-Allow-Origin": "*"}
        if wanted in ("PUT", "DELETE"):
            headers["Access-Control-Allow-Methods"] = wanted
        if asked.headers.get("access-control-request-headers", "").lower() == "content-type":
            headers["Access-Control-Allow-Headers"] = "Content-Type"
        return Reply(200, headers)


def outcome_reply(outcome: Outcome) -> Reply:
    """What the outcome of a plan is on the wire."""
    if outcome.status is None:
        return Reply(None)
    if outcome.status == 405:
        return Reply(405)
    return text_reply(outcome.status, outcome.text)


def text_reply(status: int, text: str) -> Reply:
    """Text as net/http sends it: sniffed if it is a success, safe from sniffing if an error."""
    body = text.encode("utf-8", "surrogateescape")
    if status >= 400:
        return Reply(status, {"Content-Type": TEXT, "X-Content-Type-Options": "nosniff"}, body)
    kind = "application/octet-stream" if _BINARY.search(text[:512]) else TEXT
    return Reply(status, {"Content-Type": kind}, body)


def _cleaned(path: str) -> str:
    """As the router cleans a path: a slash at the end stays."""
    cleaned = posixpath.normpath(path)
    cleaned = "/" + cleaned.lstrip("/")
    return cleaned + "/" if path.endswith("/") and cleaned != "/" else cleaned


def _architecture() -> str:
    machine = platform.machine().lower()
    return {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}.get(machine, machine)
