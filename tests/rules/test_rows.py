"""The table of rows: complete, and naming only what exists."""

import importlib.util
from pathlib import Path

import pytest

from kuiper_pack.planner.cause import Cause
from kuiper_pack.profiles import Profile
from kuiper_pack.rules.catalogue import ours
from kuiper_pack.rules.rows import ROWS, State

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


def test_every_rule_about_packages_stands_for_a_row_or_is_our_own() -> None:
    named = {code for row in ROWS.values() if row.state is State.RULE for code in row.what}
    own = {rule.code for rule in ours() if not rule.code.startswith("KPZ")} - named
    assert own == {"KPX01", "KPX02", "KPX03", "KPP24", "KPP25", "KPX04", "KPX05"}
