"""``kuiper-pack demo``: every step succeeds, is skipped with its reason, or fails the command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from kuiper_pack.cli import main
from kuiper_pack.demo import packaging, serving
from kuiper_pack.demo.step import Result, Step
from kuiper_pack.demo.story import story
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.suite.catalogue import clauses


@pytest.fixture
def without_go(tmp_path: Path) -> dict[str, str]:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("unshare", "sh", "mount", "mkdir"):  # what keeps two demos at once apart
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    return {**os.environ, "PATH": str(tools)}


def test_with_python_alone_packages_are_built_and_judged_and_a_server_as_well(
    without_go: dict[str, str],
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kuiper_pack", "demo"],
        env=without_go,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for said in (
        "$ kuiper-pack init greeter\n",
        "greeter-0.1.0.zip, ",
        "nothing found by any rule, for eKuiper 2.0.0-2.4.0",
        "eKuiper 2.4.0: installed, 201 portable plugin greeter is created",
        "writes {PLUGINS}/portable/greeter/main.py",
        "error KPP05: ",
        '{"args": ["hello"], "result": "hello"}',
        "skipped: Go is needed to compile this plugin and is not installed",
        "$ kuiper-pack serve --server 2.4.0 --port ",
        "201 sinks plugin lamp is created",
        "201 portable plugin hello is created",
        '200 {"refCount":{"greets":2},"status":"running","errMsg":""}',
        "200 portable plugin hello is deleted",
        "$ kuiper-pack conformance http://127.0.0.1:",
        " passed, ",
        "all that was said is in ",
        "19 steps done, 1 skipped\n",
    ):
        assert said in done.stdout
    assert done.stderr == ""
    assert "\x1b" not in done.stdout


def test_a_reader_that_goes_away_is_no_verdict(without_go: dict[str, str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "kuiper_pack", "demo"],
        env=without_go,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "$ kuiper-pack init greeter\n"
        process.stdout.close()
        assert (process.stderr.read(), process.wait(timeout=60)) == ("", 2)


@pytest.mark.go
def test_with_go_the_native_plugin_is_compiled_and_predicted_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reason = packaging.why_not_go(os.environ)
    if reason is not None:
        pytest.skip(reason)
    few = {one: check for one, check in clauses().items() if one.id.startswith("native.list.")}
    monkeypatch.setattr(serving, "clauses", lambda: few)  # all of them are judged without Go
    steps = list(story(tmp_path, os.environ))
    assert [step for step in steps if step.result is not Result.DONE] == []
    assert len(steps) == 24
    assert any("Pulse@v0.1.0.so" in line for step in steps for line in step.lines)
    assert any("201 sources plugin pulse is created" in step.lines for step in steps)


def test_a_step_that_cannot_be_done_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, without_go: dict[str, str], tmp_path: Path
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KuiperPackError("the disk is full; make room")

    monkeypatch.setattr(packaging, "build", broken)
    monkeypatch.setattr(serving, "served", lambda *_: iter(()))
    steps = list(story(tmp_path, without_go))
    assert Step("", ("the disk is full; make room",), Result.FAILED) in steps
    monkeypatch.setenv("PATH", without_go["PATH"])
    result = CliRunner().invoke(main, ["demo"])
    assert result.exit_code == 1
    assert "failed: the disk is full; make room" in result.output
    assert "2 FAILED" in result.output
