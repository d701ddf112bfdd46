"""What holds for every rule: it speaks where it should, and its page tells the truth."""

import re

import pytest

from kuiper_pack.profiles import profile, select
from kuiper_pack.rules.catalogue import catalogue
from kuiper_pack.rules.finding import Severity
from kuiper_pack.rules.rule import Rule
from kuiper_pack.rules.shellcheck import shellcheck
from kuiper_pack.rules.target import Target, words_of
from tests.rules.rule_cases import CASES, Case, findings

RULES = {rule.code: rule for rule in catalogue()}
WITHOUT_PACKAGE = {"KPS07", "KPX01", "KPX02"}
NEEDS = {
    "KPI17": pytest.mark.skipif(shellcheck() is None, reason="shellcheck is not installed"),
}
"""What it takes for a rule to find anything."""
every_case = pytest.mark.parametrize(
    ("code", "case"),
    [
        pytest.param(code, case, id=code, marks=[NEEDS[code]] if code in NEEDS else [])
        for code, case in CASES.items()
    ],
)
every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))


def test_every_rule_has_a_failing_and_a_passing_package() -> None:
    assert set(CASES) == set(RULES) - WITHOUT_PACKAGE


@every_case
def test_it_finds_what_is_wrong_and_where(code: str, case: Case) -> None:
    found = [one for one in findings(case.bad, case.target()) if one.rule == code]
    assert found
    for finding in found:
        assert finding.servers
        assert finding.servers == tuple(sorted(finding.servers))
        assert set(finding.servers) <= set(case.target().releases)
        assert finding.message and "\n" not in finding.message
        assert finding.file is None or finding.file in {e.name for e in case.bad.entries}


@every_case
def test_it_is_silent_about_a_package_without_the_defect(code: str, case: Case) -> None:
    assert code not in {one.rule for one in findings(case.good, case.good_target())}


@every_case
def test_passing_packages_have_no_errors(code: str, case: Case) -> None:
    found = findings(case.good, case.good_target())
    assert [one for one in found if one.severity is Severity.ERROR] == []


@every_case
def test_it_concerns_only_releases_that_its_catalogue_entry_names(code: str, case: Case) -> None:
    every = Target(select(["all"]), image=case.image, arch=case.arch)
    for finding in findings(case.bad, every):
        if finding.rule == code:
            assert set(finding.servers) <= set(RULES[code].servers)


@every_rule
def test_its_page_has_a_title_examples_and_a_reason(rule: Rule) -> None:
    assert 10 < len(rule.title) < 90
    assert not rule.title.endswith(".")
    assert "\n\n" in rule.page
    assert re.search(r"\bBad:\s", rule.page)
    assert re.search(r"\bGood:\s", rule.page)
    assert len(rule.page) > 250


@every_case
def test_server_texts_on_its_page_are_what_the_planner_answers(code: str, case: Case) -> None:
    quotes = re.findall(r"^> (.*)$", RULES[code].page, re.MULTILINE)
    target = Target(select(["all"]))
    answers = {
        words_of(prediction)
        for one in (target, case.target())
        for prediction in one.predictions(case.bad).values()
    }
    answers |= {removal.refused for removal in target.removals(case.bad, target.releases)}
    for quote in quotes:
        pattern = ".*".join(re.escape(part) for part in quote.split("..."))
        assert any(re.search(pattern, answer, re.DOTALL) for answer in answers), (quote, answers)


@every_rule
def test_rules_about_refusals_are_errors(rule: Rule) -> None:
    if rule.causes and not rule.always:
        assert rule.severity is Severity.ERROR


@every_rule
def test_the_releases_of_its_catalogue_entry_are_some(rule: Rule) -> None:
    assert rule.servers
    if rule.code != "KPX05":
        assert all(profile(release).native for release in rule.servers)
