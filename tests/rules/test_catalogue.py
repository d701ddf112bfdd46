"""The catalogue: unique codes, and rules that other distributions bring."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.package import Package
from kuiper_pack.rules import Finding, Rule, Severity, Target
from kuiper_pack.rules.catalogue import FAMILIES, catalogue, find, ours, rules_in, third_party

OWN_RULE = '''
from kuiper_pack.package.package import Package
from kuiper_pack.rules import Finding, Rule, Severity, Target

class NoReadme(Rule):
    """The package has no README.

    Bad: no README. Good: README.md.
    """

    code, severity = "ACME01", Severity.NOTE

    def check(self, package, target):
        if "README.md" not in package:
            yield self.at_root("there is no README.md")
'''


def test_codes_are_unique_and_begin_with_the_letter_of_the_family() -> None:
    codes = [rule.code for rule in ours()]
    assert len(set(codes)) == len(codes)
    for family in FAMILIES:
        assert len({rule.code[:3] for rule in rules_in(family)}) == 1


def test_a_rule_is_found_by_its_code_in_any_case() -> None:
    assert find("kpc01").code == "KPC01"
    with pytest.raises(KuiperPackError, match=r'no rule "KPC1"; did you mean "KPC01"\?'):
        find("KPC1")


class WithoutCheck(Rule):
    """A rule that looks at nothing."""

    code, severity = "ACME05", Severity.ERROR


class Fine(Rule):
    """A rule of somebody else."""

    code, severity = "ACME02", Severity.ERROR

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        return iter(())


class WithoutCode(Fine):
    """A rule without a code."""

    code = None  # type: ignore[assignment]


class WithoutSeverity(WithoutCheck):
    """A rule without a severity."""

    code, severity = "ACME03", None  # type: ignore[assignment]


class WithoutPage(Fine):
    code = "ACME04"


def test_an_entry_point_leads_to_a_rule_or_a_module_of_rules() -> None:
    module = ModuleType(__name__)
    module.Fine = Fine  # type: ignore[attr-defined]
    module.Rule = Rule  # type: ignore[attr-defined]
    assert [type(rule) for rule in third_party(Fine)] == [Fine]
    assert [type(rule) for rule in third_party(module)] == [Fine]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, "3 is neither a Rule class nor a module with rules"),
        (Path, "is neither a Rule class"),
        (ModuleType("empty"), "the module empty holds no rule"),
        (WithoutCode, "WithoutCode.code is None; capitals and then digits are needed"),
        (WithoutSeverity, "WithoutSeverity.severity is no Severity"),
        (WithoutPage, "WithoutPage has no docstring"),
        (WithoutCheck, "WithoutCheck has no check"),
    ],
)
def test_anything_else_is_refused(value: object, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        third_party(value)


@pytest.fixture
def distribution(tmp_path: Path) -> Path:
    """A folder for sys.path with a distribution that brings rules."""
    (tmp_path / "acme_rules.py").write_text(OWN_RULE)
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[kuiper_pack.rules]\nacme = acme_rules\n")
    return tmp_path


def run(distribution: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kuiper_pack", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(distribution)},
    )


def test_rules_of_other_distributions_are_asked(distribution: Path, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    (plugin / "a.so").write_bytes(b"so")
    (plugin / "a.yaml").write_bytes(b"")
    done = run(distribution, "validate", str(plugin), "--fail-on", "note")
    assert (done.returncode, done.stderr) == (1, "")
    assert "ACME01 note: there is no README.md [2.0.0-2.4.0]" in done.stdout
    assert "ACME01  note     The package has no README\n" in run(distribution, "rules").stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("import nothing_like_that", "No module named 'nothing_like_that'"),
        (OWN_RULE.replace("ACME01", "KPC01"), "two rules are called KPC01"),
        (OWN_RULE.replace("ACME01", "acme"), "capitals and then digits are needed"),
    ],
)
def test_broken_rules_of_others_are_an_error_that_names_them(
    distribution: Path, content: str, message: str
) -> None:
    (distribution / "acme_rules.py").write_text(content)
    done = run(distribution, "rules")
    assert done.returncode == 2
    assert message in done.stderr
    assert "acme" in done.stderr
    assert done.stderr.count("\n") == 1


def test_codes_of_the_catalogue_are_unique() -> None:
    codes = [rule.code for rule in catalogue()]
    assert len(set(codes)) == len(codes)
