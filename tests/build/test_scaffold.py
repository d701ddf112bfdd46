"""Projects of init: they build, pass, and their own tests pass."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kuiper_pack.build.make import build
from kuiper_pack.build.project import read_project
from kuiper_pack.build.scaffold import Scaffold, default_language, name_from, render, write
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import NEWEST, profile, select
from tests.build.conftest import NEWEST_GO

KINDS = [pytest.param(kind, marks=pytest.mark.go) if kind.is_native else kind for kind in Kind]


def started(folder: Path, kind: Kind, name: str = "probe", *servers: str) -> Path:
    write(render(Scaffold(kind, name, default_language(kind), select(servers))), folder)
    return folder


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
@pytest.mark.parametrize("name", ["probe", "aB9"])
def test_every_project_builds_with_nothing_to_find(tmp_path: Path, kind: Kind, name: str) -> None:
    folder = started(tmp_path / "new", kind, name)
    (one,) = build(folder, read_project(folder))
    assert one.written
    assert one.judgement.findings == ()
    assert (one.kind, one.name, one.version) == (kind, name, "0.1.0")


@pytest.mark.go
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.is_native])
def test_the_tests_of_a_go_project_pass_and_gofmt_has_nothing_to_say(
    tmp_path: Path, kind: Kind
) -> None:
    folder = started(tmp_path / "new", kind)
    environment = {**os.environ, "GOTOOLCHAIN": f"go{NEWEST_GO}", "GOFLAGS": "-mod=readonly"}
    for command in (["go", "vet", "."], ["go", "test", "./..."], ["gofmt", "-l", "."]):
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert command[0] == "go" or not done.stdout


@pytest.mark.go
def test_a_project_for_an_older_server_has_its_contract(tmp_path: Path) -> None:
    folder = started(tmp_path / "new", Kind.SOURCE, "probe", "2.2.5")
    (one,) = build(folder, read_project(folder))
    assert one.written
    assert "-2.2.5-" in one.path.name


def test_the_tests_of_a_python_project_pass(tmp_path: Path) -> None:
    folder = started(tmp_path / "new", Kind.PORTABLE)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command.append(f"--basetemp={tmp_path / 'temporary'}")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d+ passed", done.stdout)


def test_python_and_json_of_a_project_are_well_formed_and_filled_in() -> None:
    for kind in Kind:
        for path, text in render(Scaffold(kind, "probe", default_language(kind))).items():
            assert "@@" not in text + path
            assert "NAME" not in path
            assert not path.endswith(".tmpl")
            if path.endswith(".py"):
                compile(text, path, "exec")
            if path.endswith(".json"):
                json.loads(text)


@pytest.mark.parametrize("kind", Kind)
def test_every_project_has_a_test_a_ci_file_and_settings(kind: Kind) -> None:
    paths = set(render(Scaffold(kind, "probe", default_language(kind))))
    assert {"kuiper-pack.toml", "README.md", ".gitignore", ".github/workflows/plugin.yml"} <= paths
    assert any("test" in Path(path).name for path in paths)


def test_the_module_asks_for_no_newer_go_than_its_oldest_server_has() -> None:
    rendered = render(Scaffold(Kind.SINK, "probe", "go", select(["2.3.1", "2.4.0"])))
    oldest = profile(select(["2.3.1"])[0]).go
    assert f"\ngo {oldest}\n" in rendered["go.mod"]
    contract = profile(NEWEST).contract
    assert contract is not None
    assert f"contract/v2 v{contract.removeprefix('v')}\n" in rendered["go.mod"]
    assert f"contract/v2 v{contract.removeprefix('v')} h1:" in rendered["go.sum"]


@pytest.mark.parametrize(
    ("scaffold", "message"),
    [
        (Scaffold(Kind.PORTABLE, "My-Plugin", "python"), '"myPlugin" can'),
        (Scaffold(Kind.PORTABLE, "lambda", "python"), "is a word of Python"),
        (Scaffold(Kind.PORTABLE, "probe", "go"), "the Go SDK of eKuiper is in no module registry"),
        (Scaffold(Kind.SINK, "probe", "python"), "use --kind portable"),
        (Scaffold(Kind.SINK, "probe", "go", select(["1.14.7"])), "name one release from 2.0.0 on"),
        (
            Scaffold(Kind.SINK, "probe", "go", select(["2.0.0", "2.4.0"])),
            "no one Go module fits all these servers",
        ),
    ],
)
def test_what_cannot_be_started_is_said_in_one_line(scaffold: Scaffold, message: str) -> None:
    with pytest.raises(KuiperPackError, match=re.escape(message)):
        render(scaffold)


@pytest.mark.parametrize(
    ("folder", "name"),
    [("my-plugin", "myPlugin"), ("Tide", "tide"), ("9lives", "plugin9lives"), ("...", "plugin")],
)
def test_a_name_is_made_of_the_name_of_the_folder(folder: str, name: str) -> None:
    assert name_from(Path(folder)) == name


def test_a_folder_with_anything_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(KuiperPackError, match="not empty"):
        started(tmp_path, Kind.PORTABLE)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
