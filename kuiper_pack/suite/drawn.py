"""Clauses over what is drawn: seeded by the run, bounded, and shrunk where one fails.

Packages are drawn by Hypothesis. Sequences of plain steps are not: its work would cost as much as
the requests, and to shrink them is to leave steps out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, TypeVar

from kuiper_pack.suite import places
from kuiper_pack.suite.exchange import Record
from kuiper_pack.suite.subject import Server
from kuiper_pack.suite.verdict import Unmet

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Drawn = TypeVar("Drawn")
_SMALLER = 100
"""After a failure as many smaller ones are tried: each costs the server some requests."""


def for_all(
    server: Server, drawn: SearchStrategy[Drawn], check: Callable[[Drawn], None], examples: int
) -> None:
    """Let ``check`` ask its questions for as many ``examples``.

    Raises the Unmet of the smallest one that fails, and shows its exchanges alone. Whatever else
    ``check`` raises ends it at once.
    """
    from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
    from hypothesis.errors import HypothesisException

    transport = server.transport
    ground, said = transport.exchanges, [*transport.exchanges]
    failed: tuple[int, Unmet, list[Record]] | None = None
    ended: Exception | None = None
    left = examples

    @seed(Random(f"{server.seed} {transport.clause}").getrandbits(32))  # noqa: S311
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(drawn)
    def each(one: Drawn) -> None:
        nonlocal failed, ended, left
        if not left:
            return
        left -= 1
        transport.exchanges = [*ground]
        try:
            check(one)
        except Unmet as error:
            left = left if failed else _SMALLER
            size = len(repr(one))
            if failed is None or size <= failed[0]:
                failed = size, error, transport.exchanges
            raise
        except Exception as error:
            left, ended = 0, error
            raise
        said.extend(transport.exchanges[len(ground) :])

    try:
        with _kept_aside():
            each()
    except (HypothesisException, Unmet):
        if failed is None and ended is None:
            raise
    except Exception as error:
        if error is not ended:
            raise
    if failed is not None:
        transport.exchanges = failed[2]
        raise failed[1]
    if ended is not None:
        raise ended
    transport.exchanges = said


def for_sequences(
    server: Server,
    draw: Callable[[Random], Sequence[Drawn]],
    check: Callable[[Sequence[Drawn]], None],
    examples: int,
) -> None:
    """Let ``check`` ask its questions for as many sequences as ``examples``; ``draw`` makes one.

    Raises the Unmet of a sequence that fails and of which no step can be left out, and shows its
    exchanges alone.
    """
    transport = server.transport
    ground, said = transport.exchanges, [*transport.exchanges]
    random = Random(f"{server.seed} {transport.clause}")  # noqa: S311 - no secret
    left = _SMALLER

    def failure(steps: Sequence[Drawn]) -> Unmet | None:
        transport.exchanges = [*ground]
        try:
            check(steps)
        except Unmet as error:
            return error
        return None

    def smaller(steps: Sequence[Drawn], error: Unmet) -> None:
        nonlocal left
        shown, size = transport.exchanges, len(steps) // 2
        while size and left > 0:
            for at in range(0, len(steps), size):
                fewer, left = [*steps[:at], *steps[at + size :]], left - 1
                if fewer and left >= 0 and (found := failure(fewer)) is not None:
                    steps, error, shown = fewer, found, transport.exchanges
                    break
            else:
                size //= 2
        transport.exchanges = shown
        raise error

    for _ in range(examples):
        steps = draw(random)
        if (error := failure(steps)) is not None:
            smaller(steps, error)
        said += transport.exchanges[len(ground) :]
    transport.exchanges = said


@contextmanager
def _kept_aside() -> Iterator[None]:
    """What Hypothesis keeps for later goes to our cache, not to the folder where the user is."""
    from hypothesis import configuration

    before = vars(configuration).get("__hypothesis_home_directory")
    configuration.set_hypothesis_home_dir(places.cache() / "hypothesis")
    try:
        yield
    finally:
        configuration.set_hypothesis_home_dir(before)
