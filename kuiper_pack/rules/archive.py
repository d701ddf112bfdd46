"""The family Z: what a zip says of itself in different places."""

from collections.abc import Iterator, Mapping

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.rule import UNKNOWN, Rule
from kuiper_pack.rules.target import Target

ANY_KIND: frozenset[Kind | None] = UNKNOWN | frozenset(Kind)

_LOCAL = frozenset(
    {
        "local-name",
        "local-method",
        "local-flags",
        "local-size",
        "local-compressed-size",
        "local-crc",
        "descriptor-differs",
    }
)
_HIDDEN = frozenset({"unlisted-entry", "overlap", "prepended-data", "gap", "end-record-in-comment"})
_HIDDEN_ENDS = frozenset({"end-record-in-comment"})
_TWICE = frozenset({"duplicate-name"})


class HeadersDiffer(Rule):
    """An entry's own header says something else than the directory of the zip.

    A zip tells of each entry twice: in the directory at its end and in a header before the content.
    Servers go by the directory. Tools that read from the front, and scanners among them, see the
    other one, so what was checked may not be what is installed.

    Bad: a header that says `readme.txt` where the directory says `random.so`. Good: the same in
    both, as every packing tool writes it.

    Pack the files again, and find out what wrote such a zip.
    """

    code, severity, kinds = "KPZ01", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        yield from _anomalies(self, package, _LOCAL)


class HiddenContent(Rule):
    """The zip holds data that its directory does not list.

    Bytes before the first entry or between entries, entries that overlap, and files that only a
    reader from the front finds are not installed, but travel with the package. Old releases refuse
    zips that begin with other bytes.

    Bad: a zip behind a shell script, a deleted file that was left in the archive. Good: a zip that
    begins with its first entry and lists all that it holds.

    Pack the files again.
    """

    code, severity, kinds = "KPZ02", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        # Where it cannot be opened, nothing is listed.
        yield from _anomalies(self, package, _HIDDEN if opens(package) else _HIDDEN_ENDS)


class EntryTwice(Rule):
    """Two entries have the same name.

    The later one overwrites the earlier while the server unpacks, as a rule; but both count where
    files are counted, and of two manifests 2.x reads the first and keeps the last. Tools differ in
    which of the two they show.

    Bad: `random.yaml` twice. Good: once.

    Pack the files again instead of adding to an old zip.
    """

    code, severity, kinds = "KPZ03", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        yield from _anomalies(self, package, _TWICE)


class BudgetExceeded(Rule):
    """The package is larger than kuiper-pack reads.

    To stay small and fast on any input, kuiper-pack reads a bounded number of entries and bytes.
    Servers have no such bounds: they unpack until the disk is full. What lies beyond is not judged,
    so nobody can call the package good: its verdict is `unreadable`.

    Bad: a zip that declares gigabytes. Good: the plugin and what it needs.

    Leave out what the plugin does not need.
    """

    code, severity, kinds = "KPZ04", Severity.ERROR, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        yield from _anomalies(self, package, _BUDGETS)


class Backslashes(Rule):
    r"""Names of entries use backslashes for folders.

    In a zip a slash ends the name of a folder, on every system. A server takes a backslash for a
    letter like any other: `sources\random.yaml` becomes a file of just that name beside the
    program, and there is no `random.yaml` in `sources/`. Some tools on Windows write such zips.

    Bad: `sources\random.yaml`. Good: `sources/random.yaml`.

    Pack with `kuiper-pack build`, or another tool that writes slashes.
    """

    code, severity, kinds = "KPZ05", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        named = [entry for entry in package.entries if "\\" in entry.name]
        if named:
            more = f", and {len(named) - 1} more names do" if len(named) > 1 else ""
            yield self.at(
                named[0], f"the name has backslashes{more}: no folder", fix=PACK_WITH_SLASHES
            )


PACK_WITH_SLASHES = "pack it with a tool that writes / in names, like kuiper-pack build"
"""What to do about backslashes."""


def opens(package: Package) -> bool:
    """Whether it is known what the package holds; not of a zip that cannot be opened."""
    return package.archive is None or package.archive.readable


def as_slashes(name: str) -> str:
    """``name`` as it would be without backslashes."""
    return name.replace("\\", "/")


_BUDGETS = frozenset({"budget-entries", "budget-directory", "budget-inflated", "budget-compressed"})

_FIXES: Mapping[str, str] = {
    **dict.fromkeys(_BUDGETS, "leave out what the plugin does not need"),
    "duplicate-name": "leave one of them out",
    "prepended-data": "let the zip begin with its first entry",
}


def _anomalies(rule: Rule, package: Package, codes: frozenset[str]) -> Iterator[Finding]:
    archive = package.archive
    for anomaly in archive.anomalies if archive else ():
        if anomaly.code in codes:
            yield Finding(
                rule.code,
                rule.severity,
                anomaly.message,
                (),
                file=anomaly.entry or None,
                offset=anomaly.offset,
                fix=_FIXES.get(anomaly.code),
            )
