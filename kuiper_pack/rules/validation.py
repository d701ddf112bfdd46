"""Validating many packages: open, judge, sum up."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import open_package
from kuiper_pack.rules.engine import Judge, RuleCrash
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.suppressions import Ignore


class Verdict(Enum):
    """What is to be said of a package; the value is the word in documents."""

    VALID = "valid"
    INVALID = "invalid"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One package and what was found; ``reason`` says why it is unreadable."""

    path: Path
    verdict: Verdict
    kind: Kind | None = None
    name: str = ""
    version: str = ""
    findings: tuple[Finding, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How to judge one path: by whom, as what, and what to live with."""

    judge: Judge
    kind: Kind | None = None
    name: str | None = None
    ignores: tuple[Ignore, ...] = field(default=())


def validate(paths: Iterable[Path], order_for: Callable[[Path], Order]) -> Iterator[Judgement]:
    """Judge the packages at ``paths`` one after the other.

    A package that cannot be opened is judged unreadable; a rule that crashes raises RuleCrash.
    """
    for path in paths:
        order = order_for(path)
        try:
            package = open_package(path, kind=order.kind, name=order.name)
            findings = order.judge.findings(package, order.ignores)
        except RuleCrash:
            raise
        except KuiperPackError as error:
            yield Judgement(path, Verdict.UNREADABLE, reason=str(error))
            continue
        broken = any(finding.severity is Severity.ERROR for finding in findings)
        yield Judgement(
            path,
            Verdict.INVALID if broken else Verdict.VALID,
            package.kind,
            package.name,
            package.version,
            findings,
        )
