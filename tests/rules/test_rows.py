"""The table of rows: complete, and naming only what exists."""

import importlib.util
from pathlib import Path

import pytest

from kuiper_pack.planner.cause import Cause
from kuiper_pack.profiles import Profile
from kuiper_pack.rules.catalogue import ours
from kuiper_pack.rules.rows import OWN, ROWS, State
from kuiper_pack.rules.rule import Rule

IDS = (Path(__file__).parent / "row_ids.txt").read_text("ascii").split()


def test_every_row_is_accounted_for() -> None:
    assert sorted(ROWS) == sorted(IDS)


@pytest.mark.parametrize("row_id", IDS)
def test_a_row_names_what_exists_or_gives_a_reason(row_id: str) -> None:
    row = ROWS[row_id]
    assert row.what
    if row.state is State.RULE:
        assert set(row.what) <= {rule.code for rule in ours()}
    elif row.state is State.FACT:
        known = set(Profile.__annotations__) | set(Cause.__members__)
        for name in row.what:
            assert name in known or importlib.util.find_spec(f"kuiper_pack.planner.{name}")
    else:
        assert len(row.what[0]) > 10


@pytest.mark.parametrize("rule", ours(), ids=[rule.code for rule in ours()])
def test_every_rule_stands_for_a_row_or_is_said_to_be_our_own(rule: Rule) -> None:
    named = {code for row in ROWS.values() if row.state is State.RULE for code in row.what}
    own = any(rule.code.startswith(beginning) for beginning in OWN)
    assert rule.code in named or own, f"name {rule.code} in ROWS or in OWN of rules/rows.py"


def test_what_is_said_of_rules_of_our_own_is_about_some() -> None:
    for beginning, reason in OWN.items():
        assert any(rule.code.startswith(beginning) for rule in ours())
        assert len(reason) > 10
