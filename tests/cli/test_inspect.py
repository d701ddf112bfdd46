"""``inspect`` as users call it."""

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from kuiper_pack.cli import main
from kuiper_pack.schemas import load
from tests.goplugin.synthetic import Plugin, shared_object


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


def native(content: bytes) -> str:
    Path("random").mkdir(exist_ok=True)
    Path("random/Random@v1.0.0.so").write_bytes(content)
    return "random"


def test_what_is_in_a_go_plugin_is_shown_to_people_and_programs() -> None:
    arguments = ("inspect", native(shared_object()), "--kind", "sink", "--name", "random")
    shown = run(*arguments).stdout
    assert "  built by go1.25.4 -trimpath=true -tags=a b" in shown
    assert "  needs libc.so.6; glibc 2.34 or newer" in shown
    assert "  func Make(...string) example.test/contract.Speaker" in shown
    assert "  var Count example.test/random.Thing" in shown
    document = json.loads(run(*arguments, "--format", "json").stdout)
    jsonschema.validate(document, load("inspect"))
    found = document["go"]
    assert (found["machine"], found["libc"]) == ("amd64", "glibc")
    assert found["build"]["go"] == "go1.25.4"
    assert found["plugin"]["path"] == "example.test/random"
    assert [one["name"] for one in found["plugin"]["exports"]] == ["Count", "Make"]
    assert found["plugin"]["packages"][0] == {"package": "errors", "hash": "0102030405060708"}


def test_a_damaged_shared_object_is_shown_as_such() -> None:
    path = native(shared_object()[:-100])
    result = run("inspect", path, "--kind", "sink", "--name", "random", "--format", "json")
    document = json.loads(result.stdout)
    jsonschema.validate(document, load("inspect"))
    assert "cut off" in document["go"]["problem"]


def test_a_library_without_go_is_no_plugin() -> None:
    path = native(shared_object(Plugin(path="", packages={}, go="")))
    arguments = ("inspect", path, "--kind", "sink", "--name", "random")
    assert "  no Go plugin" in run(*arguments).stdout
    document = json.loads(run(*arguments, "--format", "json").stdout)
    assert (document["go"]["build"], document["go"]["plugin"]) == (None, None)
