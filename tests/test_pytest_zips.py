"""``pytest --kuiper-zips``: each package is an item, beside the tests that are there."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.shared_objects import ELF

GOOD = {"random.so": ELF, "random.yaml": b"default:\n  interval: 10\n"}
LOST_KEY = {"random.so": ELF, "random.yaml": b"default: {aB: 1}\n"}
BAD = {"x/y": b""}


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def pack(path: str, files: dict[str, bytes]) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def run(*arguments: str, installed: bool = False) -> "subprocess.CompletedProcess[str]":
    """Pytest as a user runs it, strict about warnings.

    Only with ``installed`` it finds its plugins itself, all that are installed: they take longer.
    """
    plugins = ["-p", "kuiper_pack.pytest_plugin"]
    if "-n" in arguments:
        plugins += ["-p", "xdist.plugin", "--basetemp", ".base"]
    environment = {**os.environ, "COLUMNS": "120"}
    if not installed:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-W", "error", "--strict-config"]
        + ([] if installed else plugins)
        + [*arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environment,
    )


def test_each_zip_is_an_item_and_a_failure_shows_the_text_report() -> None:
    pack("dist/good.zip", GOOD)
    pack("dist/bad.zip", BAD)
    Path("dist/none.zip").write_bytes(b"hello")
    result = run("--kuiper-zips", "dist/*.zip", "-v", installed=True)
    assert result.returncode == 1
    assert "collected 3 items" in result.stdout
    assert "dist/good.zip::validate PASSED" in result.stdout
    assert "\ndist/bad.zip: KPL03 error: no server installs it" in result.stdout
    assert "\n1 package for 2.0.0-2.4.0: 1 error\n" in result.stdout
    assert "\nunreadable: dist/none.zip: neither a zip file nor a folder" in result.stdout
    assert "1 passed" in result.stdout
    assert "Traceback" not in result.stdout
    assert ".py:" not in result.stdout


def test_zips_are_judged_beside_the_tests_that_are_there_and_chosen_like_them() -> None:
    pack("dist/good.zip", GOOD)
    pack("dist/bad.zip", BAD)
    Path("test_own.py").write_text("def test_own():\n    pass\n")
    assert "2 passed" in run("--kuiper-zips", "dist/good.zip").stdout
    assert "1 passed, 2 deselected" in run("--kuiper-zips", "dist/*.zip", "-k", "good").stdout
    assert "1 failed, 2 deselected" in run("--kuiper-zips", "dist/*.zip", "-k", "bad").stdout
    again = run("--kuiper-zips", "dist/*.zip", "--lf").stdout
    assert "run-last-failure: rerun previous 1 failure" in again
    assert "dist/bad.zip: KPL03" in again
    assert "1 failed" in again
    assert "passed" not in again
    assert "1 passed" in run().stdout


def test_zips_spread_over_processes_and_stand_in_junit_xml() -> None:
    for name in ("a", "b", "c"):
        pack(f"dist/{name}.zip", GOOD)
    pack("dist/bad.zip", BAD)
    result = run("--kuiper-zips", "dist/*.zip", "-n", "2", "--junitxml", "report.xml")
    assert result.returncode == 1
    cases = list(ElementTree.parse("report.xml").iter("testcase"))
    assert sorted(str(case.get("classname")) for case in cases) == [
        "dist.a.zip", "dist.b.zip", "dist.bad.zip", "dist.c.zip",
    ]  # fmt: skip
    (failure,) = [child for case in cases for child in case if child.tag == "failure"]
    assert "dist/bad.zip: KPL03 error" in str(failure.text)


def test_the_settings_of_the_project_hold_and_a_named_server_goes_before_them() -> None:
    pack("plugin/dist/random.zip", LOST_KEY)
    assert run("--kuiper-zips", "plugin/dist/*.zip").returncode == 0
    Path("plugin/kuiper-pack.toml").write_text('server = ["2.4.0"]\nfail-on = "warning"\n')
    result = run("--kuiper-zips", "plugin/dist/*.zip")
    assert result.returncode == 1
    assert "KPC05 warning" in result.stdout
    assert "1 package for 2.4.0: 1 warning" in result.stdout
    result = run("--kuiper-zips", "plugin/dist/*.zip", "--kuiper-server", "2.3.1")
    assert "1 package for 2.3.1: 1 warning" in result.stdout


def test_what_does_not_fail_is_shown_to_who_asks() -> None:
    pack("random.zip", LOST_KEY)
    result = run("--kuiper-zips", "random.zip", "-rP")
    assert result.returncode == 0
    assert "KPC05 warning" in result.stdout


@pytest.mark.parametrize("processes", [(), ("-n", "2")])
def test_a_glob_without_a_match_fails_the_run_with_one_line(processes: tuple[str, ...]) -> None:
    Path("test_own.py").write_text("def test_own():\n    pass\n")
    pack("dist/good.zip", GOOD)
    result = run("--kuiper-zips", "dist/*.zip", "--kuiper-zips", "out/*.zip", *processes)
    assert (result.returncode, result.stdout) == (4, "")
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith('ERROR: --kuiper-zips: no file matches "out/*.zip" in ')


def test_a_server_that_is_none_fails_the_run_with_one_line() -> None:
    pack("random.zip", GOOD)
    result = run("--kuiper-zips", "random.zip", "--kuiper-server", "newest")
    assert (result.returncode, result.stdout) == (4, "")
    assert result.stderr.strip().startswith('ERROR: "newest" is no release')


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_any_name_of_a_file_can_be_judged_and_reported() -> None:
    for name in (
        "a[1].zip",
        "a::b.zip",
        "line\nfeed.zip",
        "\x1b[31m.zip",
        "caf\udce9.zip",
        "ü.zip",
    ):
        pack(f"dist/{name}", BAD)
    arguments = ("--kuiper-zips", "dist/*", "--junitxml", "report.xml")
    for processes in ((), ("-n", "1")):
        assert "6 failed" in run(*arguments, *processes).stdout
        assert len(list(ElementTree.parse("report.xml").iter("testcase"))) == 6
    assert "1 failed" in run("--kuiper-zips", "dist/a[1].zip").stdout


def test_the_option_is_all_that_imports_what_judges_packages() -> None:
    code = (
        "import sys, pytest\n"
        "pytest.main(['--collect-only', '-q', '-p', 'kuiper_pack.pytest_plugin'])\n"
        "print([name for name in sys.modules if name.startswith(('kuiper_pack.rules',"
        " 'kuiper_pack.pytest_zips', 'kuiper_pack.build'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"
