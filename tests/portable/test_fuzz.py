"""Whatever a peer sends, drawn by a seed: values or our own errors come out, and it ends."""

import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from kuiper_pack.portable import BadMessage, PluginError, hazards
from kuiper_pack.portable.dialogue import ask
from kuiper_pack.portable.endpoint import Plug
from kuiper_pack.portable.messages import (
    NO_RULE,
    Symbol,
    read_acknowledgement,
    read_reply,
    read_row,
)
from kuiper_pack.portable.posix import unix_socket
from kuiper_pack.portable.pull import Pull
from kuiper_pack.portable.push import Push
from kuiper_pack.portable.reactor import Reactor
from kuiper_pack.portable.rep import Rep
from kuiper_pack.portable.sp import (
    HEADER,
    Incoming,
    Protocol,
    ProtocolError,
    greeting,
    message,
    request_id,
    split_request,
)
from kuiper_pack.profiles import NEWEST, profile

pytestmark = pytest.mark.skipif(os.name != "posix", reason="servers run portables on POSIX only")

FACTS = profile(NEWEST)
SYMBOL = Symbol("fuzz", "func", NO_RULE)
LONGEST = 10.0
"""Seconds after which one input is taken for a hang; each ends in a thousandth of that."""


def payload(chance: random.Random) -> bytes:
    """What could be meant as an answer, a row or an acknowledgement."""
    value: object = chance.choice([None, 1, -1.5, "a", "\ud800", [], {}, True, 10**400, [[{}]]])
    texts = [
        b"handshake",
        b"ok",
        b"",
        b"h",
        chance.randbytes(chance.randrange(60)),
        json.dumps({"state": chance.choice([True, False, 0, value]), "result": value}).encode(),
        json.dumps({"message": value, "meta": {"a": value}}).encode(),
        json.dumps({"MESSAGE": {"a": value}, "Meta": None}).encode(),
        json.dumps({"error": chance.choice(["", "no", value])}).encode(),
        json.dumps(value).encode("utf-8"),
        b"[" * chance.choice([5, 500, 50_000]),
        b'{"state":true,"result":NaN}',
        b'{"message":{"a":-Infinity}}',
        b"Traceback (most recent call last):\n\x1b[31m KeyError: 'fuzz'\xff",
    ]
    text = bytearray(chance.choice(texts))
    for _ in range(chance.choice([0, 0, 0, 1, 5])):
        if text:
            text[chance.randrange(len(text))] = chance.randrange(256)
    return bytes(text)


def wire(chance: random.Random, own: Protocol) -> bytes:
    """What a peer of a socket of ours sends: mostly right, or nearly."""
    hello = chance.choice([greeting(own.peer)] * 12 + [greeting(own), b"", chance.randbytes(8)])
    sent = bytearray(hello)
    for number in range(chance.randrange(6)):
        body = payload(chance)
        if own is Protocol.REP:
            words = [request_id(number)] * 6 + [
                b"",
                b"\0\0\0\1" + request_id(9),
                bytes(40),
                b"\x80",
            ]
            body = chance.choice(words) + body
        whole = message(body)
        sent += chance.choice(
            [whole] * 12
            + [
                whole[: chance.randrange(len(whole))],
                HEADER.pack(chance.randrange(256), len(body)) + body,
                HEADER.pack(1, chance.choice([2**63, 2**64 - 1, len(body) + 1, 0])) + body,
                chance.randbytes(20),
            ]
        )
    return bytes(sent)


@pytest.mark.parametrize("inputs", [3_000, pytest.param(100_000, marks=pytest.mark.proof)])
def test_messages_are_read_or_refused(inputs: int) -> None:
    chance = random.Random(inputs)
    for _ in range(inputs):
        data = payload(chance)
        for read in (read_reply, read_row, read_acknowledgement):
            try:
                found = read(data)
            except BadMessage as error:
                assert str(error).isprintable()
            else:
                plain = found if isinstance(found, str) else found._asdict()
                json.dumps(plain, ensure_ascii=False).encode()  # it can be shown
        said = hazards.refusal(data.decode("utf-8", "backslashreplace"), SYMBOL, NEWEST, FACTS)
        assert said.isprintable()
        assert len(said) < 600


@pytest.mark.parametrize("inputs", [3_000, pytest.param(100_000, marks=pytest.mark.proof)])
def test_frames_are_read_or_refused_however_they_are_cut(inputs: int) -> None:
    chance = random.Random(inputs)
    for _ in range(inputs):
        own = chance.choice([*Protocol])
        data, place = wire(chance, own), 0
        incoming = Incoming(own)
        try:
            while place < len(data):
                step = chance.choice([1, 7, 4096])
                for body in incoming.feed(data[place : place + step]):
                    split_request(body)
                place += step
        except ProtocolError as error:
            assert str(error).isprintable()


@pytest.fixture
def plug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plug]:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    monkeypatch.setattr("kuiper_pack.portable.endpoint.LINGER", 0.0)
    reactor = Reactor("fuzz")
    yield Plug(reactor, lambda _: True)
    reactor.close()


def asked(rep: Rep, chance: random.Random) -> None:
    for _ in range(3):
        answer = ask(rep, b'{"func":"Exec"}', LONGEST, repeats=chance.random() < 0.5)
        if answer is None:
            return
        read_reply(answer)


def emptied(pull: Pull, chance: random.Random) -> None:
    while (data := pull.receive(LONGEST)) is not None:
        chance.choice([read_row, read_acknowledgement])(data)


@pytest.mark.parametrize("inputs", [500, pytest.param(100_000, marks=pytest.mark.proof)])
@pytest.mark.parametrize(
    ("make", "own", "act"), [(Rep, Protocol.REP, asked), (Pull, Protocol.PULL, emptied)]
)
def test_a_hostile_peer_is_an_error_of_ours_and_soon_over(
    plug: Plug,
    make: Callable[[Plug, Path], Rep],
    own: Protocol,
    act: Callable[[Rep, random.Random], None],
    inputs: int,
) -> None:
    chance = random.Random(inputs)
    threads = threading.active_count()
    for number in range(inputs):
        begun = time.monotonic()
        endpoint = make(plug, Path("s"))
        try:
            with unix_socket() as peer:
                peer.connect("s")
                with suppress(OSError):  # what is no protocol is closed at once
                    peer.sendall(wire(chance, own))
            act(endpoint, chance)
        except PluginError as error:
            assert str(error).isprintable(), number
        finally:
            endpoint.close()
        assert time.monotonic() - begun < LONGEST / 2, f"input {number} hangs"
    assert threading.active_count() == threads
    assert not Path("s").exists()


@pytest.mark.parametrize("inputs", [200, pytest.param(20_000, marks=pytest.mark.proof)])
def test_a_hostile_sink_is_an_error_of_ours(plug: Plug, inputs: int) -> None:
    chance = random.Random(inputs)
    with listening(chance, inputs):
        for number in range(inputs):
            try:
                push = Push(Path("s"))
            except BadMessage as error:
                assert str(error).isprintable(), number
                continue
            except OSError:
                continue
            with suppress(OSError):
                push.send(b"{}" * chance.choice([1, 1000]), LONGEST)
            push.close()


@contextmanager
def listening(chance: random.Random, times: int) -> Iterator[None]:
    """A plugin that greets each of so many connections as it likes."""
    sent = [wire(chance, Protocol.PUSH)[: chance.choice([3, 8, 8, 100])] for _ in range(times)]
    with unix_socket() as listener:
        listener.bind("s")
        listener.listen(1)

        def greet() -> None:
            for data in sent:
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(data)

        thread = threading.Thread(target=greet)
        thread.start()
        yield
        thread.join(LONGEST)
        assert not thread.is_alive()
