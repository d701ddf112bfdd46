"""Whatever a server sends, or does not send, a request ends: in time, bounded, and in a line."""

import time
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kuiper_pack.client import Client, Unreachable, bounded
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from tests.suite import bad_servers as bad

BUFFERS = 16 << 20
"""Bytes that the kernel may keep for a connection on loopback, and more."""
SOON = 1.5


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (bad.closed, "the connection was closed without an answer"),
        (bad.garbage, "no HTTP: SSH-2.0"),
        (lambda call: call.send(b"HTTP/9.9 200 OK\r\n\r\n"), "no HTTP"),
        (lambda call: call.send(b"HTTP/1.1 two OK\r\n\r\n"), "no HTTP"),
        (lambda call: call.send(bad.HEAD + b"Content-Length: 1, 2\r\n\r\nx"), "no HTTP"),
        (bad.endless_header, "headers are longer than 65536 bytes"),
        (bad.endless_headers, "headers"),
        (bad.endless_continue, "headers are longer"),
        (bad.endless_hints, "headers are longer"),
    ],
)
def test_no_answer_is_no_error_and_says_why(behave: bad.Behaviour, words: str) -> None:
    with bad.bad_server(behave) as server:
        answer = Client(server.url, timeout=SOON).ping()
    assert answer.status is None
    assert words in answer.note
    assert "\n" not in answer.note


@pytest.mark.parametrize("status", [100, 102, 103, 199])
def test_what_only_announces_an_answer_is_none(status: int) -> None:
    first = b"HTTP/1.1 %d X\r\nLink: </a>; rel=preload\r\nContent-Length: 3\r\n\r\n" % status

    def behave(call: bad.Call) -> None:
        call.send(2 * first)
        call.answer(b'["a"]')

    with bad.bad_server(behave) as server:
        answer = Client(server.url, timeout=SOON).list(Kind.SINK)
    assert (answer.status, answer.json(), answer.note) == (200, ["a"], "")


def test_a_name_that_no_text_can_have_is_asked_for_all_the_same() -> None:
    with bad.bad_server(lambda call: call.answer(b"{}")) as server:
        Client(server.url, timeout=SOON).describe(Kind.SINK, "\ud800")
    assert server.lines == ["GET /plugins/sinks/%ED%A0%80"]


@pytest.mark.parametrize(
    "behave", [bad.half, bad.broken_chunks, bad.cut_chunks], ids=lambda one: str(one.__name__)
)
def test_half_a_body_is_kept_and_never_taken_for_json(behave: bad.Behaviour) -> None:
    with bad.bad_server(behave) as server:
        answer = Client(server.url, timeout=SOON).list(Kind.SINK)
    assert (answer.status, answer.cut) == (200, True)
    assert answer.note == "the connection broke inside the body"
    with pytest.raises(ValueError, match="cut"):
        answer.json()


@pytest.mark.parametrize(
    ("behave", "most"),
    [
        (bad.endless_body, bounded.LARGEST_BODY),
        (bad.gigabytes, bounded.LARGEST_BODY),
        (bad.endless_chunks, bounded.LARGEST_BODY),
        (bad.endless_chunk_length, 2 * bounded.LARGEST_BODY),
        (bad.endless_trailers, 2 * bounded.LARGEST_BODY),
        (bad.endless_header, bounded.LARGEST_HEAD),
        (bad.endless_headers, bounded.LARGEST_HEAD),
        (bad.endless_continue, bounded.LARGEST_HEAD),
        (bad.endless_redirect, 6 * bounded.LARGEST_BODY),
    ],
)
def test_the_end_of_what_has_none_is_not_awaited(behave: bad.Behaviour, most: int) -> None:
    with bad.bad_server(behave) as server:
        answer = Client(server.url).ping()
        server.stop()
    assert server.sent < most + BUFFERS * len(server.lines)
    assert len(answer.body) <= bounded.LARGEST_BODY
    assert answer.status is None or answer.cut


@pytest.mark.parametrize(
    "behave",
    [bad.hangs, bad.trickles, bad.trickles_headers],
    ids=lambda one: str(one.__name__),
)
def test_a_request_has_one_timeout_however_the_answer_trickles(behave: bad.Behaviour) -> None:
    with bad.bad_server(behave) as server:
        begun = time.monotonic()
        with pytest.raises(Unreachable, match=r"within 0\.3 seconds") as caught:
            Client(server.url, timeout=0.3).ping()
        assert 0.25 < time.monotonic() - begun < SOON
    assert caught.value.hung


def test_redirects_share_the_timeout() -> None:
    def behave(call: bad.Call) -> None:
        if call.hang(0.1):
            bad.redirects_in_a_circle(call)

    with bad.bad_server(behave) as server, pytest.raises(Unreachable) as caught:
        Client(server.url, timeout=0.25).ping()
    assert caught.value.hung
    assert len(server.lines) <= 3  # a busy machine has time for fewer


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_never_makes_a_get_of_a_post(status: int) -> None:
    def behave(call: bad.Call) -> None:
        call.answer(b"", status, b"Location: /plugins/sinks\r\n")

    with bad.bad_server(behave) as server:
        assert Client(server.url).create(Kind.SINK, "s", "file:///s.zip").status == status
    assert server.lines == ["POST /plugins/sinks"]


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:9/x",
        "http://127.0.0.2:{port}/x",
        "https://127.0.0.1:{port}/x",
        "//127.0.0.2:{port}/x",
        "http://evil.example\\@127.0.0.1:{port}/x",
        "http://user@127.0.0.1:{port}/x",
        "http://127.0.0.1:{port}\\@127.0.0.2/x",
        "http://[::1/x",
        "http://127.0.0.1:99999999/x",
        "/a b",
        "/\xe9",
        "ftp://127.0.0.1:{port}/",
    ],
)
def test_no_redirect_leads_to_another_server(location: str) -> None:
    def behave(call: bad.Call) -> None:
        where = location.format(port=call.port).encode("latin-1")
        call.answer(b"", 302, b"Location: " + where + b"\r\n")

    with bad.bad_server(behave) as server:
        answer = Client(server.url, token="secret", timeout=SOON).ping()
    assert answer.status == 302
    assert answer.note.endswith("which is not there")
    assert server.lines == ["GET /ping"]


def test_a_redirect_on_the_same_server_is_followed_and_said() -> None:
    def behave(call: bad.Call) -> None:
        if call.line == "GET /ping":
            call.answer(b"", 302, b"Location: //127.0.0.1:%d/pong?a=1\r\n" % call.port)
        else:
            call.answer(b"pong")

    with bad.bad_server(behave) as server:
        answer = Client(server.url).ping()
    assert (answer.text, answer.note) == ("pong", f"after a redirect to {server.url}/pong?a=1")


def test_no_answer_depends_on_an_earlier_one() -> None:
    def behave(call: bad.Call) -> None:
        call.answer(b"[]", 200, b"Set-Cookie: a=b\r\nConnection: keep-alive\r\n")
        call.send(b"HTTP/1.1 500 Leftover\r\nContent-Length: 0\r\n\r\n")
        call.hang()

    asked: list[bytes] = []

    def watch(call: bad.Call) -> None:
        asked.append(call.request)
        behave(call)

    with bad.bad_server(watch) as server, Client(server.url, timeout=SOON) as client:
        assert [client.ping().status for _ in range(3)] == [200, 200, 200]
    assert len(asked) == 3
    assert not any(b"cookie" in one.lower() for one in asked)


def test_what_is_compressed_unasked_is_not_unpacked() -> None:
    def behave(call: bad.Call) -> None:
        call.answer(b"\x1f\x8b" + b"x" * 100, 200, b"Content-Encoding: gzip\r\n")

    with bad.bad_server(behave) as server:
        answer = Client(server.url).ping()
    assert answer.body.startswith(b"\x1f\x8bxx")
    assert answer.note == "is encoded as gzip, which was not asked for"


@pytest.mark.parametrize("token", ["T", None])
def test_no_password_of_a_netrc_is_sent(token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requests.sessions.get_netrc_auth", lambda url: ("me", "mine"))
    requests: list[bytes] = []

    def behave(call: bad.Call) -> None:
        requests.append(call.request)
        call.answer(b"{}")

    with bad.bad_server(behave) as server:
        Client(server.url, token).ping()
    assert (b"Authorization: T\r\n" in requests[0]) == (token is not None)
    assert b"Basic" not in requests[0]


def test_the_authorities_of_the_environment_are_asked_on_loopback_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "no-such-file")
    with pytest.raises(Unreachable, match="no-such-file"):
        Client("https://127.0.0.1:9").ping()


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.send("GET", "/a b"),
        lambda client: client.send("GET", "/\u00e9"),
        lambda client: client.send("GET", "/\r\nX: y"),
        lambda client: client.send("GET", "/", headers={"X": "a\nb"}),
        lambda client: client.send("GET", "/", headers={"X": "\u20ac"}),
    ],
)
def test_what_no_request_can_carry_is_not_sent(ask: Callable[[Client], object]) -> None:
    with bad.bad_server(bad.says(b"{}")) as server:
        with pytest.raises(KuiperPackError):
            ask(Client(server.url))
        assert server.lines == []


def test_no_password_stands_in_a_url() -> None:
    with pytest.raises(KuiperPackError) as caught:
        Client("http://me:mine@127.0.0.1:9081")
    assert "mine" not in str(caught.value)


ODD = [
    b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n[]",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n[]",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n[]\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\n[]\r\n0\r\nX: y\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n[]",
    b"HTTP/1.1 200 OK\r\nno colon\r\n : x\r\n\r\n[]",
    b"HTTP/1.1 999 \xff\xfe\r\nX\xff: \xff\r\n\r\n\xff",
    b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n[]",
    b"HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/0.9 200 OK\r\n\r\n[]",
    b"HTTP/1.1 -1 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n[]",
]


def test_bytes_that_are_almost_http_never_raise_anything_else() -> None:
    sent = b""

    with bad.bad_server(lambda call: call.send(sent)) as server:

        @given(st.binary(max_size=60), st.sampled_from([b"", *ODD]), st.integers(0, 80))
        def holds(noise: bytes, odd: bytes, place: int) -> None:
            nonlocal sent
            sent = odd[:place] + noise + odd[place:]
            try:
                answer = Client(server.url, timeout=SOON).ping()
            except Unreachable as error:
                assert "\n" not in str(error)
            else:
                assert answer.status is not None or answer.note

        for odd in ODD:
            holds = example(b"", odd, 0)(holds)
        holds()


@pytest.mark.parametrize(
    "sent",
    [b"\x1b[2J\x07\r\n\r\n", b"HTTP/1.1 302 X\r\nLocation: http://x/\x1b[2J\r\n\r\n"],
)
def test_no_note_says_anything_to_a_terminal(sent: bytes) -> None:
    with bad.bad_server(lambda call: call.send(sent)) as server:
        note = Client(server.url, timeout=SOON).ping().note
    assert note.isprintable()
    assert r"\x1b[2J" in note
