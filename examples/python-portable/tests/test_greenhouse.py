"""Run with pytest in this folder; needs the SDK: pip install ekuiper."""

import json

import pytest

pytest.importorskip("ekuiper")

from climate import Climate
from dewpoint import Dewpoint
from journal import Journal


def readings(seed: int) -> list[dict[str, float]]:
    source = Climate()
    source.configure("", {"seed": seed})
    return [source.measure() for _ in range(500)]


def test_the_same_seed_gives_the_same_climate():
    assert readings(1) == readings(1)
    assert readings(1) != readings(2)


def test_the_climate_stays_within_sensible_bounds():
    for reading in readings(3):
        assert 10 <= reading["temperature"] <= 35
        assert 30 <= reading["humidity"] <= 95


@pytest.mark.parametrize("interval", [0, -5])
def test_an_interval_that_is_no_time_is_refused(interval):
    with pytest.raises(ValueError, match="interval"):
        Climate().configure("", {"interval": interval})


@pytest.mark.parametrize(
    ("temperature", "humidity", "expected"),
    [(20, 100, 20.0), (20, 50, 9.26), (None, 50, None), (20, 0, None)],
)
def test_dew_point(temperature, humidity, expected):
    assert Dewpoint().exec([temperature, humidity], None) == expected


def test_a_call_with_too_few_arguments_is_explained():
    assert Dewpoint().validate([1, 2]) == ""
    assert "2" not in Dewpoint().validate([1])
    assert "1 arguments" in Dewpoint().validate([1])


def test_the_journal_appends_a_line_per_message(tmp_path):
    path = tmp_path / "new" / "journal.jsonl"
    for message in (b'{"a": 1}', b'{"a": 2}'):
        sink = Journal()
        sink.configure({"path": str(path)})
        sink.open(None)
        sink.collect(None, message)
        sink.close(None)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [{"a": 1}, {"a": 2}]


def test_a_journal_without_a_path_is_refused():
    with pytest.raises(ValueError, match="path"):
        Journal().configure({})
