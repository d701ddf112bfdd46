"""What is wrong with a certificate is told, and what to do about it."""

from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from kuiper_pack.client import Client, Unreachable
from tests.certificates import certificate
from tests.suite.web import web


class Pings(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def said(url: str) -> str:
    with Client(url) as client, pytest.raises(Unreachable) as caught:
        client.ping()
    return str(caught.value)


def test_a_certificate_of_ones_own_is_trusted_when_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.setenv("NO_PROXY", "localhost")
    file = certificate(tmp_path / "server.pem")
    with web(Pings, certificate=file) as url:
        assert "set REQUESTS_CA_BUNDLE to the file of its authority" in said(url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
        with Client(url) as client:
            assert client.ping().ok
        other = url.replace("127.0.0.1", "localhost")
        assert "its certificate is for another name" in said(other)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", f"{tmp_path}/none.pem")
        assert "none.pem is not there: it is what REQUESTS_CA_BUNDLE" in said(url)


@pytest.mark.parametrize(
    ("begins", "ends", "words"),
    [(-9, -2, "its certificate has expired"), (2, 9, "its certificate is not valid yet")],
)
def test_a_certificate_of_another_time_is_told_from_one_that_nobody_knows(
    begins: int, ends: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path / "server.pem", begins=begins, ends=ends)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with web(Pings, certificate=file) as url:
        assert words in said(url)
