"""Asks the rules about packages, and makes sure that no refusal goes unexplained."""

import datetime
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from operator import attrgetter
from typing import NamedTuple

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.profiles import Release, profile
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.other import (
    ExpiredSuppression,
    KindUnknown,
    UnexplainedRefusal,
    UnusedSuppression,
)
from kuiper_pack.rules.rule import EngineRule, Rule
from kuiper_pack.rules.suppressions import Ignore, check_codes, split
from kuiper_pack.rules.target import Refusal, Target
from kuiper_pack.rules.wasm import wasm_module


class RuleCrash(KuiperPackError):
    """A rule failed in itself, so nothing can be said; names the rule and the package."""


class _Plan(NamedTuple):
    """The rules for one kind.

    ``looking`` look at the package, ``explaining`` explain refusals; of these, ``always`` are asked
    where nothing is refused.
    """

    looking: list[Rule]
    explaining: list[Rule]
    always: list[Rule]


class Judge:
    """Judges packages one after the other.

    ``rules`` are all there are and ``chosen`` those that are asked: a refusal that a rule explains
    needs no second explanation, even where that rule is not asked.
    """

    def __init__(
        self, target: Target, rules: Sequence[Rule], chosen: Iterable[Rule] | None = None
    ) -> None:
        self.target = target
        self._codes = [rule.code for rule in rules]
        self._chosen = frozenset(rule.code for rule in (rules if chosen is None else chosen))
        self._of_many = frozenset(
            rule.code for rule in rules if isinstance(rule, EngineRule) and rule.of_many
        )
        self._ables: dict[Kind, frozenset[Release]] = {}
        concerned = [rule for rule in rules if rule.causes or self._concerned(rule)]
        self._plans = {kind: self._plan(concerned, {kind}) for kind in (None, *Kind)}
        self._either = self._plan(concerned, {Kind.SINK, Kind.FUNCTION})

    def findings(
        self, package: Package, ignores: Sequence[Ignore] = (), today: datetime.date | None = None
    ) -> tuple[Finding, ...]:
        """Everything that is wrong with ``package``, the worst first.

        ``ignores`` hold up to and including ``today``, by default the current day. Raises RuleCrash
        where a rule fails, KuiperPackError where a suppression names no rule.
        """
        found = self._ask(package)
        if ignores:
            found = self._suppressed(found, ignores, today or datetime.date.today())
        if len(found) > 1:
            found.sort(key=_order)
        return tuple(found)

    def asks(self, rule: Rule) -> bool:
        """Whether ``rule`` is one of those that are asked."""
        return rule.code in self._chosen

    def _plan(self, rules: Iterable[Rule], kinds: Set[Kind | None]) -> "_Plan":
        """Which rules to ask about packages that could be any of ``kinds``."""
        fitting = [rule for rule in rules if kinds <= rule.kinds]
        explaining = [rule for rule in fitting if rule.causes]
        return _Plan(
            [rule for rule in fitting if not rule.causes and rule.code in self._chosen],
            explaining,
            [rule for rule in explaining if rule.always and rule.code in self._chosen],
        )

    def _ask(self, package: Package) -> list[Finding]:
        found: list[Finding] = []
        if package.kind is Kind.PORTABLE and wasm_module(package) is not None:
            package = replace(package, kind=None)
        plan = self._plans[package.kind]
        if package.kind is None and package.shared_objects:
            found += self._answers(
                [rule for rule in plan.looking if isinstance(rule, KindUnknown)], package
            )
            plan, package = self._either, replace(package, kind=Kind.SINK)
        found += self._answers(plan.looking, package)
        refusals = self.target.refusals(package)
        if refusals:
            found += self._explanations(plan, package, refusals)
        else:
            found += self._answers(plan.always, package)
        return found

    def _explanations(
        self, plan: "_Plan", package: Package, refusals: Sequence[Refusal]
    ) -> Iterator[Finding]:
        """What the rules say of ``refusals``, and a finding for each that they do not explain."""
        causes = {refusal.cause for refusal in refusals}
        explained: dict[Cause, set[Release]] = {cause: set() for cause in causes}
        for rule in plan.explaining:
            if not rule.always and causes.isdisjoint(rule.causes):
                continue
            answers = self._answers([rule], package)
            for answer in answers:
                if answer.severity is Severity.ERROR:
                    for cause in causes.intersection(rule.causes):
                        explained[cause].update(answer.servers)
            if rule.code in self._chosen:
                yield from answers
        if UnexplainedRefusal.code in self._chosen:
            yield from UnexplainedRefusal().rest(refusals, explained)

    def _answers(self, rules: Iterable[Rule], package: Package) -> list[Finding]:
        """The findings of ``rules``, each with the releases it concerns."""
        found: list[Finding] = []
        for rule in rules:
            before = len(found)
            try:
                for answer in rule.check(package, self.target):
                    placed = self._placed(rule, answer, package)
                    if placed.servers:
                        found.append(placed)
            except KuiperPackError:
                raise
            except Exception as error:
                del found[before:]
                if rule.code not in self._chosen:
                    continue
                raise RuleCrash(
                    f"{package.path}: the rule {rule.code} failed with "
                    f"{type(error).__name__}: {error}; report it, or leave it out with "
                    f"--ignore {rule.code}"
                ) from error
        return found

    def _placed(self, rule: Rule, answer: Finding, package: Package) -> Finding:
        """``answer`` with the releases of its rule, unless it names some.

        A release that has no plugins of the kind has no other trouble with the package.
        """
        if answer.rule != rule.code:
            raise ValueError(f"it made a finding of {answer.rule}")
        servers = answer.servers or self._concerned(rule)
        if not rule.causes and package.kind is not None:
            able = self._able(package.kind)
            if len(able) < len(self.target.releases):
                servers = tuple(one for one in servers if one in able)
        return answer if servers is answer.servers else replace(answer, servers=servers)

    def _able(self, kind: Kind) -> frozenset[Release]:
        """The releases of the target that have plugins of ``kind``."""
        if kind not in self._ables:
            has_any = attrgetter("native" if kind.is_native else "portable")
            self._ables[kind] = frozenset(
                one for one in self.target.releases if has_any(profile(one))
            )
        return self._ables[kind]

    def _concerned(self, rule: Rule) -> tuple[Release, ...]:
        """The releases of the target that ``rule`` concerns."""
        between = self.target.between(rule.since, rule.until)
        return tuple(one for one in between if rule.holds(profile(one)))

    def _suppressed(
        self, found: list[Finding], ignores: Sequence[Ignore], today: datetime.date
    ) -> list[Finding]:
        check_codes(ignores, self._codes)
        kept, unused = split(found, ignores, today)
        unused = tuple(one for one in unused if one.rule not in self._of_many)
        expired = [ignore for ignore in ignores if ignore.expired(today)]
        return [
            *kept,
            *self._told(UnusedSuppression(), unused),
            *self._told(ExpiredSuppression(), expired),
        ]

    def _told(
        self, rule: UnusedSuppression | ExpiredSuppression, ignores: Iterable[Ignore]
    ) -> Iterator[Finding]:
        if rule.code in self._chosen:
            for ignore in ignores:
                if ignore.rule in self._chosen:
                    yield rule.tell(ignore, self.target.releases)


def _order(finding: Finding) -> tuple[int, str, str, int, int]:
    return (
        finding.severity.rank,
        finding.rule,
        finding.file or "",
        finding.line or 0,
        finding.column or 0,
    )
