"""Every example builds for every release it claims, with nothing to fix."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kuiper_pack.build.make import build
from kuiper_pack.build.project import read_project
from kuiper_pack.profiles import Release, select
from kuiper_pack.rules.finding import Severity
from tests.build.conftest import NEWEST_GO

EXAMPLES = Path(__file__).parents[2] / "examples"
GO = sorted(path.parent.name for path in EXAMPLES.glob("*/go.mod"))
PLAIN = sorted(path.name for path in EXAMPLES.iterdir() if path.name not in GO)
NAMES = [*PLAIN, *(pytest.param(name, marks=pytest.mark.go) for name in GO)]


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder: Path = tmp_path / request.param
    shutil.copytree(EXAMPLES / request.param, folder, ignore=shutil.ignore_patterns("dist"))
    return folder


@pytest.mark.parametrize("example", NAMES, indirect=True)
def test_it_builds_for_every_release_it_claims(example: Path) -> None:
    project = read_project(example)
    claimed = select(project.servers)
    judged: set[Release] = set()
    for one in build(example, project):
        judged.update(one.judgement.releases)
        assert one.written
        worst = {finding.severity for finding in one.judgement.findings}
        assert worst <= {Severity.NOTE}, one.judgement.findings
    assert claimed
    assert sorted(judged) == sorted(claimed)


@pytest.mark.go
@pytest.mark.parametrize("example", GO, indirect=True)
def test_its_own_go_tests_pass(example: Path) -> None:
    environment = {**os.environ, "GOTOOLCHAIN": f"go{NEWEST_GO}", "GOFLAGS": "-mod=readonly"}
    done = subprocess.run(
        ["go", "test", "./..."],
        cwd=example,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_one_of_each_sort() -> None:
    assert PLAIN == ["python-portable"]
    assert GO == ["native-functions", "native-source"]
