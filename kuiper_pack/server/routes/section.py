"""What a section of the API is: routes, the methods that answer them, and what these need."""

import random
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.names import check_id
from kuiper_pack.planner.outcome import NOT_FOUND, UNDEFINED, Refused, refusal
from kuiper_pack.profiles import Profile, Release
from kuiper_pack.server.gojson import dumps
from kuiper_pack.server.machine import Machine
from kuiper_pack.server.manners import Manners
from kuiper_pack.server.messages import JSON, Reply, outcome_reply
from kuiper_pack.server.options import Options


def refused(words: str, code: int = UNDEFINED) -> Refused:
    """A refusal in these words, of what is no plan: nobody asks for its cause."""
    return Refused(Cause.ROUTE, words, code=code)


Handler = Callable[..., Reply]
"""Answers a request: called with it, and with what the groups of the pattern matched."""

NAME = "([^/]+)"
"""One part of a path, as a group of a pattern."""


class Route(NamedTuple):
    """The method that answers requests of these methods to paths that match the whole pattern.

    ``waits``: it may have to, for a plan, a program, a disk or the network.
    """

    methods: tuple[str, ...]
    pattern: re.Pattern[str]
    handler: Handler
    waits: bool = True


def route(methods: str, pattern: str, handler: Handler, *, waits: bool = True) -> Route:
    """A route; ``methods`` are parted by blanks."""
    return Route(tuple(methods.split()), re.compile(pattern, re.DOTALL), handler, waits)


class Section:
    """A section of the API: a base class of ``Service``, which gives it all that stands here.

    ``routes`` is asked once, after the first ``boot``. A handler may raise Refused.
    """

    release: Release
    profile: Profile
    manners: Manners
    options: Options
    machine: Machine
    order: random.Random

    def routes(self) -> Iterator[Route]:
        """The routes of this release; where two match, the first one counts."""
        yield from ()

    def boot(self) -> None:
        """Begin as a new process: what a process keeps in its memory is not there yet."""

    def changed(self) -> None:
        """See to what a request may have changed: called after all but GET."""

    def halt(self) -> None:
        """End what the process began; may be called twice."""

    def json_reply(self, value: Any) -> Reply:
        """200 with JSON as Go writes it."""
        newline = b"\n" if self.manners.json_newline else b""
        return Reply(200, {"Content-Type": JSON}, dumps(value) + newline)

    def names_reply(self, names: Iterable[str]) -> Reply:
        """200 with names in an order that nobody may lean on (api G-09)."""
        shuffled = [*names]
        self.order.shuffle(shuffled)
        return self.json_reply(shuffled)

    def problem(self, name: str, prefix: str, known: bool) -> Reply | None:
        """The refusal of a name that the release does not allow, or that is not ``known``."""
        try:
            if self.profile.checks_ids:
                check_id(name)
        except Refused as refused:
            return outcome_reply(refusal(self.profile, refused))
        if known:
            return None
        unknown = Refused(Cause.NOT_FOUND, "not found", code=NOT_FOUND, subject=name)
        return outcome_reply(refusal(self.profile, unknown, prefix))
