"""Keys of a configuration that servers read themselves: what they take, and nothing else."""

import pytest

from kuiper_pack.profiles import select
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.target import Target
from tests.rules.rule_cases import findings, source

OLD = Target(select(["1.14.7"]))


def found(yaml: str, target: Target | None = None) -> list[Finding]:
    package = source({"random.yaml": f"default: {{{yaml}}}\n".encode()})
    return [one for one in findings(package, target) if one.rule == "KPC09"]


@pytest.mark.parametrize("value", ["10", "10s", "1m30s", "1.5h", "-3ms", "0", "null", "2.5"])
def test_what_go_reads_as_a_duration_is_an_interval(value: str) -> None:
    assert found(f"interval: {value}") == []


@pytest.mark.parametrize("value", ["fast", '"10"', "10 s", "true", "[1]", "{a: 1}", "1d", '""'])
def test_with_any_other_interval_no_rule_of_2_x_runs(value: str) -> None:
    (one,) = found(f"interval: {value}")
    assert (one.severity, one.line, one.column) == (Severity.ERROR, 1, 21)
    assert found(f"interval: {value}", OLD) == []


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "true", ".inf", ".nan"])
def test_old_servers_ignore_what_is_no_count(value: str) -> None:
    (one,) = found(f"concurrency: {value}", OLD)
    assert one.severity is Severity.WARNING
    assert found(f"concurrency: {value}") == []


def test_keys_of_ones_own_are_left_alone() -> None:
    assert found("Interval: fast, intervals: fast, internal: fast") == []
