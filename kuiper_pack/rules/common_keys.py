"""The family C, continued: the keys of a configuration that the server itself reads."""

import re
from collections.abc import Iterator

from kuiper_pack.package.node import Member, Node
from kuiper_pack.package.package import Package
from kuiper_pack.profiles import Release
from kuiper_pack.rules.configuration import WITH_SOURCES, Configuration, configurations
from kuiper_pack.rules.finding import TOLD, Finding, Severity
from kuiper_pack.rules.rule import Rule
from kuiper_pack.rules.target import Target

_INTERVAL_SINCE = "2.0.0-alpha.5"
_COUNTS_UNTIL = "1.14.7"
_COUNTS = ("concurrency", "bufferLength")
_DURATION = re.compile(r"[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)")
"""What Go's time.ParseDuration reads, but for its limits."""


class CommonKey(Rule):
    """A key that the server reads itself has a value it cannot use.

    Whatever the source, servers of 2.x read `interval`: a number of milliseconds, or a text with
    units. With anything else no rule that uses the source can be created:

    `error decoding 'interval': time: invalid duration "fast"`

    Servers of 1.x read `concurrency` and `bufferLength`, whole numbers above 0, and log that they
    ignore anything else.

    Bad: `interval: 10 seconds`, `interval: "10"`. Good: `interval: 10s`, `interval: 10000`.

    Write a number of milliseconds or a duration like `1m30s`.
    """

    code, severity, kinds = "KPC09", Severity.ERROR, WITH_SOURCES

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        new = target.between(_INTERVAL_SINCE, None)
        old = target.between(None, _COUNTS_UNTIL)
        for one in configurations(package):
            found = list(self._wrong(one, new, old))
            yield from found[:TOLD]
            if len(found) > TOLD:
                message = f"{len(found) - TOLD} more of the keys that servers read are wrong"
                yield self.at(one.document.entry, message, severity=Severity.WARNING)

    def _wrong(
        self, one: Configuration, new: tuple[Release, ...], old: tuple[Release, ...]
    ) -> Iterator[Finding]:
        for member in _keys(one):
            value = member.value
            if member.key == "interval" and new and not _is_duration(value):
                message = "no rule can use the source: interval must be milliseconds or like 10s"
                servers, severity = new, Severity.ERROR
            elif member.key in _COUNTS and old and not _is_count(value):
                message = f"{member.key} is not used: it must be a whole number above 0"
                servers, severity = old, Severity.WARNING
            else:
                continue
            yield self.at(
                one.document.entry,
                message,
                severity=severity,
                servers=servers,
                line=value.line,
                column=value.column,
            )


def _keys(one: Configuration) -> Iterator[Member]:
    for section in one.sections.members if one.sections is not None else ():
        yield from section.value.members


def _is_duration(value: Node) -> bool:
    if value.kind == "string":
        return _DURATION.fullmatch(str(value.value)) is not None
    return value.kind in ("number", "null")


def _is_count(value: Node) -> bool:
    number = value.value
    if value.kind != "number" or not isinstance(number, int | float):
        return False
    return number > 0 and (isinstance(number, int) or number.is_integer())
