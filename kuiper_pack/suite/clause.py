"""Clauses: requirements on a server, as plain data beside the function that checks them."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from inspect import cleandoc, isgeneratorfunction
from typing import Any, TypeVar, cast

from kuiper_pack.profiles import Release

Function = TypeVar("Function", bound=Callable[..., Any])

ATTRIBUTE = "__kuiper_clause__"
CAPABILITIES = {
    "rules": "/rules",
    "streams": "/streams",
    "uploads": "/config/uploads",
    "metadata": "/metadata/sinks",
}
"""What clauses may need that is no clause and no part of the plugin API, and the collection of it.

So are ``TOKENS``.
"""
TOKENS = "tokens"
"""What clauses need that concern servers which want a token, and a run that has one."""
STOP = "stop"
"""The word of ``allow`` for clauses that let the server end."""
SCRIPTS = "scripts"
"""The word of ``allow`` for clauses that let the server run a script of a package."""


class Level(Enum):
    """How binding a clause is, in the words of RFC 2119."""

    MUST = "must"
    """Documented; only the meaning is asserted."""
    SHOULD = "should"
    """Undocumented, but every release of the generation does it and clients lean on it."""
    MAY = "may"
    """A choice; recorded, never failed."""


MUST, SHOULD, MAY = Level.MUST, Level.SHOULD, Level.MAY


@dataclass(frozen=True, slots=True)
class Clause:
    """One requirement.

    ``documented`` names page and heading, ``seen`` the evidence where nothing is documented.
    Releases from ``since`` up to, not including, ``until`` are concerned. ``installs`` counts the
    native plugins it takes for itself, without those that all clauses share. ``needs`` names the
    ``CAPABILITIES`` and ``TOKENS``, without which the clause does not apply, and the clauses whose
    failure blocks this one; where one of these does not apply to the server, nor does this one.
    ``defect_in`` gives the range of releases that break it themselves. With ``readings`` the
    function returns which of them the server follows. ``allow`` has the words of
    ``--kuiper-allow`` without which it is not tried, ``given`` the names of such options. With
    ``restarts`` the function is a generator, and the server is restarted where it yields.
    """

    id: str
    level: Level
    requirement: str
    documented: str = ""
    seen: str = ""
    since: Release | None = None
    until: Release | None = None
    installs: int = 0
    needs: tuple[str, ...] = ()
    defect_in: tuple[Release, Release | None] | None = None
    readings: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    restarts: bool = False

    @property
    def ends_the_server(self) -> bool:
        """Whether the process of the server is another one after it."""
        return self.restarts or STOP in self.allow

    @property
    def title(self) -> str:
        """The first sentence of the requirement, in one line."""
        return " ".join(self.requirement.partition("\n\n")[0].split())

    @property
    def source(self) -> str:
        """Where the requirement comes from, for people."""
        return self.documented or f"seen: {self.seen}"

    def concerns(self, release: Release) -> bool:
        """Whether servers of that release are bound by it."""
        return _within(release, self.since, self.until)

    def is_known_defect_of(self, release: Release | None) -> bool:
        """Whether that release of eKuiper itself breaks it."""
        return (
            release is not None and self.defect_in is not None and _within(release, *self.defect_in)
        )


def clause(
    identifier: str,
    level: Level,
    *,
    documented: str = "",
    seen: str = "",
    since: str | None = None,
    until: str | None = None,
    installs: int = 0,
    needs: Iterable[str] = (),
    defect_in: tuple[str, str | None] | None = None,
    readings: Iterable[str] = (),
    allow: Iterable[str] = (),
    given: Iterable[str] = (),
) -> Callable[[Function], Function]:
    """Make a function a clause; its docstring is the requirement.

    A generator function is a clause over a restart: what stands before its one ``yield`` is done
    together with that of other such clauses, then the server is restarted once for all of them.

    Raises ValueError for a clause that could not be judged: no requirement, no source, a MUST that
    nobody documented.
    """

    def attach(function: Function) -> Function:
        requirement = cleandoc(function.__doc__ or "")
        if not requirement:
            raise ValueError(f"clause {identifier} has no requirement: write its docstring")
        if not (documented or seen):
            raise ValueError(f"clause {identifier} names no source")
        if level is MUST and not documented:
            raise ValueError(f"clause {identifier} is MUST and not documented")
        defect = None
        if defect_in is not None:
            defect = (Release.parse(defect_in[0]), _release(defect_in[1]))
        made = Clause(
            identifier,
            level,
            requirement,
            documented,
            seen,
            _release(since),
            _release(until),
            installs,
            tuple(needs),
            defect,
            tuple(readings),
            tuple(allow),
            tuple(given),
            isgeneratorfunction(function),
        )
        if made.restarts:
            function = _plain(function)
        setattr(function, ATTRIBUTE, made)
        return function

    return attach


def clause_of(function: object) -> Clause | None:
    """The clause that a function checks, or None."""
    found = getattr(function, ATTRIBUTE, None)
    return found if isinstance(found, Clause) else None


def fingerprint(clauses: Iterable[Clause]) -> str:
    """What names a catalogue: a hash over everything its clauses say, in any order."""
    digest = hashlib.sha256()
    for text in sorted(repr(one) for one in clauses):
        digest.update(text.encode())
    return digest.hexdigest()[:16]


def in_order(clauses: Iterable[Clause]) -> list[Clause]:
    """The clauses as they came, but none before those it needs; a circle is broken anywhere.

    Those that end the process of the server come last.
    """
    waiting = {one.id: one for one in sorted(clauses, key=lambda one: one.ends_the_server)}
    done: dict[str, Clause] = {}

    def visit(one: Clause) -> None:
        if waiting.pop(one.id, None) is None:
            return
        for need in one.needs:
            if need in waiting:
                visit(waiting[need])
        done[one.id] = one

    for one in list(waiting.values()):
        visit(one)
    return list(done.values())


def with_needs(clauses: Iterable[Clause], known: Mapping[str, Clause]) -> set[str]:
    """The ids of clauses, and of all that they stand on, as far as these are known."""
    found: set[str] = set()
    names = {one.id for one in clauses}
    while names:
        found |= names
        names = {need for name in names for need in known[name].needs if need in known} - found
    return found


def _plain(function: Function) -> Function:
    """A function that returns the generator: pytest takes no generator function for a test."""

    @wraps(function)
    def start(*given: Any, **named: Any) -> Any:
        return function(*given, **named)

    return cast(Function, start)


def _release(text: str | None) -> Release | None:
    return None if text is None else Release.parse(text)


def _within(release: Release, since: Release | None, until: Release | None) -> bool:
    return (since is None or release >= since) and (until is None or release < until)
