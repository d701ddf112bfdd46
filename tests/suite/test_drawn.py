"""What is drawn: from the run's seed, within bounds, and the smallest of what fails is shown."""

from collections.abc import Iterator

import pytest
from hypothesis import strategies as st

from kuiper_pack.client import Unreachable
from kuiper_pack.suite.drawn import for_all
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
