"""The family X: what holds of any package and any kind."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.profiles import STABLE, Release, profile
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.rule import UNKNOWN, EngineRule, Rule
from kuiper_pack.rules.suppressions import Ignore
from kuiper_pack.rules.target import Refusal, Target

_FIRST_ALPHA = Release.parse("2.0.0-alpha.2")


class UnusedSuppression(EngineRule):
    """A suppression leaves nothing out.

    An `[[ignore]]` of kuiper-pack.toml fits no finding. Either the defect is gone, or the rule or
    the path is not the one that was meant; left standing, it would hide the next such defect.

    Bad: `rule = "KPC01"` for a package that has its configuration. Good: no such table.

    Delete the `[[ignore]]`, or correct its `rule` or `path`.
    """

    code, severity = "KPX01", Severity.WARNING

    def tell(self, ignore: Ignore, servers: tuple[Release, ...]) -> Finding:
        """The finding for one unused suppression."""
        found = self.at_root(
            f"the suppression of {ignore} fits no finding", servers=servers, fix="delete it"
        )
        return replace(found, outside=ignore.file, line=ignore.line)


class ExpiredSuppression(EngineRule):
    """A suppression is past its last day.

    An `[[ignore]]` of kuiper-pack.toml names a day in `until`, and that day is over. It hides
    nothing any more: what it left out is found again.

    Bad: `until = 2024-12-31` today. Good: a later day with a reason that still holds.

    Fix the defect and delete the `[[ignore]]`, or give it a new day.
    """

    code, severity = "KPX02", Severity.WARNING

    def tell(self, ignore: Ignore, servers: tuple[Release, ...]) -> Finding:
        """The finding for one expired suppression."""
        found = self.at_root(
            f"the suppression of {ignore} ended on {ignore.until} ({ignore.reason})",
            servers=servers,
            fix="fix the defect and delete the suppression, or give it a new day",
        )
        return replace(found, outside=ignore.file, line=ignore.line)


class KindUnknown(Rule):
    """The package may be a sink or a function.

    Nothing in it says which: a shared object alone looks the same. It is judged by what holds for
    both, and not by what holds for one of them.

    Bad: `geo.so`. Good: `geo.so` with a `geo.json` that describes a sink or functions.

    Say `--kind sink` or `--kind function`, or add the metadata.
    """

    code, severity, kinds = "KPX04", Severity.NOTE, UNKNOWN

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        if package.shared_objects:
            yield self.at_root(
                "it may be a sink or a function, and is judged by what holds for both",
                fix="say --kind sink or --kind function",
            )


class TooOldForPlugins(Rule):
    """The server has no interface for plugins of this kind.

    Portable plugins start with 1.4.0, and native ones can be created over the API since 0.3.0; the
    first alphas of 2.0.0, up to alpha.6, have neither. Such a server answers the create request
    with

    > 404 page not found

    Bad: a portable package for 1.3.1. Good: the same package for 1.4.0 and later.

    Name later servers with `--server`, or in `server` of kuiper-pack.toml.
    """

    code, severity = "KPX05", Severity.ERROR
    causes = (Cause.ROUTE,)

    @property
    def servers(self) -> tuple[Release, ...]:
        """The releases without portable plugins, which those without any are among."""
        return tuple(one for one in STABLE if not profile(one).portable)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        portable = package.kind is Kind.PORTABLE
        what, first = ("portable", "1.4.0") if portable else ("native", "0.3.0")
        servers = target.refusing(package, *self.causes)
        alphas = tuple(one for one in servers if one >= _FIRST_ALPHA)
        if early := tuple(one for one in servers if one < _FIRST_ALPHA):
            message = f"these servers have no {what} plugins, which start with {first}"
            yield self.at_root(message, servers=early, fix=f"name servers from {first} on")
        if alphas:
            message = f"these servers have no {what} plugins: the first alphas of 2.0.0 have none"
            yield self.at_root(message, servers=alphas, fix="name servers from 2.0.0 on")


class UnexplainedRefusal(EngineRule):
    """A server refuses the package.

    A release in question answers the create request with a refusal that no other rule explains.
    The message is the server's own, with `{PLUGINS}`, `{ETC}` and `{DATA}` for its folders and `U`
    for the address of the package.

    Bad: a portable with two entries where one is a file and the other needs it to be a folder.
    Good: entries that can lie side by side in one folder.

    `kuiper-pack inspect` shows what each release does with the package, and what it leaves behind.
    """

    code, severity = "KPX03", Severity.ERROR

    def rest(
        self, refusals: Sequence[Refusal], explained: Mapping[Cause, Set[Release]]
    ) -> Iterator[Finding]:
        """A finding for each refusal where ``explained`` has not all of its releases."""
        for refusal in refusals:
            missing = tuple(one for one in refusal.releases if one not in explained[refusal.cause])
            if missing:
                yield self.at_root(
                    f"the server refuses it ({refusal.cause.value}): {refusal.words}",
                    servers=missing,
                )
