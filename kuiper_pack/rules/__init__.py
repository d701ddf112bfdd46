"""Judging packages: what a rule is, what it finds, and what it is judged for.

A new rule needs three things from here: :class:`~kuiper_pack.rules.rule.Rule`,
:class:`~kuiper_pack.rules.finding.Severity` and :class:`~kuiper_pack.rules.target.Target`.
"""

from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.rule import Rule
from kuiper_pack.rules.target import Target

__all__ = ["Finding", "Rule", "Severity", "Target"]
