"""JSON that is nearly right: whatever a server says, clauses get verdicts and no traceback."""

import json
from random import Random
from typing import Any

import pytest

from kuiper_pack.client import Answer
from kuiper_pack.server import Options, Reply, Service
from kuiper_pack.suite.reply import Reply as Heard
from kuiper_pack.suite.restart import uptime
from tests.suite.judging import LONG, clauses, judge, named
from tests.suite.socketless import Socketless

ODD: tuple[Any, ...] = (
    *(None, True, 5, -1, 1e400, 10**400, "text", "", "running", "\ud800"),
    *([], {}, [1], [None], ["x"], {"name": 1}),
)
BEGUN = 40
"""Answers after which discovery has come to its end."""


def changed(value: Any, draw: Random) -> Any:
    """The value with one thing in it, or all of it, replaced or left out."""
    if isinstance(value, dict) and value and draw.random() < 0.8:
        name, members = draw.choice([*value]), {**value}
        if draw.random() < 0.25:
            del members[name]
        else:
            members[name] = changed(members[name], draw)
        return members
    if isinstance(value, list) and value and draw.random() < 0.7:
        at = draw.randrange(len(value))
        return [*value[:at], changed(value[at], draw), *value[at + 1 :]]
    return draw.choice(ODD)


def odd(word: str, share: float) -> type[Service]:
    """A service that changes a share of its JSON, drawn by a word."""

    class Odd(Service):
        draw = Random(word)
        answered = 0

        def handle(self, *given: Any) -> Reply:
            reply = super().handle(*given)
            Odd.answered += 1
            try:
                said = json.loads(reply.body)
            except ValueError:
                return reply
            if Odd.answered <= BEGUN or self.draw.random() > share:
                return reply
            return reply._replace(body=json.dumps(changed(said, self.draw)).encode())

    return Odd


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("release", ["2.4.0", "1.4.4"])
def test_json_that_is_nearly_right_is_judged(release: str, share: float) -> None:
    options, long = Options(allow_install_scripts=True), named(*LONG)
    with Socketless(release, make=odd(f"{release} {share}", share), options=options) as server:
        wanted = {one.id for one in clauses()} - long
        run = judge(
            server,
            wanted=lambda one: one.id in wanted,
            delivery="file",
            watched_for=0.02,
            ends_within=0.1,
        )
    assert run.results.keys() == wanted


@pytest.mark.parametrize("said", ["1e400", "-5", "true", '"5"', "null", "9" * 400, "NaN"])
def test_an_uptime_that_cannot_be_is_none(said: str) -> None:
    assert uptime(Answer("GET", "/", 200, body=b'{"upTimeSeconds": %s}' % said.encode())) is None
    assert uptime(Answer("GET", "/", 200, body=b'{"upTimeSeconds": 5}')) == 5


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("/uploads/a.txt\n", "/uploads/a.txt"),
        ('"/uploads/a.txt"', "/uploads/a.txt"),
        (r'"\/uploads\/a.txt"', "/uploads/a.txt"),
        (r'"C:\\uploads\\a.txt"', r"C:\uploads\a.txt"),
        ("/uploads/&lt;i&gt;.txt", "/uploads/<i>.txt"),
        ('["/uploads/a.txt"]', '["/uploads/a.txt"]'),
    ],
)
def test_a_path_is_text_or_json(said: str, path: str) -> None:
    assert Heard(Answer("POST", "/", 201, body=said.encode())).path() == path
