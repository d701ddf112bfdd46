"""``inspect`` as users call it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kuiper_pack.cli import main


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_a_folder_is_shown_as_its_settings_say() -> None:
    Path("plugin").mkdir()
    for name in ("main.so", "main.yaml", "notes.md"):
        Path("plugin", name).touch()
    settings = 'name = "main"\nkind = "source"\nexclude = ["*.md"]\n'
    Path("plugin/kuiper-pack.toml").write_text(settings)
    result = run("inspect", "plugin", "--format", "json", "--server", "2.3.0")
    document = json.loads(result.stdout)
    assert (document["kind"], document["name"]) == ("source", "main")
    assert [entry["name"] for entry in document["entries"]] == ["main.so", "main.yaml"]
    assert json.loads(run("inspect", "plugin", "--kind", "sink", "--format", "json").stdout)[
        "kind"
    ] == ("sink")
