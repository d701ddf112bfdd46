"""The reference server is sound in every generation, however its packages come and clauses run."""

import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

from kuiper_pack.profiles import RELEASES, Release, profile
from kuiper_pack.server import Options, ReferenceServer
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import ids, judge
from tests.suite.killing import Relay
from tests.suite.socketless import Socketless

if sys.platform == "win32":
    pytest.skip("there is no reference server on Windows", allow_module_level=True)

pytestmark = pytest.mark.proof


LINES = [
    [*patches][-1].text
    for line, patches in groupby(sorted(RELEASES), key=lambda one: (one.major, one.minor))
    if line >= (0, 9)
]
"""The last release of each major and minor number, where packages come as files."""
GENERATIONS = ("0.9.1", "1.4.4", "1.10.2", "1.14.7", "2.0.8", "2.4.0")
DELIVERIES = [
    (release, delivery)
    for release in GENERATIONS
    for delivery in ("http", "file", "upload")
    if delivery != "upload" or profile(Release.parse(release)).uploads
]


def is_sound(run: Run) -> None:
    """Nothing fails, and nothing is blocked but by a known defect; all that was made is gone."""
    failed = {name: run.results[name].reason for name in ids(run, Verdict.FAILED)}
    blocked = {run.results[name].blocked_by for name in ids(run, Verdict.BLOCKED)}
    assert failed == {}
    assert blocked <= ids(run, Verdict.KNOWN_DEFECT)
    assert run.residue == []


@pytest.mark.parametrize("release", LINES[LINES.index("1.11.5") :])
def test_it_holds_the_reading_of_the_servers(release: str) -> None:
    options = Options(allow_install_scripts=True)
    with Socketless(release, options=options) as server:
        is_sound(judge(server, level="should", reading="reference", delivery="file"))


@pytest.mark.parametrize("release", LINES)
def test_it_is_sound_with_either_reading(release: str) -> None:
    with Socketless(release, options=Options(allow_install_scripts=True)) as server:
        is_sound(judge(server, level="should", delivery="file"))


@pytest.mark.parametrize("release", LINES)
def test_it_is_sound_by_the_letter_of_the_documentation(release: str) -> None:
    options = Options(strict=True, allow_install_scripts=True)
    with Socketless(release, options=options) as server:
        is_sound(judge(server, level="should", delivery="file"))


@pytest.mark.parametrize(("release", "delivery"), DELIVERIES)
def test_packages_may_come_by_every_way(release: str, delivery: str) -> None:
    with ReferenceServer(release, options=Options(allow_install_scripts=True)) as server:
        run = judge(server, level="should", delivery=delivery)
    is_sound(run)
    assert run.discovery.delivery == delivery


@pytest.mark.parametrize("release", GENERATIONS)
def test_four_workers_may_judge_it(release: str, tmp_path: Path) -> None:
    options = ["--level=should", "--allow=stop,scripts"]
    with (
        ReferenceServer(release, options=Options(allow_install_scripts=True)) as server,
        Relay(server.url, server.restart) as relay,
    ):
        restart = f"--restart-command={relay.restart_command}"
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "kuiper_pack", "conformance", relay.url),
                *(*options, restart, "--", "-n", "4", "-p", "no:cacheprovider"),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
            cwd=tmp_path,
        )
    assert ran.returncode == 0, ran.stdout + ran.stderr
