"""The wire: what is sent is read, however it is cut; what is no protocol is one kind of error."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuiper_pack.portable.sp import (
    GREETING,
    Incoming,
    Protocol,
    ProtocolError,
    greeting,
    message,
    request_id,
    split_request,
)

protocols = st.sampled_from(Protocol)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(protocols, st.lists(st.binary(max_size=300)), st.lists(st.integers(min_value=0)))
def test_messages_come_out_whole_however_the_bytes_arrive(
    protocol: Protocol, bodies: list[bytes], places: list[int]
) -> None:
    wire = greeting(protocol.peer) + b"".join(map(message, bodies))
    incoming = Incoming(protocol)
    found = [body for part in cut(wire, places) for body in incoming.feed(part)]
    assert found == bodies
    assert incoming.greeted
    assert incoming.waiting == 0


@given(protocols, st.binary(max_size=100), st.lists(st.integers(min_value=0)))
def test_any_bytes_are_messages_or_a_protocol_error(
    protocol: Protocol, data: bytes, places: list[int]
) -> None:
    incoming = Incoming(protocol, largest=1000)
    try:
        for part in cut(data, places):
            for body in incoming.feed(part):
                split_request(body)
    except ProtocolError as error:
        assert str(error).isprintable()
    assert incoming.waiting <= len(data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"HTTP/1.1", "no scalability protocol"),
        (greeting(Protocol.REP), "speaks 0x31, not REQ"),
        (greeting(Protocol.REQ) + b"\2" + bytes(8), "begins with 0x02"),
        (greeting(Protocol.REQ) + b"\1" + b"\xff" * 8, "at most 67108864 are taken"),
        (greeting(Protocol.REQ)[:-1] + b"\1", "no scalability protocol"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, said: str) -> None:
    with pytest.raises(ProtocolError, match=said):
        Incoming(Protocol.REP).feed(data)


def test_a_message_too_large_is_refused_before_it_arrives() -> None:
    incoming = Incoming(Protocol.PULL, largest=10)
    incoming.feed(greeting(Protocol.PUSH))
    with pytest.raises(ProtocolError):
        incoming.feed(message(bytes(11))[:9])


@given(st.integers(min_value=0), st.binary(max_size=50))
def test_a_request_is_its_id_and_the_rest(number: int, payload: bytes) -> None:
    words = request_id(number)
    assert split_request(words + payload) == (words, payload)
    assert split_request(b"\0\0\0\7" + words + payload) == (b"\0\0\0\7" + words, payload)


@pytest.mark.parametrize("body", [b"", b"\x80\0\0", bytes(4), bytes(64)])
def test_a_request_without_id_is_an_error(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        split_request(body)


def test_the_greeting_has_eight_bytes() -> None:
    assert greeting(Protocol.PUSH) == b"\0SP\0\0\x50\0\0"
    assert GREETING.size == 8
