"""``kuiper-pack conformance``: nothing around it changes a verdict, and no verdict is lost."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.server import ReferenceServer
from kuiper_pack.suite import document
from kuiper_pack.suite.catalogue import clauses
from tests.suite.mutants_list import nothing_is_listed

if sys.platform == "win32":
    pytest.skip("there is no reference server on Windows", allow_module_level=True)

ONE = ("--", "-k", "native.list.array")
KEPT = ("cache", "journals")
"""What is the user's in the folder of a test."""


@pytest.fixture(scope="module")
def sound() -> Iterator[ReferenceServer]:
    with ReferenceServer("2.4.0") as server:
        yield server


def conformance(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "kuiper_pack", "conformance", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=cwd,
    )


HOSTILE_INI = """
[pytest]
addopts = -k nothing --maxfail=1 --no-such-option
python_files = check_*.py
required_plugins = no-such-plugin
"""
HOSTILE_CONFTEST = """
import pytest

@pytest.fixture(autouse=True)
def network():
    raise RuntimeError("no network in unit tests")
"""


def test_the_tests_of_the_folder_that_it_runs_in_change_nothing(
    sound: ReferenceServer, tmp_path: Path
) -> None:
    (tmp_path / "pytest.ini").write_text(HOSTILE_INI)
    (tmp_path / "conftest.py").write_text(HOSTILE_CONFTEST)
    ran = conformance(sound.url, *ONE, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"collected {len(clauses())} items" in ran.stdout
    assert "1 passed" in ran.stdout
    assert {one.name for one in tmp_path.iterdir()} == {"pytest.ini", "conftest.py", *KEPT}


def test_the_last_failures_of_a_server_are_judged_again(tmp_path: Path) -> None:
    given = ("--", "-k", "native.list")
    with ReferenceServer(nothing_is_listed.release, make=nothing_is_listed.make) as server:
        first = conformance(server.url, *given, cwd=tmp_path)
        again = conformance(server.url, "--", "--lf", cwd=tmp_path)
    failed = re.findall(r"^failed (\S+):", first.stdout, re.MULTILINE)
    assert failed
    assert (first.returncode, again.returncode) == (1, 1)
    assert f"\n{len(failed)} failed\n" in again.stdout


def test_a_failure_is_nothing_but_its_screen(tmp_path: Path) -> None:
    with ReferenceServer(nothing_is_listed.release, make=nothing_is_listed.make) as server:
        ran = conformance(server.url, "--", "-k", "native.list.installed", cwd=tmp_path)
    _, _, screen = ran.stdout.partition(" FAILURES ")
    script, _, after = screen.partition("The same again, from a clean server:")[2].partition("====")
    assert script.rstrip().splitlines()[-1].startswith("send ")
    assert "traceback" not in screen
    assert " clauses " in after


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (".", "a folder: name the file"),
        ("file/report.json", "is no folder to write to"),
    ],
)
def test_a_report_that_cannot_be_written_is_told_before_the_run(
    report: str, said: str, sound: ReferenceServer, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    ran = conformance(sound.url, "--report", report, *ONE, cwd=tmp_path)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert " clauses " not in ran.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full stands for a full disk")
def test_verdicts_are_told_though_there_is_no_room_for_the_report(
    sound: ReferenceServer, tmp_path: Path
) -> None:
    ran = conformance(sound.url, "--report", "/dev/full", *ONE, cwd=tmp_path)
    assert ran.returncode == 2
    assert "1 passed" in ran.stdout
    assert "there is no report: /dev/full: No space left on device" in ran.stdout


def test_a_report_makes_the_folder_that_it_is_to_be_in(
    sound: ReferenceServer, tmp_path: Path
) -> None:
    ran = conformance(sound.url, "--report", "new/report.json", *ONE, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["report.json"]


def test_a_report_called_xml_is_that_of_junit(sound: ReferenceServer, tmp_path: Path) -> None:
    ran = conformance(sound.url, "--report", "report.xml", *ONE, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (case,) = ElementTree.parse(tmp_path / "report.xml").iter("testcase")
    said = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert (said["id"], said["verdict"]) == ("native.list.array", "passed")
    with pytest.raises(KuiperPackError, match="--junitxml of pytest"):
        document.check(Path("report.xml"))


def test_a_choice_of_no_clause_says_what_chose(sound: ReferenceServer, tmp_path: Path) -> None:
    ran = conformance(sound.url, "--", "-k", "no-such", cwd=tmp_path)
    assert ran.returncode == 2
    assert "no clause was chosen: -k takes ids, which kuiper-pack clauses lists" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["http://127.0.0.1:9", "http://127.0.0.1:8"], 'one URL is judged; "http://127.0.0.1:8"'),
        ([""], '"" is not the URL of a server'),
    ],
)
def test_what_is_no_url_or_too_many_is_one_line(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    ran = conformance(*arguments, cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_ctrl_c_that_comes_twice_at_once_tidies_up(tmp_path: Path, journals: Path) -> None:
    with ReferenceServer("2.4.0") as server:
        command = [sys.executable, "-m", "kuiper_pack", "conformance", server.url]
        with subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            latest = time.monotonic() + 60
            while not any(server.service.machine.state.native.values()):
                assert time.monotonic() < latest
                time.sleep(0.005)
            for _ in range(2):  # as npm or make does, which hand on what the terminal sent too
                os.kill(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "kuiper-pack: interrupted\n")
    assert [*journals.iterdir()] == []
