"""``load`` as users call it, with plugins made here and servers from the table."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from kuiper_pack.cli import main
from kuiper_pack.goplugin.hosts import host_of_release
from kuiper_pack.profiles import Release
from kuiper_pack.schemas import load as load_schema
from tests.goplugin.synthetic import Plugin, shared_object


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ("load", *arguments))


def document(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--format", "json").stdout)
    jsonschema.validate(found, load_schema("load"))
    return found


def written(name: str, plugin: Plugin | None = None) -> str:
    Path(name).write_bytes(shared_object(plugin or Plugin()))
    return name


def for_release(name: str, text: str) -> str:
    """A plugin with the packages of a release; where its layout is not described, these tell."""
    host = host_of_release(Release.parse(text), "amd64")
    packages = {package: host.packages[package] for package in ("errors", "runtime")}
    return written(name, Plugin(packages=packages, described=False, go=f"go{host.go}"))


def test_a_plugin_for_the_server_opens() -> None:
    result = run(for_release("a.so", "2.4.0"), "--server", "2.4.0", "--image", "slim")
    assert result.exit_code == 0
    assert result.stdout.startswith("a.so: ok: opens in eKuiper 2.4.0: 2 of its 2 packages")


def test_a_plugin_for_another_server_is_refused_with_the_words_and_the_remedy() -> None:
    file = for_release("a.so", "2.0.8")
    result = run(file, "--server", "2.4.0", "--image", "slim")
    assert result.exit_code == 1
    assert "plugin was built with a different version of package errors" in result.stdout
    assert "do       build it with GOTOOLCHAIN=go1.25.4" in result.stdout
    found = document(file, "--server", "2.4.0", "--image", "slim")
    assert found["outcome"] == "error"
    assert [one["package"] for one in found["conflicts"]] == ["errors", "runtime"]
    assert {one["of"] for one in found["conflicts"]} == {"eKuiper 2.4.0"}


def test_without_an_image_it_cannot_be_told() -> None:
    result = run(for_release("a.so", "2.4.0"), "--server", "2.4")
    assert result.exit_code == 2
    assert "missing  which C library the server has: name its image" in result.stdout


def test_the_program_of_a_server_is_exact() -> None:
    # A plugin with another path is here what a server is: it lets others find its packages.
    kuiperd = written("kuiperd", Plugin(path="example.test/server"))
    assert run(written("a.so"), "--kuiperd", kuiperd).exit_code == 0
    other = written("b.so", Plugin(packages={"errors": "00", "runtime": "1112131415161718"}))
    found = document(other, "--kuiperd", kuiperd)
    assert (found["server"], found["outcome"]) == ("kuiperd", "error")
    assert [one["package"] for one in found["conflicts"]] == ["errors"]


def test_several_are_opened_by_one_process_and_the_gravest_counts() -> None:
    kuiperd = written("kuiperd", Plugin(path="example.test/server"))
    first, second = written("a.so"), written("b.so")
    found = document(first, second, "--kuiperd", kuiperd)
    assert [one["outcome"] for one in found["plugins"]] == ["ok", "error"]
    assert (found["outcome"], found["reason"]) == ("error", "plugin already loaded")
    Path("c.so").write_bytes(shared_object()[:-1])
    result = run(first, "c.so", "--kuiperd", kuiperd)
    assert result.exit_code == 1
    assert "c.so: crash: ends the server in kuiperd: SIGBUS" in result.stdout


def test_one_file_by_two_names_is_opened_once() -> None:
    kuiperd = written("kuiperd", Plugin(path="example.test/server"))
    file = written("a.so")
    assert run(file, f"./{file}", str(Path(file).absolute()), "--kuiperd", kuiperd).exit_code == 0


def test_what_is_no_plugin_is_an_answer_and_no_failure() -> None:
    kuiperd = written("kuiperd", Plugin(path="example.test/server"))
    Path("text.so").write_text("text " * 100)
    result = run("text.so", "--kuiperd", kuiperd)
    assert (result.exit_code, "invalid ELF header" in result.stdout) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name the server"),
        (("--server", "2.4.0", "--kuiperd", "a.so"), "name the server"),
        (("--kuiperd", "a.so", "--image", "slim"), "go with --server"),
        (("--server", "2.0"), "more than one release"),
        (("--server", "all"), "more than one release"),
        (("--kuiperd", "text"), "name the kuiperd of the server"),
        (("--kuiperd", "nothing"), "nothing: No such file or directory"),
    ],
)
def test_mistakes_are_said_in_one_line(arguments: tuple[str, ...], said: str) -> None:
    written("a.so")
    Path("text").write_text("text")
    result = run("a.so", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_plugin_that_is_not_there_is_a_failure() -> None:
    result = run("nothing.so", "--server", "2.4.0")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nothing.so: No such file or directory" in result.stderr


def test_arm_is_not_in_the_table() -> None:
    plugin = replace(Plugin(), machine=183, go="go1.25.4")
    found = document(written("a.so", plugin), "--server", "2.4.0", "--image", "slim")
    assert found["outcome"] == "unknown"
    assert found["missing"] == ["the hashes of the packages of eKuiper 2.4.0: name its kuiperd"]
