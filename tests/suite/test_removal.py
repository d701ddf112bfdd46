"""What is removed is known to be gone; what a server only says is gone is left."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from kuiper_pack.client import Answer, Endpoints
from kuiper_pack.package.kind import Kind
from kuiper_pack.server import Reply, Service
from kuiper_pack.server.messages import Asked
from kuiper_pack.suite.journal import Owned, Resource
from kuiper_pack.suite.removal import remove
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import ids, judge
from tests.suite.socketless import Socketless

Told = dict[str, list[tuple[int | None, str]]]

HERE, DELETED = '{"name": "p", "version": "1"}', '{"name": "p", "version": "$deleted"}'


class Scripted(Endpoints):
    """Answers each request with the next of what is told for it; the last again and again."""

    def __init__(self, **told: list[tuple[int | None, str]]) -> None:
        self.told = told
        self.sent: list[str] = []

    def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        of_plugins = path.startswith("/plugins/")
        listed = method == "GET" and path.count("/") == (2 if of_plugins else 1)
        what = "listed" if listed else method.lower()
        self.sent.append(what)
        answers = self.told.get(what, [(404, "")])
        status, text = answers.pop(0) if len(answers) > 1 else answers[0]
        return Answer(method, path, status, body=text.encode())


@pytest.mark.parametrize(
    ("told", "dropped", "gone", "sent"),
    [
        ({"get": [(404, "")]}, False, True, ["get"]),
        ({"get": [(400, "")]}, False, True, ["get"]),
        ({"get": [(200, DELETED)]}, False, True, ["get"]),
        (
            {"get": [(200, HERE), (404, "")], "delete": [(200, "")]},
            False,
            True,
            ["get", "delete", "get"],
        ),
        # releases before 0.4.0: described as before, and refused the second time
        ({"get": [(200, HERE)], "delete": [(200, ""), (400, "")]}, False, True, None),
        ({"get": [(200, HERE)], "delete": [(400, "")]}, True, True, None),
        # it says that it dropped it, and has it
        (
            {"get": [(200, HERE)], "delete": [(200, "")], "listed": [(200, '["p"]')]},
            False,
            False,
            None,
        ),
        # it refuses, and has it
        (
            {"get": [(200, HERE)], "delete": [(400, "")], "listed": [(200, '["p"]')]},
            False,
            False,
            None,
        ),
        (
            {"get": [(200, HERE)], "delete": [(500, "")], "listed": [(200, '["p"]')]},
            True,
            False,
            None,
        ),
        # it describes whatever it is asked about
        (
            {"get": [(200, HERE)], "delete": [(404, "")], "listed": [(200, '["q"]')]},
            False,
            True,
            None,
        ),
        # nothing that it says can be believed
        ({"get": [(500, "")], "delete": [(500, "")], "listed": [(500, "[]")]}, False, False, None),
        (
            {"get": [(200, "{}")], "delete": [(200, "{}")], "listed": [(200, "{}")]},
            False,
            False,
            None,
        ),
        ({"get": [(None, "")], "delete": [(None, "")], "listed": [(None, "")]}, True, False, None),
        ({"get": [(401, "")], "delete": [(401, "")], "listed": [(401, "")]}, False, False, None),
        ({"get": [(302, "")], "delete": [(302, "")], "listed": [(302, "")]}, False, False, None),
        (
            {"get": [(200, HERE)], "delete": [(404, "")], "listed": [(200, "[1]")]},
            False,
            False,
            None,
        ),
    ],
)
def test_gone_is_what_the_server_has_no_longer(
    told: Told,
    dropped: bool,
    gone: bool,
    sent: list[str] | None,
) -> None:
    server, plugin = Scripted(**told), Owned(Kind.SINK, "p")
    assert remove(server, plugin, {plugin} if dropped else set()) is gone
    assert sent is None or server.sent == sent
    assert len(server.sent) <= 5


def test_an_upload_that_a_server_has_named_itself_is_removed() -> None:
    class Naming(Service):
        def upload(self, asked: Asked) -> Reply:
            try:
                body = json.loads(asked.body)
            except ValueError:
                return super().upload(asked)
            named = json.dumps({"name": "of-its-own", **body})
            return super().upload(asked._replace(body=named.encode()))

    with Socketless("2.4.0", make=Naming) as server:
        run = judge(server, wanted=lambda one: one.id == "uploads.incomplete", delivery="file")
        assert ids(run, Verdict.FAILED) == {"uploads.incomplete"}
        assert json.loads(server.service.handle("GET", "/config/uploads").body) == []


RULE, STREAM = Resource("rule", "r", "/rules/r"), Resource("stream", "r", "/streams/r")
KEY = Resource("configuration", "r", "/metadata/sources/s/confKeys/r", "/metadata/sources/yaml/s")


@pytest.mark.parametrize(
    ("made", "told", "gone"),
    [
        (RULE, {"delete": [(200, "")]}, True),
        (RULE, {"delete": [(404, "")]}, True),
        (RULE, {"delete": [(409, "")]}, True),
        (RULE, {"delete": [(500, "")], "listed": [(500, "")]}, True),
        (RULE, {"delete": [(403, "")], "get": [(405, "")], "listed": [(200, "[]")]}, True),
        # a stream that a rule reads
        (
            STREAM,
            {"delete": [(400, "")], "get": [(200, "{}")], "listed": [(200, '["r"]')]},
            False,
        ),
        (RULE, {"delete": [(500, "")], "get": [(500, "")], "listed": [(500, "")]}, False),
        (RULE, {"delete": [(None, "")], "get": [(None, "")], "listed": [(None, "")]}, False),
        # nobody describes one key: a path that is not there says nothing of it
        (KEY, {"delete": [(500, "")], "get": [(200, '{"default": {}, "r": {}}')]}, False),
        (KEY, {"delete": [(500, "")], "get": [(200, '{"default": {}}')]}, True),
        (KEY, {"delete": [(500, "")], "get": [(404, "")]}, True),
    ],
)
def test_whether_a_resource_is_gone_is_seen_where_it_is_described(
    made: Resource, told: Told, gone: bool
) -> None:
    assert remove(Scripted(**told), made, set()) is gone


def test_portables_are_listed_as_objects() -> None:
    told: Told = {"get": [(200, HERE)], "delete": [(500, "")]}
    plugin = Owned(Kind.PORTABLE, "p")
    assert remove(Scripted(**told, listed=[(200, '[{"name": "q"}]')]), plugin, set())
    assert not remove(Scripted(**told, listed=[(200, '[{"name": "p"}]')]), plugin, set())
