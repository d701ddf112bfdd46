"""What the proof of real servers and the reference server compares, and what it leaves out."""

import json
from types import SimpleNamespace
from typing import cast

import pytest

from kuiper_pack.profiles import Release, profile
from tests.proof.real_servers import Build
from tests.proof.side_by_side import body
from tests.server.wire import Received, Request


def _seen(asked: object, *answers: object, release: str = "2.4.0") -> object:
    build = cast(Build, SimpleNamespace(facts=profile(Release.parse(release)), shared_objects={}))
    request = Request("POST", "/batch/req", json.dumps(asked).encode())
    return body(build, request, Received(200, {}, json.dumps(answers).encode()))


def _ok(text: object) -> dict[str, object]:
    return {"code": 200, "response": text if isinstance(text, str) else json.dumps(text)}


LIST = {"method": "GET", "path": "/plugins/udfs"}
STATUS = {"method": "GET", "path": "/plugins/portables/p/status?x=1"}


def test_no_order_of_lists_is_compared_in_a_batch() -> None:
    assert _seen([LIST], _ok(["a", "b"])) == _seen([LIST], _ok(["b", "a"]))


@pytest.mark.parametrize("other", [["a"], ["a", "b", "b"], "a, b"])
def test_what_lists_hold_is_compared_in_a_batch(other: object) -> None:
    assert _seen([LIST], _ok(["a", "b"])) != _seen([LIST], _ok(other))


def test_the_order_and_the_codes_of_the_answers_are_compared() -> None:
    one, two = _ok(["a"]), _ok(["b"])
    assert _seen([LIST, LIST], one, two) != _seen([LIST, LIST], two, one)
    assert _seen([LIST], one) != _seen([LIST], one | {"code": 400})
    assert _seen([LIST], {"code": 0, "error": "a"}) != _seen([LIST], {"code": 0, "error": "b"})


def test_how_a_portable_ended_is_not_compared_in_a_batch_either() -> None:
    def told(word: str) -> object:
        return _seen([STATUS], _ok({"refCount": {}, "status": word, "errMsg": ""}))

    assert told("stop") == told("error") != told("running")
