"""The pool of native plugins: as many stubs as wanted, or ready ones, each used once."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Protocol

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import Clause
from kuiper_pack.suite.packages import NATIVE, Plugin, ready, stub
from kuiper_pack.suite.verdict import Blocked

CAPABILITY = "native-plugins"


def needed(clauses: Iterable[Clause]) -> int:
    """How many plugins a run of these clauses takes: their own, and one shared of each kind."""
    return len(NATIVE) + sum(clause.installs for clause in clauses)


class Pool(Protocol):
    """Where clauses take plugins from."""

    def take(self, kind: Kind) -> Plugin:
        """A plugin that the server has not seen; raises Blocked where there is none left."""


class StubPool:
    """Plugins that cannot be loaded, for servers that do not try."""

    def __init__(self, fresh: Callable[[], str]) -> None:
        self._fresh = fresh

    def take(self, kind: Kind) -> Plugin:
        """One more."""
        name = self._fresh()
        return Plugin(kind, name, stub(name))


class ReadyPool:
    """The shared objects of a folder; names that the server already knows are left out."""

    def __init__(self, folder: Path, known: Collection[str]) -> None:
        self._left = [
            (path, kind) for path, kind in ready(folder).items() if path.stem not in known
        ]
        self._folder = folder

    def take(self, kind: Kind) -> Plugin:
        """The next of that kind, or of no kind."""
        for place, (path, its) in enumerate(self._left):
            if its in (kind, None):
                del self._left[place]
                return Plugin(kind, path.stem, path.read_bytes())
        raise Blocked(
            CAPABILITY,
            f"no {kind.value} is left in {self._folder}: add shared objects with package paths of "
            "their own, or start the server anew",
        )


class EmptyPool:
    """Nothing to install, and why."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def take(self, kind: Kind) -> Plugin:
        """Always Blocked."""
        raise Blocked(CAPABILITY, self._reason)
