"""What every rule is: a code, a severity, a page, and a check."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.profiles import STABLE, Profile, Release, profile
from kuiper_pack.rules.finding import Finding, Severity

if TYPE_CHECKING:
    from kuiper_pack.rules.target import Target


class Rule(ABC):
    """One thing that can be wrong with a package; subclass it, and the docstring is its page.

    The first line of the docstring is the title. Lines that start with ``>`` quote what a server
    answers, with ``...`` for the parts that differ from package to package.

    ``kinds`` narrows the packages the rule looks at, None stands for packages whose kind is not
    known; ``since`` and ``until`` are the first and last release it concerns, and ``holds`` tells
    by the facts of a release whether it concerns that one. ``causes`` are the
    refusals it explains: such a rule takes its verdict, and the releases, from the prediction, by
    asking ``target.refusing(package, *self.causes)``, and is called only where there is one, unless
    it is to be asked ``always``.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity]
    kinds: ClassVar[frozenset[Kind | None]] = frozenset(Kind)
    since: ClassVar[str | None] = None
    until: ClassVar[str | None] = None
    causes: ClassVar[tuple[Cause, ...]] = ()
    always: ClassVar[bool] = False

    @abstractmethod
    def check(self, package: Package, target: "Target") -> Iterator[Finding]:
        """Yield what is wrong with ``package``; read it, change nothing, do no I/O of your own."""

    def holds(self, facts: Profile) -> bool:
        """Whether a release with these facts is concerned, between ``since`` and ``until``."""
        return True

    @property
    def page(self) -> str:
        """The page in Markdown: title, what and why, examples, how to fix."""
        return inspect.cleandoc(type(self).__doc__ or "")

    @property
    def title(self) -> str:
        """The first line of the page, without the full stop."""
        return self.page.partition("\n")[0].rstrip(".")

    @property
    def servers(self) -> tuple[Release, ...]:
        """The stable releases it can concern, whatever the target."""
        first = Release.parse(self.since) if self.since else STABLE[0]
        last = Release.parse(self.until) if self.until else STABLE[-1]
        native = self.kinds != PORTABLE
        return tuple(
            one
            for one in STABLE
            if first <= one <= last
            and (profile(one).native if native else profile(one).portable)
            and self.holds(profile(one))
        )

    def at(
        self,
        where: Entry | str | None,
        message: str,
        *,
        servers: tuple[Release, ...] = (),
        severity: Severity | None = None,
        line: int | None = None,
        column: int | None = None,
        fix: str | None = None,
    ) -> Finding:
        """A finding at an entry; without ``servers`` it concerns all releases of the rule."""
        entry = where if isinstance(where, Entry) else None
        return Finding(
            rule=self.code,
            severity=severity or self.severity,
            message=message,
            servers=servers,
            file=entry.name if entry else where if isinstance(where, str) else None,
            line=line,
            column=column,
            offset=entry.offset if entry else None,
            fix=fix,
        )

    def at_root(
        self,
        message: str,
        *,
        servers: tuple[Release, ...] = (),
        severity: Severity | None = None,
        fix: str | None = None,
    ) -> Finding:
        """A finding about the package as a whole."""
        return self.at(None, message, servers=servers, severity=severity, fix=fix)


class EngineRule(Rule):
    """A rule that no look at a package can apply: the engine makes its findings itself.

    What a rule says ``of_many`` is found only where packages are given together.
    """

    kinds = frozenset()
    of_many: ClassVar[bool] = False

    def check(self, package: Package, target: "Target") -> Iterator[Finding]:
        return iter(())


NATIVE: frozenset[Kind | None] = frozenset({Kind.SOURCE, Kind.SINK, Kind.FUNCTION})
PORTABLE: frozenset[Kind | None] = frozenset({Kind.PORTABLE})
SOURCE: frozenset[Kind | None] = frozenset({Kind.SOURCE})
UNKNOWN: frozenset[Kind | None] = frozenset({None})
