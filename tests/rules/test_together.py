"""Packages that are right each for itself, and cannot be used together."""

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from kuiper_pack.cli import main
from tests.rules import go_plugins as go
from tests.rules.go_plugins import go_plugin


def packed(folder: Path, name: str, content: bytes) -> Path:
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.so", content)
        archive.writestr(f"{name}.json", '{"about": {}, "properties": []}')
    return path


def told(*arguments: str | Path) -> tuple[int, dict[str, list[str]]]:
    """The exit code, and the messages of KPS07 for each package."""
    words = [
        "validate", "--server", "2.4.0", "--kind", "sink", "--format", "json",
        *map(str, arguments),
    ]  # fmt: skip
    done = CliRunner().invoke(main, words)
    document = json.loads(done.stdout)
    return done.exit_code, {
        Path(one["path"]).name: [
            finding["message"] for finding in one["findings"] if finding["rule"] == "KPS07"
        ]
        for one in document["packages"]
    }


@pytest.fixture
def twins(tmp_path: Path) -> list[Path]:
    """Two plugins that were made from one template."""
    return [
        packed(tmp_path, name, go_plugin({name.capitalize(): go.SINK}))
        for name in ("harbour", "tide")
    ]


def test_two_plugins_of_one_path_warn_about_each_other(twins: list[Path]) -> None:
    code, messages = told(*twins)
    assert code == 0
    (first,), (second,) = messages["harbour.zip"], messages["tide.zip"]
    assert first.startswith(f"its plugin path {go.PATH} is that of")
    assert "tide.zip" in first
    assert "harbour.zip" in second


def test_one_alone_has_nothing_to_be_told(twins: list[Path]) -> None:
    assert told(twins[0])[1] == {"harbour.zip": []}


def test_plugins_of_other_paths_or_builds_go_together(tmp_path: Path) -> None:
    first = packed(tmp_path, "harbour", go_plugin({"Harbour": go.SINK}))
    other = packed(tmp_path, "tide", go_plugin({"Tide": go.SINK}, {}, path="example.org/tide"))
    arm = packed(tmp_path, "buoy", go_plugin({"Buoy": go.SINK}, {}, machine=183))
    assert set(map(tuple, told(first, other, arm)[1].values())) == {()}


def test_two_builds_of_one_plugin_are_not_meant_for_one_server(tmp_path: Path) -> None:
    content = go_plugin({"Tide": go.SINK})
    (tmp_path / "other").mkdir()
    paths = packed(tmp_path, "tide", content), packed(tmp_path / "other", "tide", content)
    assert set(map(tuple, told(*paths)[1].values())) == {()}


def test_the_warning_fails_packages_where_warnings_do(twins: list[Path]) -> None:
    assert told("--fail-on", "warning", *twins)[0] == 1
    assert told("--fail-on", "warning", "--ignore", "KPS07", *twins)[0] == 0


def test_the_warning_can_be_lived_with(twins: list[Path]) -> None:
    settings = twins[0].parent / "kuiper-pack.toml"
    settings.write_text('[[ignore]]\nrule = "KPS07"\nreason = "never on one server"\n')
    assert told("--fail-on", "note", *twins) == (0, {"harbour.zip": [], "tide.zip": []})
