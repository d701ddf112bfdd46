"""A rule concerns the releases whose facts it is about, and no others."""

import pytest

from kuiper_pack.profiles import STABLE, Release, profile, select
from kuiper_pack.rules.catalogue import catalogue
from kuiper_pack.rules.rule import Rule
from kuiper_pack.rules.target import Target
from tests.rules.rule_cases import findings, sink, source

NATIVE = tuple(one for one in STABLE if profile(one).native)


def concerned(code: str, files: dict[str, bytes]) -> set[str]:
    found = [one for one in findings(sink(files), Target(NATIVE)) if one.rule == code]
    return {release.text for one in found for release in one.servers}


def test_etc_is_elsewhere_only_where_a_release_puts_it_into_data() -> None:
    where = concerned("KPE02", {"etc/a.txt": b""})
    assert {"1.7.0", "1.11.4", "1.12.0", "1.14.7"} <= where
    assert where.isdisjoint({"1.6.3", "1.11.5", "2.0.0", "2.2.1", "2.4.0"})


def test_etc_is_ignored_only_before_releases_installed_it() -> None:
    where = concerned("KPE01", {"etc/a.txt": b""})
    assert where == {one.text for one in NATIVE if one <= Release.parse("1.1.1")}


def test_a_version_is_lost_only_where_any_is_read() -> None:
    where = concerned("KPV04", {"random@1@2.so": b""})
    assert where == {one.text for one in NATIVE if one >= Release.parse("0.9.1")}


def test_a_script_matters_only_where_it_is_run() -> None:
    assert concerned("KPI02", {"install.sh": b"[[ a ]]\n"}) == {
        one.text for one in NATIVE if one >= Release.parse("0.4.0")
    }


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("KPI06", "1.4.0", "2.4.0"),
        ("KPN02", "2.4.0", "2.4.0"),
        ("KPN03", "0.3.0", "2.3.1"),
        ("KPS02", "0.3.0", "0.9.0"),
    ],
)
def test_the_releases_of_a_rule_are_those_with_its_facts(code: str, first: str, last: str) -> None:
    rule = next(one for one in catalogue() if one.code == code)
    assert (rule.servers[0].text, rule.servers[-1].text) == (first, last)


def test_a_rule_of_no_concern_is_not_asked() -> None:
    target = Target(select(["1.11.5"]))
    assert not any(one.rule == "KPE02" for one in findings(source({"etc/a": b""}), target))
    assert Rule.holds(catalogue()[0], profile(target.releases[0]))
