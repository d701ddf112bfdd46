"""On the wire the reference server has the manners of net/http, not those of its library."""

import gzip
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kuiper_pack.profiles import Release
from kuiper_pack.server import ReferenceServer, Service
from tests.server.wire import Received, Request, exchange


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with ReferenceServer("2.4.0", data=tmp_path_factory.mktemp("server")) as server:
        yield urlsplit(server.url).port or 0


@pytest.mark.parametrize("method", ["FOO", "get", "M-SEARCH", "X" * 100, "PROPFIND", "PATCH"])
def test_methods_that_nobody_knows_are_answered_as_by_the_routes(port: int, method: str) -> None:
    refused = exchange(port, Request(method, "/plugins/sinks"))
    assert refused == Received(405, {**refused.headers})
    assert "server" not in refused.headers
    assert exchange(port, Request(method, "/nowhere")).status == 404
    assert exchange(port, Request(method, "//plugins/sinks")).headers["location"]
    assert exchange(port, Request(method, "/plugins/sinks", b"{}")).status == 405


@pytest.mark.parametrize(
    "sent",
    [
        b"GET %zz/ HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /plugins/%zz HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET plugins HTTP/1.1\r\nHost: h\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nno header\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
    ],
)
def test_what_is_no_http_is_told_in_the_words_of_the_servers(port: int, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(sent)
        received = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert received == (
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Connection: close\r\n\r\n400 Bad Request"
    )


def test_a_body_is_read_as_it_is_whatever_its_encoding_is_called(port: int) -> None:
    packed = gzip.compress(json.dumps({"name": "a"}).encode())
    answer = exchange(
        port, Request("POST", "/plugins/sinks", packed, (("Content-Encoding", "gzip"),))
    )
    assert answer.status == 400
    assert b"looking for beginning of value" in answer.body


def test_long_paths_and_headers_are_taken(port: int) -> None:
    headers = (("X-Long", "x" * 20_000),)
    assert exchange(port, Request("GET", "/" + "x" * 20_000, None, headers)).status == 404


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("a=%zz", b'invalid URL escape \\"%zz\\"'),
        ("a=1&%2", b'invalid URL escape \\"%2\\"'),
        ("a;b", b"invalid semicolon separator in query"),
        ("a=%zz&b;c", b"invalid semicolon separator in query"),
    ],
)
def test_a_query_that_cannot_be_read_is_a_part_of_a_form(
    port: int, query: str, problem: bytes
) -> None:
    form = (
        b'--B\r\nContent-Disposition: form-data; name="uploadFile"; filename="a"\r\n\r\nx\r\n--B--'
    )
    kind = (("Content-Type", "multipart/form-data; boundary=B"),)
    answer = exchange(port, Request("POST", f"/config/uploads?{query}", form, kind))
    assert (answer.status, problem in answer.body) == (400, True)
    assert exchange(port, Request("GET", f"/config/uploads?{query}")).body == b"[]"


@pytest.mark.parametrize(("release", "status"), [("1.4.4", 400), ("1.10.2", 405)])
def test_head_has_no_body_where_an_early_go_answers(
    release: str, status: int, tmp_path: Path
) -> None:
    service = Service(Release.parse(release), tmp_path)
    assert service.handle("HEAD", "/plugins/sinks", {"Content-Length": "1"}, b"x").status == status
    assert service.handle("HEAD", "/plugins/sinks", {"Content-Length": "0"}).status == 405
    service.close()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"400 Bad Request: missing required Host header"),
        (
            b"GET / HTTP/2.0\r\nHost: h\r\n\r\n",
            b"505 HTTP Version Not Supported: unsupported protocol version",
        ),
    ],
)
def test_other_versions_and_no_host_are_refused(port: int, sent: bytes, words: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(sent)
        received = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert received.startswith(b"HTTP/1.1 " + words + b"\r\n")
    assert received.endswith(b"\r\n\r\n" + words)


def test_a_first_line_may_come_in_pieces_and_in_any_encoding(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        for piece in (
            b"FO",
            b"O /plugins/sin",
            b"ks/\xc3\xa9 HT",
            b"TP/1.1\r",
            b"\nHost: h\r\n\r\n",
        ):
            connection.sendall(piece)
        received = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert received.startswith(b"HTTP/1.1 405 ")
    assert "'é'" in exchange(port, Request("GET", "/plugins/sinks/é")).body.decode()


def test_a_path_may_stand_behind_a_host(port: int) -> None:
    answer = exchange(port, Request("GET", "http://other:80/plugins/sinks?x=1"))
    assert (answer.status, answer.body) == (200, b"[]")
