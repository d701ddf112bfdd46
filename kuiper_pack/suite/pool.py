"""The pool of native plugins: as many as wanted, or ready ones, each used once."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import count, islice
from pathlib import Path
from typing import Protocol

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Release, profile
from kuiper_pack.suite.clause import Clause
from kuiper_pack.suite.options import NATIVE_WORDS
from kuiper_pack.suite.packages import NATIVE, Plugin, ready, stub
from kuiper_pack.suite.shelf import Progress, Shelf
from kuiper_pack.suite.spent import Claims, Spent
from kuiper_pack.suite.verdict import Blocked

CAPABILITY = "native-plugins"
_BUILD, _READY = "with --kuiper-native build", "with --kuiper-native DIR"


def needed(clauses: Iterable[Clause]) -> int:
    """How many plugins a run of these clauses takes: their own, and one shared of each kind."""
    return len(NATIVE) + sum(clause.installs for clause in clauses)


class Pool(Protocol):
    """Where clauses take plugins from."""

    def take(self, kind: Kind) -> Plugin:
        """A plugin that the server has not seen; raises Blocked where there is none left."""

    def paths(self) -> Iterator[Path]:
        """The files of shared objects that were taken, where they are files."""


class StubPool:
    """Plugins that cannot be loaded, for servers that do not try."""

    def __init__(self, fresh: Callable[[], str]) -> None:
        self._fresh = fresh

    def take(self, kind: Kind) -> Plugin:
        """One more."""
        name = self._fresh()
        return Plugin(kind, name, stub(name))

    def paths(self) -> Iterator[Path]:
        """None."""
        return iter(())


class BuiltPool:
    """Plugins built for the server, which serve as any kind; names that it knows are left out."""

    def __init__(self, shelf: Shelf, known: Collection[str], spent: Claims) -> None:
        self._shelf = shelf
        self._known = known
        self._spent = spent
        self._taken: list[str] = []

    def fill(self, number: int, told: Progress) -> int:
        """Have the next ones built; returns how many were missing. Raises KuiperPackError."""
        return self._shelf.fill([*islice(self._free(), number)], told)

    def take(self, kind: Kind) -> Plugin:
        """The next one."""
        try:
            name = next(name for name in self._free() if self._spent.claim(name))
            content = self._shelf.read(name)
        except KuiperPackError as error:
            raise Blocked(CAPABILITY, str(error)) from error
        self._taken.append(name)
        return Plugin(kind, name, content)

    def paths(self) -> Iterator[Path]:
        """The kept files."""
        return map(self._shelf.path, self._taken)

    def _free(self) -> Iterator[str]:
        names = (f"kuiperPackPool{number:03}" for number in count(1))
        return (name for name in names if name not in self._known and name not in self._spent)


class ReadyPool:
    """The shared objects of a folder; names that the server already knows are left out.

    ``spent`` says what its process has loaded, where it loads anything, or what others take;
    ``remedy`` what to do when none is left.
    """

    def __init__(
        self, folder: Path, known: Collection[str], spent: Claims | None, remedy: str
    ) -> None:
        self._left = [
            (path, kind) for path, kind in ready(folder).items() if path.stem not in known
        ]
        self._folder = folder
        self._spent = spent
        self._remedy = remedy
        self._taken: list[Path] = []

    def take(self, kind: Kind) -> Plugin:
        """The next of that kind, or of no kind."""
        for one in [one for one in self._left if one[1] in (kind, None)]:
            self._left.remove(one)
            path, content = one[0], one[0].read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:12]
            if self._spent is None or self._spent.claim(f"{path.stem}-{digest}"):
                self._taken.append(path)
                return Plugin(kind, path.stem, content)
        raise Blocked(
            CAPABILITY,
            f"no {kind.value} is left in {self._folder}: {self._remedy}, or start the server anew",
        )

    def paths(self) -> Iterator[Path]:
        """The files in the folder."""
        return iter(self._taken)


class EmptyPool:
    """Nothing to install, and why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def take(self, kind: Kind) -> Plugin:
        """Always Blocked."""
        raise Blocked(CAPABILITY, self.reason)

    def paths(self) -> Iterator[Path]:
        """None."""
        return iter(())


def pool_for(
    native: str,
    judged: Release,
    loads: bool | None,
    known: Collection[str],
    spent: Spent,
    claims: Claims | None,
    architecture: str,
    fresh: Callable[[], str],
) -> Pool:
    """The pool that ``--kuiper-native`` asks for, from a server that is judged as a release.

    ``loads`` says whether it loads shared objects, ``known`` the names of its plugins, ``spent``
    those that it loaded, ``claims`` those that others of the same run take, ``fresh`` makes names
    for stubs.
    """
    can_build = profile(judged).contract is not None
    if native not in NATIVE_WORDS:
        remedy = f"build them {_BUILD}" if can_build else "add more, each with its package path"
        return ReadyPool(Path(native), known, spent if loads else claims, remedy)
    if loads and native == "build":
        from kuiper_pack.suite.go_compiler import GoCompiler

        return BuiltPool(Shelf(GoCompiler(judged, architecture)), known, spent)
    if loads and native == "auto":
        build = f"have them built {_BUILD}, or " if can_build else ""
        return EmptyPool(f"the server loads shared objects: {build}give ready ones {_READY}")
    return StubPool(fresh)
