"""Servers are sent what is no request, and are found out where that ends them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kuiper_pack.profiles import NEWEST
from kuiper_pack.server import ReferenceServer, Service
from kuiper_pack.suite.clause import Clause
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import ids, judge
from tests.suite.web import Handler, web

MALFORMED = "http.malformed"
WANTED = {MALFORMED, "native.list.array"}


def wanted(clause: Clause) -> bool:
    return clause.id in WANTED


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    found = Service(NEWEST, tmp_path)
    yield found
    found.close()


def test_a_server_that_goes_on_passes() -> None:
    with ReferenceServer() as server:
        run = judge(server, wanted=wanted)
    assert ids(run, Verdict.PASSED) == WANTED
    assert any("are sent" in str(one) for one in run.results[MALFORMED].exchanges)


def test_a_server_that_answers_no_more_fails(service: Service) -> None:
    class Delicate(Handler):
        dead = False

        def send_error(self, *_: Any, **__: Any) -> None:
            type(self).dead = True

        def answer(self, body: bytes) -> None:
            self.close_connection = True
            if self.dead:
                return
            reply = service.handle(self.command, self.path, dict(self.headers), body)
            self.send_response(reply.status or 500)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

    with web(Delicate) as url:
        run = judge(url, wanted=wanted)
    assert ids(run, Verdict.FAILED) == {MALFORMED}
