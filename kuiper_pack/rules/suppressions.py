"""Findings that the author of a plugin lives with: ``[[ignore]]`` of kuiper-pack.toml."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.rules.finding import Finding
from kuiper_pack.spelling import did_you_mean

_MEMBERS = ("rule", "path", "reason", "until")


@dataclass(frozen=True, slots=True)
class Ignore:
    """One ``[[ignore]]``: a rule's findings are left out, for a reason, until a day at most.

    ``path`` is a pattern for the entry names it holds for, None for all findings of the rule;
    ``until`` is the last day it holds, None for ever; ``file`` and ``line`` say where it
    stands, if that is known.
    """

    rule: str
    reason: str
    path: str | None = None
    until: datetime.date | None = None
    file: str | None = field(default=None, compare=False)
    line: int | None = field(default=None, compare=False)

    def fits(self, finding: Finding) -> bool:
        """Whether it speaks of ``finding``."""
        if finding.rule != self.rule:
            return False
        return self.path is None or fnmatchcase(finding.file or "", self.path)

    def expired(self, today: datetime.date) -> bool:
        """Whether its last day is over."""
        return self.until is not None and self.until < today

    def __str__(self) -> str:
        """How messages call it."""
        return f"{self.rule} for {self.path}" if self.path else self.rule


def parse_ignores(tables: object, file: str, lines: Sequence[int] = ()) -> tuple[Ignore, ...]:
    """The suppressions of a parsed kuiper-pack.toml.

    ``tables`` is the value of its member ``ignore``, ``file`` names the file, and ``lines`` are
    those that the tables begin on, or the one of the member, where they are known. Raises
    KuiperPackError for anything but tables with a rule, a reason and perhaps a path and a day.
    """
    first = lines[0] if lines else None
    if not isinstance(tables, list):
        raise KuiperPackError(f"{_place(file, first)}: ignore must be written as [[ignore]] tables")
    own = lines if len(lines) == len(tables) else [first] * len(tables)
    return tuple(
        _parse(table, number, file, line)
        for number, (table, line) in enumerate(zip(tables, own, strict=True), 1)
    )


def _place(file: str | None, line: int | None) -> str:
    return ":".join(str(part) for part in (file or "ignore", line) if part is not None)


def _parse(table: object, number: int, file: str, line: int | None) -> Ignore:
    where = f"{_place(file, line)}: ignore {number}"
    if not isinstance(table, Mapping):
        raise KuiperPackError(f"{where} must be written as an [[ignore]] table")
    for key in table:
        if key not in _MEMBERS:
            hint = did_you_mean(str(key), list(_MEMBERS))
            raise KuiperPackError(f'{where}: unknown member "{key}"{hint}')
    texts = {key: table.get(key) for key in ("rule", "path", "reason")}
    for key, value in texts.items():
        if value is None and key == "path":
            continue
        if not isinstance(value, str) or not value.strip():
            raise KuiperPackError(f"{where}: {key} must be a text that is not empty")
    return Ignore(
        rule=str(texts["rule"]).upper(),
        reason=str(texts["reason"]),
        path=None if texts["path"] is None else str(texts["path"]),
        until=_day(table.get("until"), where),
        file=file,
        line=line,
    )


def _day(value: object, where: str) -> datetime.date | None:
    if isinstance(value, datetime.datetime):
        return value.date()
    if value is None or isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(str(value))
    except ValueError:
        raise KuiperPackError(
            f'{where}: until is "{value}"; a day like 2027-01-31 is needed'
        ) from None


def check_codes(ignores: Iterable[Ignore], codes: Sequence[str]) -> None:
    """Raise KuiperPackError for a suppression of a rule that is not in ``codes``."""
    for ignore in ignores:
        if ignore.rule not in codes:
            hint = did_you_mean(ignore.rule, codes)
            raise KuiperPackError(
                f'{_place(ignore.file, ignore.line)}: there is no rule "{ignore.rule}"{hint}'
            )


def split(
    findings: Iterable[Finding], ignores: Sequence[Ignore], today: datetime.date
) -> tuple[tuple[Finding, ...], tuple[Ignore, ...]]:
    """What is left of ``findings``, and the suppressions in force that left nothing out."""
    in_force = [ignore for ignore in ignores if not ignore.expired(today)]
    used: set[Ignore] = set()
    kept = []
    for finding in findings:
        fitting = [ignore for ignore in in_force if ignore.fits(finding)]
        used.update(fitting)
        if not fitting:
            kept.append(finding)
    return tuple(kept), tuple(ignore for ignore in in_force if ignore not in used)
