"""Many requests in one."""

import json
from pathlib import Path
from typing import Any

import pytest

from kuiper_pack.profiles import Release
from kuiper_pack.server import Reply, Service


def sent(base: Path, requests: Any, release: str = "2.4.0") -> Reply:
    service = Service(Release.parse(release), base)
    reply = service.handle("POST", "/batch/req", body=json.dumps(requests).encode())
    service.close()
    return reply


@pytest.mark.parametrize(("release", "there"), [("2.2.0-alpha.4", False), ("2.2.0-alpha.5", True)])
def test_there_is_a_batch_since_2_2(release: str, there: bool, tmp_path: Path) -> None:
    assert sent(tmp_path, [], release).status == (200 if there else 404)


def test_each_request_is_answered_in_its_turn(tmp_path: Path) -> None:
    reply = sent(
        tmp_path,
        [
            {"path": "/plugins/sinks"},
            {"METHOD": "DELETE", "path": "http://elsewhere/plugins/sinks/none?stop=1", "x": 1},
            {"method": "POST", "path": "/plugins/sinks", "body": "{"},
            {"method": "PATCH", "path": "/plugins/sinks"},
            {"method": "GET", "path": "plugins/sinks"},
            {"method": "OPTIONS", "path": "/plugins/sinks"},
            {"method": "G T", "path": "/"},
        ],
    )
    assert reply.headers["Content-Type"] == "application/json"
    found = json.loads(reply.body)
    assert [one["code"] for one in found] == [200, 404, 400, 405, 301, 405, 0]
    assert found[0] == {"code": 200, "response": "[]"}
    assert found[3] == {"code": 405}
    assert found[6]["error"] == 'net/http: invalid method "G T"'


@pytest.mark.parametrize("body", [{}, "x", [1], [{"path": 1}]])
def test_what_is_no_list_of_requests_is_refused(body: Any, tmp_path: Path) -> None:
    reply = sent(tmp_path, body)
    assert (reply.status, b"json: cannot unmarshal" in reply.body) == (400, True)


def test_a_request_that_is_null_is_not_survived(tmp_path: Path) -> None:
    assert sent(tmp_path, [None]).status is None
