"""A proof that was interrupted goes on where it was."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.proof.ledger import Ledger, Row, write_table


def test_a_kept_result_is_not_computed_again(tmp_path: Path) -> None:
    asked: list[str] = []

    def judge(key: str) -> Callable[[], Row]:
        def answer() -> Row:
            asked.append(key)
            return {"case": key, "seen": len(asked)}

        return answer

    path = tmp_path / "kept" / "x.jsonl"
    first = Ledger(path)
    for key in ("a", "b"):
        first.once(key, judge(key))
    again = Ledger(path)
    rows = [again.once(key, judge(key)) for key in ("a", "b", "c")]
    assert asked == ["a", "b", "c"]
    assert rows == [{"case": "a", "seen": 1}, {"case": "b", "seen": 2}, {"case": "c", "seen": 3}]


def test_a_line_cut_short_by_a_kill_is_done_again(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"key": "a", "row": {"n": 1}}\n{"key": "b", "row": {"n"', encoding="utf-8")
    assert Ledger(path).rows == {"a": {"n": 1}}


def test_a_table_names_commit_and_date_and_keeps_cells_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.proof.ledger.this_commit", lambda: "abc1234")
    path = write_table("t", "Title", "Text.", ("a", "b"), [{"a": "x|y", "b": 1}], tmp_path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# Title"
    assert lines[4].startswith("Commit abc1234, 20")
    assert lines[-3:] == ["| a | b |", "| --- | --- |", "| x\\|y | 1 |"]
