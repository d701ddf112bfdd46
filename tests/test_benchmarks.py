"""The benchmarks run; what they measure is for a reader to judge."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]


@pytest.mark.skipif(not (shutil.which("zip") and shutil.which("unzip")), reason="no zip or unzip")
def test_the_table_has_a_row_for_each_promise_about_starting() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--rounds", "1", "start_up"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    rows = [line.split(" | ")[0] for line in done.stdout.splitlines() if line.startswith("| ")]
    assert rows == ["| what", "| --version", "| --help", "| validate a package of 1 KB"]


def test_an_unknown_benchmark_is_an_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "speed"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "unknown: speed; there are start_up" in done.stderr
