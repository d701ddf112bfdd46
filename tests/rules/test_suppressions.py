"""[[ignore]]: findings that an author lives with, for a reason and a time."""

import datetime

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.rules.catalogue import catalogue
from kuiper_pack.rules.engine import Judge
from kuiper_pack.rules.selection import chosen
from kuiper_pack.rules.suppressions import Ignore, parse_ignores
from kuiper_pack.rules.target import Target
from tests.rules.rule_cases import sink, source

TODAY = datetime.date(2026, 11, 21)
TWO_KEYS = source({"random.yaml": b"default:\n  bufferSize: 1\n"})


def codes(*ignores: Ignore, package=TWO_KEYS) -> list[str]:  # type: ignore[no-untyped-def]
    found = Judge(Target(), catalogue()).findings(package, ignores, TODAY)
    return [one.rule for one in found]


def test_findings_of_the_rule_are_left_out() -> None:
    assert codes() == ["KPC05"]
    assert codes(Ignore("KPC05", "read without case")) == []


def test_a_path_narrows_it() -> None:
    assert codes(Ignore("KPC05", "why", path="random.*")) == []
    assert codes(Ignore("KPC05", "why", path="other.yaml")) == ["KPC05", "KPX01"]


def test_one_that_fits_nothing_is_found() -> None:
    assert codes(Ignore("KPC01", "why")) == ["KPC05", "KPX01"]


def test_it_holds_up_to_its_last_day() -> None:
    assert codes(Ignore("KPC05", "why", until=TODAY)) == []
    yesterday = TODAY - datetime.timedelta(days=1)
    assert codes(Ignore("KPC05", "why", until=yesterday)) == ["KPC05", "KPX02"]


def test_an_expired_one_says_when_and_why() -> None:
    ignore = Ignore("KPC05", "until the reader is fixed", until=datetime.date(2025, 1, 31))
    found = Judge(Target(), catalogue()).findings(TWO_KEYS, [ignore], TODAY)
    assert found[-1].message == (
        "the suppression of KPC05 ended on 2025-01-31 (until the reader is fixed)"
    )


def test_one_of_a_rule_that_is_not_asked_is_not_unused() -> None:
    rules = catalogue()
    judge = Judge(Target(), rules, chosen(rules, ("KPX", "KPN")))
    assert judge.findings(sink(), [Ignore("KPC05", "why")], TODAY) == ()


def test_a_suppressed_refusal_is_not_told_in_other_words() -> None:
    assert codes(Ignore("KPL12", "why"), package=sink({"a/b/c": b"", "install.sh": b""})) == []


def test_one_of_no_rule_is_an_error() -> None:
    with pytest.raises(KuiperPackError, match=r'no rule "KPC5"; did you mean "KPC05"\?'):
        codes(Ignore("KPC5", "why"))


def test_tables_are_read() -> None:
    tables = [
        {"rule": "kpc05", "reason": "why", "path": "a*", "until": datetime.date(2027, 1, 2)},
        {"rule": "KPC01", "reason": "why", "until": "2027-01-02"},
    ]
    day = datetime.date(2027, 1, 2)
    assert parse_ignores(tables, "x.toml") == (
        Ignore("KPC05", "why", "a*", day),
        Ignore("KPC01", "why", until=day),
    )


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({}, r"^x.toml: ignore must be written as \[\[ignore\]\] tables$"),
        (["KPC01"], r"^x.toml: ignore 1 must be written as an \[\[ignore\]\] table$"),
        ([{"reason": "why"}], "ignore 1: rule must be a text that is not empty"),
        ([{"rule": "KPC01"}], "ignore 1: reason must be a text that is not empty"),
        ([{"rule": "KPC01", "reason": " "}], "ignore 1: reason must be a text"),
        ([{"rule": "KPC01", "reason": "y", "path": 3}], "ignore 1: path must be a text"),
        ([{"rule": "KPC01", "reason": "y", "untill": 3}], 'unknown member "untill"; .*"until"'),
        ([{"rule": "KPC01", "reason": "y", "until": "soon"}], 'until is "soon"; a day like'),
    ],
)
def test_tables_that_make_no_sense_are_errors(tables: object, message: str) -> None:
    with pytest.raises(KuiperPackError, match=message):
        parse_ignores(tables, "x.toml")
