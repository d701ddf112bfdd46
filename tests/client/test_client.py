"""The client sends what it is asked to, and says what came back or why nothing did."""

import socket
import sys
from collections.abc import Callable, Iterator

import pytest
import requests
import requests_mock

from kuiper_pack.client import Client, Unreachable
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind

URL = "http://kuiper.example:9081/base"


@pytest.fixture
def server() -> Iterator[requests_mock.Mocker]:
    with requests_mock.Mocker() as mocker:
        mocker.register_uri(requests_mock.ANY, requests_mock.ANY, text="[]")
        yield mocker


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (lambda c: c.root(), "GET", "/", None),
        (lambda c: c.ping(), "GET", "/ping", None),
        (lambda c: c.list(Kind.SOURCE), "GET", "/plugins/sources", None),
        (lambda c: c.describe(Kind.SINK, "a/b c"), "GET", "/plugins/sinks/a%2Fb%20c", None),
        (lambda c: c.describe(Kind.SINK, ".."), "GET", "/plugins/sinks/%2E%2E", None),
        (
            lambda c: c.create(Kind.FUNCTION, "f", "file:///f.zip", functions=["g"]),
            "POST",
            "/plugins/functions",
            {"name": "f", "file": "file:///f.zip", "functions": ["g"]},
        ),
        (
            lambda c: c.update(Kind.PORTABLE, "p", "http://h/p.zip", shell_paras=["x"]),
            "PUT",
            "/plugins/portables/p",
            {"name": "p", "file": "http://h/p.zip", "shellParas": ["x"]},
        ),
        (lambda c: c.drop(Kind.SINK, "s"), "DELETE", "/plugins/sinks/s", None),
        (lambda c: c.drop(Kind.SINK, "s", stop=True), "DELETE", "/plugins/sinks/s?stop=1", None),
        (lambda c: c.status("p"), "GET", "/plugins/portables/p/status", None),
        (lambda c: c.udfs(), "GET", "/plugins/udfs", None),
        (lambda c: c.describe_udf("f"), "GET", "/plugins/udfs/f", None),
        (
            lambda c: c.register("f", ["a", "b"]),
            "POST",
            "/plugins/functions/f/register",
            {"functions": ["a", "b"]},
        ),
        (lambda c: c.send("GET", "/a//../b"), "GET", "/a//../b", None),
    ],
)
def test_every_endpoint_is_asked_for_as_documented(
    server: requests_mock.Mocker,
    call: Callable[[Client], object],
    method: str,
    path: str,
    body: object,
) -> None:
    with Client(URL, token="T", headers={"X-One": "1"}) as client:
        call(client)
    sent = server.request_history[0]
    assert (sent.method, sent.url) == (method, URL + path)
    assert (sent.json() if sent.body else None) == body
    assert (sent.headers["Authorization"], sent.headers["X-One"]) == ("T", "1")


@pytest.mark.parametrize("status", [200, 204, 301, 400, 404, 418, 500])
def test_no_status_is_an_error(server: requests_mock.Mocker, status: int) -> None:
    server.get(f"{URL}/ping", status_code=status, text="words", headers={"X-Two": "2"})
    answer = Client(URL).ping()
    assert (answer.status, answer.text, answer.ok) == (status, "words", status < 300)
    assert answer.headers["x-two"] == "2"


def test_redirects_are_followed_on_the_same_host_only(server: requests_mock.Mocker) -> None:
    server.get(f"{URL}/ping", status_code=301, headers={"Location": "/base/pong"})
    server.get(f"{URL}/pong", text="pong")
    server.get(f"{URL}/away", status_code=302, headers={"Location": "http://evil.example/"})
    server.get(f"{URL}/loop", status_code=302, headers={"Location": "/base/loop"})
    client = Client(URL, token="secret")
    assert client.ping().text == "pong"
    away = client.send("GET", "/away")
    assert (away.status, away.note) == (302, "leads to http://evil.example/, which is not there")
    loop = client.send("GET", "/loop")
    assert (loop.status, loop.note) == (302, "leads on after 5 redirects")
    assert {one.hostname for one in server.request_history} == {"kuiper.example"}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.ConnectionError("Connection refused"), "nothing listens there"),
        (requests.ConnectionError("Failed to resolve 'x'"), "no such host"),
        (requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"), "is not trusted"),
        (requests.exceptions.SSLError("WRONG_VERSION_NUMBER"), "does not speak TLS"),
        (requests.exceptions.ConnectTimeout("late"), "no connection within"),
        (requests.exceptions.ReadTimeout("late"), "no answer within"),
        (requests.exceptions.ProxyError("no"), "NO_PROXY"),
    ],
)
def test_what_cannot_be_reached_is_one_helpful_line(
    server: requests_mock.Mocker, error: Exception, words: str
) -> None:
    server.get(f"{URL}/ping", exc=error)
    with pytest.raises(Unreachable, match=words) as caught:
        Client(URL).ping()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:9081", "ftp://h", "http://", "http://h:x", "http://h?q"]
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(KuiperPackError, match="URL of a server"):
        Client(url)


def test_a_missing_library_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "requests", None)
    monkeypatch.delitem(sys.modules, "kuiper_pack.client.bounded", raising=False)
    with pytest.raises(KuiperPackError, match=r"pip install 'kuiper-pack\[suite\]'"):
        Client(URL)


def test_a_port_where_nothing_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match="nothing listens there"):
        Client(f"http://127.0.0.1:{port}").ping()
