"""Against a bad server a run ends: soon, with verdicts or one line, and what is left is named."""

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kuiper_pack.cli.cleanup import cleanup as cleanup_command
from kuiper_pack.client import Client
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.state import DELETED
from kuiper_pack.server import ReferenceServer, Reply, Service
from kuiper_pack.server.messages import Asked, text_reply
from kuiper_pack.suite.clause import Clause
from kuiper_pack.suite.cleanup import cleanup
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.subject import CREATES
from kuiper_pack.suite.verdict import Verdict
from tests.suite import bad_servers as bad
from tests.suite.judging import ids, judge
from tests.suite.socketless import Socketless

TIMEOUT = 1.0
"""Seconds."""
SOON = 5 * TIMEOUT
"""One for the request that hangs, two to see that the server is gone, and the rest is ours."""
EKUIPER = b'{"version":"2.4.0","os":"linux","upTimeSeconds":1}'


@pytest.fixture
def good() -> Iterator[ReferenceServer]:
    with ReferenceServer("2.4.0") as server:
        yield server


def like_ekuiper(lists: bytes) -> bad.Behaviour:
    return lambda call: call.answer(EKUIPER if call.line == "GET /" else lists)


def left_on(server: ReferenceServer) -> set[str]:
    native = server.service.machine.state.native
    return {
        f"{kind.value} {name}"
        for kind, plugins in native.items()
        for name, version in plugins.items()
        if version != DELETED
    }


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (bad.closed, "the connection was closed without an answer"),
        (bad.garbage, "no HTTP: SSH-2.0"),
        (bad.half, "the connection broke inside the body"),
        (bad.broken_chunks, "the connection broke inside the body"),
        (bad.endless_body, "only the first 4194304 bytes were read"),
        (bad.endless_headers, "no HTTP: got more than 100 headers"),
        (bad.redirects_elsewhere, "302 (no body); leads to http://127.0.0.1:9/plugins/sources"),
        (bad.redirects_in_a_circle, "307 (no body); leads on after 5 redirects"),
        (bad.says(b"<html>hello</html>"), "200 <html>hello</html>"),
        (bad.says(b"{}"), "200 {}"),
        (bad.says(b'{"error": "no"}'), '200 {"error": "no"}'),
        (bad.says(b"\x1b[2Jgone"), r"200 \x1b[2Jgone"),
        (bad.says(b"[]", 500), "500 []"),
        (like_ekuiper(b'{"items": []}'), '200 {"items": []}'),
        (like_ekuiper(b'[{"name": "x"}]'), '200 [{"name": "x"}]'),
    ],
)
def test_what_is_no_plugin_api_is_one_line_that_says_what_came(
    behave: bad.Behaviour, words: str, journals: Path
) -> None:
    with bad.bad_server(behave) as server, pytest.raises(KuiperPackError) as caught:
        Run(Options(server.url, timeout=TIMEOUT))
    said = str(caught.value)
    assert f"{server.url} is no plugin API: GET /plugins/sources answers " in said
    assert words in said
    assert "\n" not in said
    assert list(journals.glob("*")) == []


@pytest.mark.parametrize("behave", [bad.hangs, bad.trickles, bad.trickles_headers])
@pytest.mark.parametrize("count", [0, 2])
def test_a_server_that_hangs_at_once_takes_one_timeout(
    good: ReferenceServer, behave: bad.Behaviour, count: int, journals: Path
) -> None:
    begun = time.monotonic()
    with (
        bad.bad_server(bad.first(count, good.url, behave)) as server,
        pytest.raises(KuiperPackError, match="no answer within") as caught,
    ):
        Run(Options(server.url, timeout=TIMEOUT))
    assert time.monotonic() - begun < SOON
    assert "\n" not in str(caught.value)
    assert list(journals.glob("*")) == []


def test_a_run_that_fails_at_its_first_request_to_install_names_what_may_be_left(
    good: ReferenceServer,
) -> None:
    with (
        bad.bad_server(bad.first(5, good.url, bad.hangs)) as server,
        pytest.raises(KuiperPackError) as caught,
    ):
        Run(Options(server.url, timeout=TIMEOUT))
    said = str(caught.value)
    assert "no answer within" in said
    assert "may be left on the server: function kp" in said
    assert said.endswith(f"kuiper-pack cleanup {server.url} tries again")


@pytest.mark.parametrize(
    ("count", "behave"),
    [(20, bad.closed), (20, bad.hangs), (85, bad.closed), (85, bad.garbage), (85, bad.trickles)],
)
def test_a_server_that_dies_blocks_the_rest_by_one_reason(
    good: ReferenceServer, behave: bad.Behaviour, count: int, journals: Path
) -> None:
    with bad.bad_server(bad.first(count, good.url, bad.closed)) as server:
        died: list[float] = []

        def then(call: bad.Call) -> object:
            died.append(time.monotonic())
            return behave(call)

        server.behave = bad.first(count, good.url, then)
        run = judge(server.url, timeout=TIMEOUT)
        assert time.monotonic() - died[0] < SOON
        broken = [one for one in run.results.values() if one.verdict is Verdict.FAILED]
        blocked = [one for one in run.results.values() if one.blocked_by == "server"]
        assert len(broken) <= 1
        assert len({one.reason for one in blocked}) == 1
        assert blocked[0].reason.startswith("the server is gone since ")
        assert all(one.clause.id in blocked[0].reason for one in broken)
        assert left_on(good) <= {str(one) for one in run.left}
        assert any(line.startswith("what is left cannot be seen: ") for line in run.residue)
        server.behave = lambda call: call.relay(good.url)
        with Client(server.url) as client:
            assert cleanup(client).left == ()
        assert left_on(good) == set()
        assert list(journals.glob("*")) == []


def test_a_clause_that_is_given_no_answer_fails_alone_where_the_server_lives(
    good: ReferenceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kuiper_pack.suite.run.SETTLES", 0.0)
    names = {"native.create.malformed-json", "native.update.malformed-json"}

    def wanted(one: Clause) -> bool:
        return one.id in names or one.id == "native.list.array"

    def behave(call: bad.Call) -> None:
        if call.request.endswith(b"\r\n\r\n{"):
            call.hang()
        else:
            call.relay(good.url)

    with bad.bad_server(behave) as server:
        run = judge(server.url, timeout=TIMEOUT, wanted=wanted)
    assert ids(run, Verdict.FAILED) == names
    assert ids(run, Verdict.PASSED) == {"native.list.array"}
    assert ids(run, Verdict.BLOCKED) == set()
    assert run.residue == []


def test_a_server_that_hangs_on_one_kind_of_request_is_given_up_after_three(
    good: ReferenceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kuiper_pack.suite.run.SETTLES", 0.0)
    hung: list[str] = []

    def behave(call: bad.Call) -> None:
        if call.line.startswith("POST") and call.number > 20:
            hung.append(call.line)
            call.hang()
        else:
            call.relay(good.url)

    with bad.bad_server(behave) as server:
        run = judge(server.url, timeout=0.3, wanted=lambda one: ".concurrent." not in one.id)
    assert len(hung) == 3
    gone = {one.reason for one in run.results.values() if one.blocked_by == "server"}
    assert len(gone) == 1
    assert gone.pop().startswith("3 requests had no answer in time, the last in native.")
    assert len(ids(run, Verdict.FAILED)) <= 3


@pytest.mark.parametrize(
    "behave",
    [
        bad.closed,
        bad.garbage,
        bad.hangs,
        bad.trickles,
        bad.half,
        bad.says(b"{}"),
        bad.says(b"", 500),
    ],
)
def test_a_server_that_is_bad_at_the_end_leaves_what_is_named(
    good: ReferenceServer, behave: bad.Behaviour, journals: Path
) -> None:
    with bad.bad_server(lambda call: call.relay(good.url)) as server:
        run = Run(Options(server.url, timeout=TIMEOUT))
        run.server.installed(Kind.SINK)
        run.server.installed(Kind.SOURCE)
        begun = time.monotonic()
        server.behave = behave
        residue = run.finish()
        assert time.monotonic() - begun < SOON
    assert left_on(good) == {str(one) for one in run.left}
    assert len(run.left) == 2
    assert residue[0].startswith("what is left cannot be seen: ")
    assert all(f"{one} may be left on the server" in residue for one in run.left)
    names = ", ".join(map(str, run.left))
    assert run.outcome.last_word == (
        f"may be left on the server: {names}; kuiper-pack cleanup {server.url} tries again"
    )
    assert len(list(journals.glob("*.jsonl"))) == 1


@pytest.mark.parametrize("count", [0, 2, 5])
@pytest.mark.parametrize("behave", [bad.closed, bad.hangs, bad.says(b"{}"), bad.says(b"", 500)])
def test_a_cleanup_ends_and_leaves_its_journal_whatever_the_server_does(
    good: ReferenceServer, behave: bad.Behaviour, count: int, journals: Path
) -> None:
    with bad.bad_server(lambda call: call.relay(good.url)) as server:
        run = Run(Options(server.url, timeout=TIMEOUT))
        for kind in (Kind.SINK, Kind.SOURCE, Kind.FUNCTION):
            run.server.installed(kind)
        server.behave = bad.closed
        run.finish()
        begun = time.monotonic()
        server.lines.clear()
        server.behave = bad.first(count, good.url, behave)
        with Client(server.url, timeout=TIMEOUT) as client:
            done = cleanup(client)
        assert time.monotonic() - begun < SOON
        assert left_on(good) <= {str(one) for one in done.left} != set()
        assert bool(done.trouble) == (behave is bad.hangs)
        assert list(journals.glob("*.jsonl"))
        server.behave = lambda call: call.relay(good.url)
        with Client(server.url) as client:
            assert cleanup(client).left == ()
    assert left_on(good) == set()
    assert list(journals.glob("*")) == []


def test_a_server_that_hangs_while_a_clause_is_tidied_up_is_asked_once(
    good: ReferenceServer,
) -> None:
    with bad.bad_server(lambda call: call.relay(good.url)) as server:
        run = Run(Options(server.url, timeout=TIMEOUT))
        for _ in range(3):
            run.server.create(run.server.take(Kind.SINK))
        server.lines.clear()
        server.behave = bad.hangs
        run.server.tidy()
        assert len(server.lines) == 1
        server.behave = lambda call: call.relay(good.url)
        assert run.finish() == []
    assert left_on(good) == set()


class ForgetsToDelete(Service):
    """Says that it deleted a plugin, and has it all the same."""

    def delete(self, asked: Asked, kind: str, name: str) -> Reply:
        known = self.describe(asked, kind, name).status == 200
        said = f"{kind} plugin {name} is deleted and eKuiper must restart"
        return text_reply(200, said) if known else super().delete(asked, kind, name)


def test_a_server_that_forgets_to_delete_is_found_out(journals: Path) -> None:
    with ReferenceServer("2.4.0", make=ForgetsToDelete) as server:
        run = judge(server.url, wanted=lambda one: one.id in (CREATES, "native.drop.accepted"))
        left = left_on(server)
        assert left
        assert {str(one) for one in run.left} == left
        assert sorted(run.residue) == sorted(f"{one} is left on the server" for one in left)
        asked = CliRunner().invoke(cleanup_command, [server.url], standalone_mode=False)
        assert asked.return_value == 1
        lines = asked.output.splitlines()
        assert lines[0].startswith("interrupted runs: 1; ")
        assert lines[0].endswith(f" removed: 0, left: {len(left)}")
        assert lines[1].startswith("left on the server: ")
        assert all(one in lines[1] for one in left)
        assert lines[1].endswith(f"; kuiper-pack cleanup {server.url} tries again")
    assert list(journals.glob("*.jsonl"))


@pytest.mark.parametrize(
    "shape",
    ["{}", "[]", "null", '"text"', '[{"name": 1}]', '{"name": []}', "x"],
)
def test_json_of_another_shape_fails_clauses_and_never_the_suite(shape: str) -> None:
    class Odd(Service):
        asked = 0

        def handle(self, method: str, *given: Any) -> Any:
            reply = super().handle(method, *given)
            Odd.asked += 1
            if Odd.asked > 40 and reply.status in (200, 201):
                return reply._replace(body=shape.encode())
            return reply

    with Socketless("2.4.0", make=Odd) as server:
        run = judge(server.url, ends_within=0.5, watched_for=0.1)
    assert ids(run, Verdict.FAILED)


def test_what_a_run_keeps_of_large_answers_is_little(good: ReferenceServer) -> None:
    many = json.dumps(["x" * 100] * 20_000).encode()

    def behave(call: bad.Call) -> None:
        if call.line == "GET /plugins/sinks":
            call.answer(many)
        else:
            call.relay(good.url)

    with bad.bad_server(behave) as server:
        run = judge(server.url, wanted=lambda one: one.id == "native.list.array")
    assert ids(run, Verdict.PASSED) == {"native.list.array"}
    kept = run.results["native.list.array"].exchanges
    largest = max(kept, key=lambda one: len(one.as_json()["text"])).as_json()
    assert largest["note"] == f"{len(many)} bytes, of which the first 65536 are kept"


def test_the_last_line_on_the_terminal_says_what_is_left_and_what_tries_again(
    good: ReferenceServer, tmp_path: Path
) -> None:
    with bad.bad_server(bad.first(60, good.url, bad.closed)) as server:
        ran = subprocess.run(
            [sys.executable, "-m", "kuiper_pack", "conformance", server.url],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            cwd=tmp_path,
        )
        lines = [line for line in ran.stdout.splitlines() if "may be left on the server" in line]
    assert ran.returncode in (1, 2)
    assert len(lines) == 1
    assert all(one in lines[0] for one in left_on(good))
    assert lines[0].endswith(f"; kuiper-pack cleanup {shlex.quote(server.url)} tries again")
    assert "blocked by server: the server is gone since native." in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr


def test_the_cleanup_of_a_server_that_is_gone_names_what_is_left(good: ReferenceServer) -> None:
    with bad.bad_server(lambda call: call.relay(good.url)) as server:
        run = Run(Options(server.url, timeout=TIMEOUT))
        plugin = run.server.installed(Kind.SINK)
        server.behave = bad.closed
        run.finish()
    asked = CliRunner().invoke(cleanup_command, [server.url], standalone_mode=False)
    assert f"sink {plugin.name}" in asked.output.splitlines()[-1]
    assert asked.output.splitlines()[-1].endswith("tries again")
    assert isinstance(asked.exception, KuiperPackError)
    assert "nothing listens there" in str(asked.exception)
