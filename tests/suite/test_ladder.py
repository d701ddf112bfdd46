"""The ladder leads whoever writes a server from nothing to a server that conforms."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, BinaryIO

from kuiper_pack.client import Answer
from kuiper_pack.profiles import Release
from kuiper_pack.server import Reply, Service
from kuiper_pack.server.options import Options as ServerOptions
from kuiper_pack.suite.catalogue import find
from kuiper_pack.suite.clause import Level
from kuiper_pack.suite.discovery import NoPluginApi
from kuiper_pack.suite.exchange import Exchange, Record
from kuiper_pack.suite.ladder import next_rung, rungs
from kuiper_pack.suite.ladder import shown as shown_rung
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.subject import DELIVERY
from kuiper_pack.suite.verdict import Result, Verdict
from tests.suite.judging import clauses
from tests.suite.socketless import Socketless
from tests.suite.web import web

SECTIONS = ("native.list", "native.describe", "native.create", "native.drop", "native.update")
POST, TYPES = "POST plugins/{type}", "native.list.types"


def endpoint(method: str, path: str) -> str:
    """What a request needs that is written: the method and the shape of the path."""
    parts = path.partition("?")[0].strip("/").split("/")
    names = ["plugins", "udfs" if parts[1:2] == ["udfs"] else "{type}", "{name}"]
    return f"{method} {'/'.join(names[: len(parts)] if parts[0] == 'plugins' else parts)}"


class Growing(Service):
    """A sound server of which only some endpoints are written yet."""

    written: frozenset[str] = frozenset()

    def handle(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | BinaryIO = b"",
    ) -> Reply:
        if endpoint(method, target) not in self.written:
            return Reply(404)
        return super().handle(method, target, headers, body)


def growing(written: set[str]) -> Any:
    def make(release: Release, base: Path, options: ServerOptions) -> Service:
        service = Growing(release, base, options)
        service.written = frozenset(written)
        return service

    return make


def rung(written: set[str]) -> tuple[str | None, set[str]]:
    """The next rung of a server with these endpoints, and the endpoints that it shows."""
    with Socketless("2.4.0", strict=True, make=growing(written)) as server:
        try:
            run = Run(Options(server.url))
        except NoPluginApi as error:
            return TYPES, shown(error.said)
        with run:
            run.judge_all(
                {
                    clause: partial(function, run.server)
                    for clause, function in clauses().items()
                    if clause.id.startswith(SECTIONS)
                }
            )
    found = next_rung(run.outcome, clauses())
    if found is None:
        return None, set()
    asked = {POST} if found.blocked_by == DELIVERY else shown(found.exchanges)
    return found.clause.id, asked


def shown(said: tuple[Record, ...]) -> set[str]:
    return {endpoint(one.method, one.path) for one in said if isinstance(one, Exchange)}


def test_the_ladder_leads_from_nothing_to_a_server_that_conforms() -> None:
    written: set[str] = set()
    climbed = []
    while (found := rung(written))[0] is not None:
        name, asked = found
        assert asked - written, f"{name} shows nothing that is still to be written"
        climbed.append(name)
        written |= asked
    order = [one.id for one in rungs(clauses())]
    places = [order.index(name or "") for name in climbed]
    assert climbed[0] == TYPES
    assert places == sorted(set(places))
    assert {"GET plugins/{type}", POST, "DELETE plugins/{type}/{name}"} <= written


def test_a_rung_stands_on_those_below_it() -> None:
    order = rungs(clauses())
    places = {one.id: place for place, one in enumerate(order)}
    for one in order:
        assert all(places[need] < places[one.id] for need in one.needs if need in places)
    ends = [one.ends_the_server for one in order]
    assert ends == sorted(ends)
    assert order[0].level is Level.MUST
    assert order[0].id.startswith("native.list")


def test_a_rung_shows_requests_to_their_end() -> None:
    body = json.dumps(
        {"name": "kp", "file": f"http://127.0.0.1/{'x' * 90}.zip", "functions": ["f"]}
    )
    answer = Answer("POST", "http://127.0.0.1/plugins/functions", 404)
    sent = Exchange("key", "POST", "/plugins/functions", body, {}, answer)
    lines = shown_rung(Result(find(TYPES), Verdict.FAILED, exchanges=(sent,)))
    assert f"> POST /plugins/functions {body}\n< 404 (no body)" in list(lines)


class NotFound(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


def test_the_command_shows_the_rung_and_nothing_else(tmp_path: Path) -> None:
    with web(NotFound) as url:
        ran = subprocess.run(
            [sys.executable, "-m", "kuiper_pack", "conformance", url, "--next"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            cwd=tmp_path,
            env={**os.environ},
        )
    assert ran.returncode == 1
    assert ran.stderr == ""
    assert ran.stdout.startswith("# native.list.types\n\nMUST (documented")
    assert ran.stdout.endswith("> GET /plugins/functions\n< 404 (no body)\n")
