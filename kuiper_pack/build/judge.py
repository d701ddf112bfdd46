"""Judging a package that was just built, before it is put in place."""

from pathlib import Path
from typing import TYPE_CHECKING

from kuiper_pack.build.builders import Job, Recipe

if TYPE_CHECKING:
    from kuiper_pack.rules import Finding


def judge(path: Path, job: Job, recipe: Recipe) -> "tuple[tuple[Finding, ...], bool]":
    """What the rules find in the package at ``path``, and whether it passes the project's gate.

    The gate is ``fail-on`` of the settings, by default ``error``.
    """
    from kuiper_pack.package.package import open_package
    from kuiper_pack.rules import Severity, Target
    from kuiper_pack.rules.catalogue import catalogue
    from kuiper_pack.rules.engine import Judge
    from kuiper_pack.rules.selection import chosen

    rules = catalogue()
    target = Target(recipe.releases, image=recipe.image, arch=recipe.arch)
    asked = chosen(rules, job.project.select, job.project.ignore)
    package = open_package(path, kind=job.kind, name=job.name)
    findings = Judge(target, rules, asked).findings(package, job.project.ignores)
    worst = Severity(job.project.fail_on or "error").rank
    return findings, all(finding.severity.rank > worst for finding in findings)
