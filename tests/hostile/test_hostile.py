"""Hostile archives: each is named by the right rules, whatever it does to its reader."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.measure import peak_memory
from kuiper_pack.profiles import select
from kuiper_pack.rules.catalogue import ours
from kuiper_pack.rules.engine import Judge
from kuiper_pack.rules.target import Target
from tests.hostile.archives import archives, dangers
from tests.hostile.danger import Dangers

RELEASES = ("0.3.0", "0.9.1", "1.1.2", "1.4.4", "1.10.2", "1.14.7", "2.1.0", "2.2.0", "2.3.1")
"""One of each way to unpack."""
MOST_MEMORY = 64 << 20
NOT_EVERYWHERE = {"KPI17"}
"""Rules that need a program which need not be installed."""

Danger = Callable[[], Dangers]
every_danger = pytest.mark.parametrize("danger", dangers(), ids=lambda danger: danger.__name__)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(Target(), ours())


@pytest.fixture(scope="module")
def judge_of_all() -> Judge:
    return Judge(Target(select(RELEASES)), ours())


@every_danger
def test_it_is_named_by_the_right_rules(danger: Danger, judge: Judge) -> None:
    expected, found = {}, {}
    for hostile in danger():
        expected[hostile.name] = set(hostile.codes)
        codes = {one.rule for one in judge.findings(hostile.package())}
        found[hostile.name] = codes - NOT_EVERYWHERE
    assert found == expected


@every_danger
def test_every_way_to_unpack_has_an_answer(danger: Danger, judge_of_all: Judge) -> None:
    for hostile in danger():
        for finding in judge_of_all.findings(hostile.package()):
            assert finding.message
            assert finding.servers


def test_there_are_more_than_two_hundred_and_each_has_a_name_of_its_own() -> None:
    names = [hostile.name for hostile in archives()]
    assert len(names) >= 200
    assert len(set(names)) == len(names)


def test_they_are_the_same_bytes_every_time() -> None:
    for first, second in zip(archives(), archives(), strict=True):
        assert first == second


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


def test_the_command_has_a_verdict_for_each(files: list[Path]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kuiper_pack", "validate", "--format", "json", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, "")
    judged = json.loads(done.stdout)["packages"]
    assert [Path(one["path"]).name for one in judged] == [path.name for path in files]
    assert {one["verdict"] for one in judged} == {"valid", "invalid", "unreadable"}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in other units elsewhere")
def test_it_takes_little_memory_to_judge_them(files: list[Path]) -> None:
    nothing, _ = peak_memory([sys.executable, "-c", "pass"])
    used, code = peak_memory([sys.executable, "-m", "kuiper_pack", "validate", *files])
    assert code == 2
    assert used - nothing < MOST_MEMORY
