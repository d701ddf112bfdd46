"""Whoever is not let in is told why in one line: certificates, tokens, clocks that are wrong."""

import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar

import pytest

from kuiper_pack.client import Answer
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.profiles import NEWEST
from kuiper_pack.server import Options as ServerOptions
from kuiper_pack.server import ReferenceServer, Reply, Service
from kuiper_pack.server.messages import Asked, text_reply
from kuiper_pack.suite.access import clock_is_off, is_closed
from kuiper_pack.suite.exchange import Exchange
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict
from tests.certificates import certificate
from tests.suite import bad_servers as bad
from tests.suite.judging import judge
from tests.suite.keys import Signer
from tests.suite.socketless import Socketless
from tests.suite.twins_wire import Front
from tests.suite.web import web

HOUR = 3600.0
YEAR = 365.2425 * 24 * HOUR
TOKEN = "a-token-of-a-user"
EXPIRED = "JWTVAL__ERRCODE:2__ERRSTR:token is expired"


class Quiet(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def refused(url: str, **options: Any) -> str:
    with pytest.raises(KuiperPackError) as caught:
        Run(Options(url, **options))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("given", "trusted", "words"),
    [
        ({}, False, "its certificate is not trusted: set REQUESTS_CA_BUNDLE"),
        ({"ends": -2}, True, "its certificate has expired"),
        ({"begins": 2}, True, "its certificate is not valid yet"),
        ({"name": "elsewhere.test"}, True, "its certificate is for another name"),
    ],
)
def test_a_certificate_that_does_not_do_is_told_with_what_to_do(
    given: dict[str, Any],
    trusted: bool,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = certificate(tmp_path / "server.pem", **given)
    if trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with web(Quiet, certificate=file) as url:
        assert words in refused(url)


def test_a_server_whose_certificate_is_trusted_is_judged_over_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path / "server.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    options = ServerOptions(enable_private_net=True)
    service = Service(NEWEST, tmp_path, options)
    front = type("Front", (Front,), {"service": service})
    try:
        with web(front, certificate=file) as url:
            run = judge(url, wanted=lambda one: one.id.startswith(("native.list.", "http.m")))
    finally:
        service.close()
    verdicts = {one.verdict for one in run.results.values()}
    assert Verdict.PASSED in verdicts
    assert Verdict.FAILED not in verdicts
    assert run.outcome.residue == ()


def test_tls_in_the_wrong_place_is_told(tmp_path: Path) -> None:
    with web(Quiet, certificate=certificate(tmp_path / "server.pem")) as url:
        plain = url.replace("https:", "http:")
        assert refused(plain).endswith("; where it speaks TLS, write https://")
    with web(Quiet) as url:
        assert "does not speak TLS: write http://" in refused(url.replace("http:", "https:"))


@pytest.mark.parametrize(
    "text",
    [
        b"Client sent an HTTP request to an HTTPS server.",
        b"<center>The plain HTTP request was sent to HTTPS port</center>",
        b"Reason: You're speaking plain HTTP to an SSL-enabled server port.",
    ],
)
def test_a_server_that_tells_it_wants_tls_is_understood(text: bytes) -> None:
    with bad.bad_server(bad.says(text, 400)) as server:
        assert refused(server.url).endswith("; where it speaks TLS, write https://")


class Guarded(Service):
    """Lets whoever has the token in, ``uses`` times; its clock is ``ahead`` by so many seconds."""

    uses: ClassVar[float] = 0.0
    ahead: ClassVar[float] = 0.0

    def answer(self, asked: Asked) -> Reply:
        reply = text_reply(401, EXPIRED)
        if asked.headers.get("authorization") == TOKEN and self.uses > 0:
            type(self).uses -= 1
            reply = super().answer(asked)
        date = datetime.now(timezone.utc) + timedelta(seconds=self.ahead)
        return reply._replace(headers={**reply.headers, "Date": format_datetime(date, usegmt=True)})


def guarded(uses: float, ahead: float = 0.0) -> Socketless:
    return Socketless(make=type("G", (Guarded,), {"uses": uses, "ahead": ahead}))


def test_a_server_that_wants_a_token_says_how_to_give_it() -> None:
    with guarded(0) as server:
        said = refused(server.url)
    assert said.startswith("the server wants a token: give it with --kuiper-token; it answered 401")


def test_a_token_that_has_expired_is_told_with_the_clock_of_the_server() -> None:
    with guarded(0) as server:
        assert "give one that is valid; it answered 401 JWTVAL" in refused(server.url, token=TOKEN)
    with guarded(0, 5 * HOUR) as server:
        said = refused(server.url, token=TOKEN)
    assert "its clock is 5 hours ahead of that of this machine, which decides what" in said
    assert TOKEN not in said


@pytest.mark.parametrize("release", ["2.4.0", "1.4.4"])
@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"exp": time.time() - HOUR}, "is expired"),
        ({"nbf": time.time() + HOUR}, "is not valid yet"),
        ({"aud": "somebody"}, "audience field should"),
        ({"iss": "nobody.pub"}, "not found target key file nobody.pub"),
    ],
)
def test_a_signed_token_that_does_not_do_is_one_line_with_what_the_server_says(
    release: str, claims: dict[str, Any], words: str, tmp_path: Path
) -> None:
    signer = Signer(tmp_path)
    token = signer.token(**claims)
    with Socketless(release, options=ServerOptions(public_keys=tmp_path)) as server:
        said = refused(server.url, token=token)
    assert "the server does not take the token: give one that is valid; it answered 401" in said
    assert words in said
    assert token not in said


@pytest.mark.parametrize("token", ["x", "Bearer a.b.c", "\N{SNOWMAN}", "a\nb", "a" * 9000])
def test_a_token_that_is_none_is_one_line(token: str, tmp_path: Path) -> None:
    Signer(tmp_path)
    with Socketless(options=ServerOptions(public_keys=tmp_path)) as server:
        assert len(refused(server.url, token=token)) < 1000


def test_the_command_ends_with_2_and_one_line_where_the_token_does_not_do(tmp_path: Path) -> None:
    token = Signer(tmp_path).token(exp=1)
    with ReferenceServer(options=ServerOptions(public_keys=tmp_path)) as server:
        asked = subprocess.run(
            [sys.executable, "-m", "kuiper_pack", "conformance", server.url, "--token", token],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd=tmp_path,
        )
    assert asked.returncode == 2
    told = [one for one in asked.stdout.splitlines() if "does not take the token" in one]
    assert len(told) == 1
    assert "Traceback" not in asked.stdout
    assert token not in asked.stdout
    assert len(asked.stdout.splitlines()) < 12


@pytest.mark.parametrize("uses", [60, 90, 150])
def test_a_token_that_expires_in_a_run_fails_no_clause(uses: int) -> None:
    with guarded(uses) as server:
        run = judge(server, wanted=lambda one: one.id.startswith("native."), token=TOKEN)
    verdicts = {one.verdict for one in run.results.values()}
    blocked = [one for one in run.results.values() if one.blocked_by == "server"]
    assert Verdict.FAILED not in verdicts
    assert len({one.reason for one in blocked}) == 1
    assert "we are not let in since native." in blocked[0].reason
    judged = [one for one in run.results.values() if one.verdict is not Verdict.BLOCKED]
    said = [each for one in judged for each in one.exchanges if isinstance(each, Exchange)]
    assert not [one.key for one in said if is_closed(one.answer)]
    assert len(blocked) > 10
    assert run.outcome.code == 2


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (-3 * 24 * HOUR, "its clock is 3 days behind that of this machine"),
        (-50 * YEAR, "its clock is 50 years behind that of this machine"),
        (-900 * YEAR, "its clock is 900 years behind that of this machine"),
        (5000 * YEAR, "its clock is 5000 years ahead of that of this machine"),
    ],
)
def test_a_clock_that_is_wrong_is_noted_and_judged_by_nobody(ahead: float, words: str) -> None:
    with guarded(1e9, ahead) as server:
        run = judge(server, wanted=lambda one: one.id.startswith("native.list."), token=TOKEN)
    assert words in run.discovery.notes
    assert {one.verdict for one in run.results.values()} <= {
        Verdict.PASSED,
        Verdict.CHOICE,
        Verdict.NOT_APPLICABLE,
    }


def test_a_date_without_a_zone_is_that_of_greenwich() -> None:
    then = datetime.now(timezone.utc) - timedelta(hours=5)
    date = then.strftime("%a, %d %b %Y %H:%M:%S -0000")
    said = clock_is_off(Answer("GET", "/", 200, "", {"date": date}, b""))
    assert said == "its clock is 5 hours behind that of this machine"


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Foo 2026 00:00:00 GMT", "\xff" * 99])
def test_a_date_that_is_none_says_nothing_of_the_clock(date: str) -> None:
    assert clock_is_off(Answer("GET", "/", 200, "", {"date": date}, b"")) == ""
    assert clock_is_off(Answer("GET", "/", 200, "", {}, b"")) == ""
