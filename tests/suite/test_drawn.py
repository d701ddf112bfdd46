"""What is drawn: from the run's seed, within bounds, and the smallest of what fails is shown."""

from collections.abc import Callable, Iterator, Sequence
from random import Random

import pytest
from hypothesis import strategies as st

from kuiper_pack.client import Unreachable
from kuiper_pack.suite.drawn import for_all, for_sequences
from kuiper_pack.suite.subject import Server
from kuiper_pack.suite.verdict import Unmet
from tests.suite.judging import judge
from tests.suite.socketless import Socketless

NUMBERS = st.integers(0, 1000)
EXAMPLES = 20


@pytest.fixture
def server() -> Iterator[Server]:
    with Socketless("2.4.0") as reference:
        run = judge(reference, wanted=lambda _: False, delivery="file", seed="some")
        run.server.transport.begin("some.clause")
        yield run.server


def asked(server: Server, least: int = 1001) -> list[int]:
    """Numbers that were drawn; from ``least`` on they fail."""
    numbers = []

    def check(number: int) -> None:
        numbers.append(number)
        server.transport.note("number", str(number), "")
        if number >= least:
            raise Unmet(f"less than {least}", str(number))

    for_all(server, NUMBERS, check, EXAMPLES)
    return numbers


def test_a_run_draws_what_its_seed_says(server: Server) -> None:
    first = asked(server)
    assert first == asked(server)
    assert 1 < len(first) <= EXAMPLES
    server.transport.begin("another.clause")
    assert first != asked(server)


def test_the_smallest_failure_is_raised_and_shown_alone(server: Server) -> None:
    with pytest.raises(Unmet, match=r"got: 7$"):
        asked(server, 7)
    assert [one.key.split()[-1] for one in server.transport.exchanges] == ["number"]
    assert [getattr(one, "text", "") for one in server.transport.exchanges] == ["7"]


def test_what_was_well_is_shown_as_a_whole(server: Server) -> None:
    numbers = asked(server)
    assert len(server.transport.exchanges) == len(numbers)


def test_no_smaller_one_is_sought_for_ever(server: Server) -> None:
    seen = []

    def check(text: str) -> None:
        seen.append(text)
        raise Unmet("nothing", f"{len(seen)}")

    with pytest.raises(Unmet):
        for_all(server, st.text(min_size=200), check, EXAMPLES)
    assert len(seen) <= EXAMPLES + 101


def test_a_server_that_gives_no_answer_is_not_asked_again(server: Server) -> None:
    seen = []

    def check(number: int) -> None:
        seen.append(number)
        if len(seen) == 3:
            raise Unreachable("nobody there")

    with pytest.raises(Unreachable, match="nobody there"):
        for_all(server, NUMBERS, check, EXAMPLES)
    assert len(seen) == 3


def shrunk(server: Server, wrong: Callable[[Sequence[int]], bool]) -> Sequence[int]:
    """The sequence that is shown of those which are wrong."""

    def check(steps: Sequence[int]) -> None:
        server.transport.note("steps", " ".join(map(str, steps)), "")
        if wrong(steps):
            raise Unmet("a right sequence", " ".join(map(str, steps)))

    def draw(random: Random) -> list[int]:
        return [random.randrange(10) for _ in range(30)]

    server.transport.begin("some.clause")
    with pytest.raises(Unmet) as caught:
        for_sequences(server, draw, check, EXAMPLES)
    [shown] = server.transport.exchanges
    assert str(caught.value).endswith(f"got: {getattr(shown, 'text', '')}")
    return [int(one) for one in getattr(shown, "text", "").split()]


def test_of_a_sequence_that_fails_every_step_is_needed(server: Server) -> None:
    assert shrunk(server, lambda steps: 7 in steps) == [7]
    assert shrunk(server, lambda steps: 3 in steps and 7 in steps[steps.index(3) :]) == [3, 7]
    assert len(shrunk(server, lambda steps: len(steps) > 12)) == 13


def test_sequences_are_those_of_the_seed_and_shown_as_a_whole(server: Server) -> None:
    drawn: list[list[int]] = []

    def draw(random: Random) -> list[int]:
        return [random.randrange(10) for _ in range(3)]

    for name in ("some.clause", "some.clause", "another.clause"):
        server.transport.begin(name)
        drawn.append([])
        for_sequences(server, draw, drawn[-1].extend, EXAMPLES)
    assert len(drawn[0]) == 3 * EXAMPLES
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_sequence_that_never_shrinks_comes_to_an_end(server: Server) -> None:
    asked = []

    def check(steps: Sequence[int]) -> None:
        asked.append(steps)
        if len(asked) % 2:
            raise Unmet("nothing", "something")

    with pytest.raises(Unmet):
        for_sequences(server, lambda _: [1] * 1000, check, EXAMPLES)
    assert len(asked) < 200
