"""Validating many packages: open, judge, sum up."""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package, open_package
from kuiper_pack.profiles import Release
from kuiper_pack.rules.archive import BudgetExceeded
from kuiper_pack.rules.engine import Judge, RuleCrash
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.plugin_file import plugin_binary
from kuiper_pack.rules.suppressions import Ignore


class Verdict(Enum):
    """What is to be said of a package; the value is the word in documents."""

    VALID = "valid"
    INVALID = "invalid"
    UNREADABLE = "unreadable"


class LoadedPlugin(NamedTuple):
    """The Go plugin of a package: the entry it is in, its plugin path, and what it is built for."""

    file: str
    path: str
    machine: str
    libc: str | None
    go: str

    @property
    def identity(self) -> tuple[str | None, ...]:
        """Of plugins that are alike in this, a server opens only one."""
        return self.path, self.machine, self.libc, self.go


class Judgement(NamedTuple):
    """One package and what was found.

    ``reason`` says why it is unreadable, ``releases`` for which servers it was judged, ``passed``
    whether nothing was found that is as bad as its order says. ``plugin`` is the Go plugin in it,
    where there is one. ``crash`` is the failure of
    kuiper-pack, or of a rule, that left it without a verdict; it is never that of the package.
    """

    path: Path
    verdict: Verdict
    kind: Kind | None = None
    name: str = ""
    version: str = ""
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    releases: tuple[Release, ...] = ()
    passed: bool = False
    is_folder: bool = False
    crash: KuiperPackError | None = None
    plugin: LoadedPlugin | None = None


class Order(NamedTuple):
    """How to judge one path: by whom, as what, and what to live with.

    A finding of the severity ``fail_on`` or a worse one fails the package; with None none does.
    """

    judge: Judge
    kind: Kind | None = None
    name: str | None = None
    ignores: tuple[Ignore, ...] = ()
    fail_on: Severity | None = Severity.ERROR


def validate(paths: Iterable[Path], order_for: Callable[[Path], Order]) -> Iterator[Judgement]:
    """Judge the packages at ``paths`` one after the other.

    A package that cannot be opened, or not be read to its end within the budget, or for which
    there is no order, is judged unreadable, with the reason. So is one that a rule, or kuiper-pack
    itself, fails on: a crash is told of its package and keeps no verdict from the others.
    """
    for path in paths:
        try:
            yield _judgement(path, order_for(path))
        except RuleCrash as error:
            yield Judgement(path, Verdict.UNREADABLE, reason=str(error), crash=error)
        except KuiperPackError as error:
            yield Judgement(path, Verdict.UNREADABLE, reason=str(error))
        except Exception as error:
            crash = _crash(path, error)
            yield Judgement(path, Verdict.UNREADABLE, reason=str(crash), crash=crash)


def _judgement(path: Path, order: Order) -> Judgement:
    package = open_package(path, kind=order.kind, name=order.name)
    findings = order.judge.findings(package, order.ignores)
    archive = package.archive
    judged = Judgement(
        path,
        Verdict.INVALID if _fails(findings, Severity.ERROR) else Verdict.VALID,
        package.kind,
        package.name,
        package.version,
        findings,
        releases=order.judge.target.releases,
        passed=not _fails(findings, order.fail_on),
        is_folder=archive is None,
        plugin=_plugin(package),
    )
    if (archive is None or archive.complete) and not package.files.unread:
        return judged
    if package.kind is None or (archive is not None and not archive.lists_all):
        findings = tuple(one for one in findings if one.rule == BudgetExceeded.code)
    return judged._replace(
        verdict=Verdict.UNREADABLE,
        findings=findings,
        reason=f"{path}: larger than kuiper-pack reads, so there can be no verdict",
        passed=False,
    )


def with_findings(judgement: Judgement, more: Iterable[Finding], order: Order) -> Judgement:
    """The judgement with more findings, which never make a package invalid by themselves."""
    findings = (*judgement.findings, *more)
    findings = tuple(sorted(findings, key=lambda one: one.severity.rank))
    passed = judgement.passed and not _fails(findings, order.fail_on)
    return judgement._replace(findings=findings, passed=passed)


def _plugin(package: Package) -> LoadedPlugin | None:
    found = plugin_binary(package) if package.kind is not Kind.PORTABLE else None
    if found is None or found[1].plugin is None:
        return None
    entry, binary = found
    go = binary.build.go_number if binary.build else ""
    return LoadedPlugin(entry.name, found[1].plugin.path, binary.elf.machine, binary.libc, go)


def _crash(path: Path, error: Exception) -> KuiperPackError:
    crash = KuiperPackError(
        f"{path}: kuiper-pack failed with {type(error).__name__}: {error}; "
        "report it with what --debug shows"
    )
    crash.__cause__ = error
    return crash


def _fails(findings: Iterable[Finding], fail_on: Severity | None) -> bool:
    if fail_on is None:
        return False
    return any(finding.severity.rank <= fail_on.rank for finding in findings)
