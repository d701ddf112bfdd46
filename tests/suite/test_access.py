"""Whoever is not let in is told why in one line: certificates, tokens, clocks that are wrong."""

import ssl
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from kuiper_pack.client import Answer
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.server import Reply, Service
from kuiper_pack.server.messages import Asked, text_reply
from kuiper_pack.suite.access import clock_is_off
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import judge
from tests.suite.socketless import Socketless
from tests.suite.web import web

HOUR = 3600.0
TOKEN = "a-token-of-a-user"
EXPIRED = "JWTVAL__ERRCODE:2__ERRSTR:token is expired"


class Quiet(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that nobody trusts, and that has run out, with its key."""
    key = generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    then = datetime.now(timezone.utc) - timedelta(days=2)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(then)
        .not_valid_after(then + timedelta(days=1))
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "host.pem"
    form = PrivateFormat.PKCS8
    path.write_bytes(
        made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, form, NoEncryption())
    )
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[str]:
    """Host and port that speak TLS only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def refused(url: str, **options: Any) -> str:
    with pytest.raises(KuiperPackError) as caught:
        Run(Options(url, **options))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_certificate_that_is_not_trusted_is_told(secure: str) -> None:
    assert "its certificate is not trusted" in refused(f"https://{secure}")


def test_tls_in_the_wrong_place_is_told(secure: str) -> None:
    assert refused(f"http://{secure}").endswith("; where it speaks TLS, write https://")
    with web(Quiet) as url:
        assert "does not speak TLS" in refused(url.replace("http:", "https:"))


class Guarded(Service):
    """Lets whoever has the token in, ``uses`` times, and has a clock of its own."""

    uses = 0.0
    ahead = 0.0

    def answer(self, asked: Asked) -> Reply:
        reply = text_reply(401, EXPIRED)
        if asked.headers.get("authorization") == TOKEN and self.uses > 0:
            self.uses -= 1
            reply = super().answer(asked)
        date = formatdate(time.time() + self.ahead, usegmt=True)
        return reply._replace(headers={**reply.headers, "Date": date})


def guarded(uses: float, ahead: float = 0.0) -> Socketless:
    def make(*given: Any) -> Service:
        service = Guarded(*given)
        service.uses, service.ahead = uses, ahead
        return service

    return Socketless(make=make)


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


def test_a_token_that_expires_in_a_run_fails_no_clause() -> None:
    with guarded(60) as server:
        run = judge(server, wanted=lambda one: one.id.startswith("native."), token=TOKEN)
    verdicts = {one.verdict for one in run.results.values()}
    blocked = [one for one in run.results.values() if one.blocked_by == "server"]
    assert Verdict.FAILED not in verdicts
    assert all("we are not let in since native." in one.reason for one in blocked)
    assert len(blocked) > 10
    assert run.outcome.code == 2


def test_a_clock_that_is_wrong_is_noted_and_judged_by_nobody() -> None:
    with (
        guarded(1e9, -3 * 24 * HOUR) as server,
        Run(Options(server.url, token=TOKEN)) as run,
    ):
        assert "its clock is 3 days behind that of this machine" in run.discovery.notes


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Foo 2026 00:00:00 GMT"])
def test_a_date_that_is_none_says_nothing_of_the_clock(date: str) -> None:
    assert clock_is_off(Answer("GET", "/", 200, "", {"date": date}, b"")) == ""
    assert clock_is_off(Answer("GET", "/", 200, "", {}, b"")) == ""
