"""Hostile archives: each is named by the right rules, whatever it does to its reader."""

import json
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pytest

from benchmarks.measure import peak_memory
from kuiper_pack.profiles import select
from kuiper_pack.rules.catalogue import ours
from kuiper_pack.rules.engine import Judge
from kuiper_pack.rules.target import Target
from tests.hostile.archives import archives, dangers, made
from tests.hostile.danger import Dangers

RELEASES = ("0.3.0", "0.9.1", "1.1.2", "1.4.4", "1.10.2", "1.14.7", "2.1.0", "2.2.0", "2.3.1")
"""One of each way to unpack."""
MOST_MEMORY = 64 << 20
NOT_EVERYWHERE = {"KPI17"}
"""Rules that need a program which need not be installed."""
RULES = [rule for rule in ours() if rule.code not in NOT_EVERYWHERE]

Danger = Callable[[], Dangers]
every_danger = pytest.mark.parametrize("danger", dangers(), ids=lambda danger: danger.__name__)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(Target(), RULES)


@pytest.fixture(scope="module")
def judge_of_all() -> Judge:
    return Judge(Target(select(RELEASES)), RULES)


@every_danger
def test_it_is_named_by_the_right_rules(danger: Danger, judge: Judge) -> None:
    expected, found = {}, {}
    for hostile in made(danger):
        expected[hostile.name] = set(hostile.codes)
        found[hostile.name] = {one.rule for one in judge.findings(hostile.package())}
    assert found == expected


@every_danger
def test_every_way_to_unpack_has_an_answer(danger: Danger, judge_of_all: Judge) -> None:
    for hostile in made(danger):
        for finding in judge_of_all.findings(hostile.package()):
            assert finding.message
            assert finding.servers


def test_there_are_two_hundred_and_more_and_they_are_the_same_every_time() -> None:
    names = []
    anew = chain.from_iterable(danger() for danger in dangers())
    for first, second in zip(archives(), anew, strict=True):
        assert first == second
        names.append(first.name)
    assert len(set(names)) == len(names) >= 200


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    folder = tmp_path_factory.mktemp("hostile")
    paths = []
    for number, hostile in enumerate(archives()):
        paths.append(folder / f"{number}-{hostile.plugin}.zip")
        paths[-1].write_bytes(hostile.data)
    yield paths
    for path in paths:
        path.unlink()


@pytest.mark.skipif(sys.platform == "win32", reason="nobody tells the memory of a process there")
def test_the_command_has_a_verdict_for_each_within_little_memory(
    files: list[Path], tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    start = [sys.executable, "-m", "kuiper_pack", "validate", "--ignore", *NOT_EVERYWHERE]
    nothing, _ = peak_memory([sys.executable, "-c", "pass"])
    used, code = peak_memory([*start, "--format", "json", "-o", report, *files])
    assert code == 2
    judged = json.loads(report.read_text(encoding="utf-8"))["packages"]
    assert [Path(one["path"]).name for one in judged] == [path.name for path in files]
    assert {one["verdict"] for one in judged} == {"valid", "invalid", "unreadable"}
    assert not [one["reason"] for one in judged if "failed with" in (one["reason"] or "")]
    assert used - nothing < MOST_MEMORY
