"""What ``validate`` writes, in every format, and where to."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, TextIO

import jsonschema
import pytest

from kuiper_pack.package.package import Package, open_package
from kuiper_pack.report import FORMATS, TABLE
from kuiper_pack.rules import validation
from kuiper_pack.schemas import load
from tests.cli.packages import SOURCE, lay_out, pack, run


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_what_cannot_be_read_and_the_exit_code_says_so(name: str) -> None:
    path = pack("random.zip", SOURCE)
    result = run("validate", path, "missing.zip", "--format", name)
    assert (result.exit_code, result.stderr) == (2, "")
    assert "missing.zip: cannot be read: No such file or directory" in result.stdout
    assert run("validate", path, "--format", name).exit_code == 0
    assert run("validate", pack("bad.zip", {"x/y": b""}), "--format", name).exit_code == 1


@pytest.mark.parametrize("name", FORMATS)
def test_a_console_without_the_letters_of_a_name_shows_their_numbers(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kuiper_pack", "validate", "größe.zip", "--format", name],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (2, "")
    assert "cannot be read" in done.stdout


def test_the_report_can_go_to_a_file() -> None:
    path = pack("random.zip", SOURCE)
    result = run("validate", path, "--format", "json", "-o", "report.json")
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads(Path("report.json").read_text())["summary"]["packages"] == 1


@pytest.mark.parametrize("name", FORMATS)
def test_an_old_report_stays_where_the_new_one_cannot_be_written(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pack("random.zip", SOURCE)
    assert run("validate", path, "--format", name, "-o", "report").exit_code == 0
    old = Path("report").read_bytes()

    def full(judgements: object, stream: TextIO) -> None:
        stream.write("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(f"kuiper_pack.report.{TABLE[name].module}.write", full)
    result = run("validate", path, "--format", name, "-o", "report")
    assert result.exit_code == 2
    assert result.stderr == "kuiper-pack: report: No space left on device\n"
    assert Path("report").read_bytes() == old
    assert sorted(path.name for path in Path().iterdir()) == ["random.zip", "report"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_rule_that_crashes_is_exit_2_and_named(name: str) -> None:
    path = pack("random.zip", SOURCE)
    lay_out(
        "site",
        {
            "boom.py": b"from kuiper_pack.rules import Rule, Severity\n"
            b'class Boom(Rule):\n    """Fails."""\n    code, severity = "BOOM1", Severity.NOTE\n'
            b"    def check(self, package, target):\n        return iter([1 / 0])\n",
            "boom-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: boom\nVersion: 1\n",
            "boom-1.dist-info/entry_points.txt": b"[kuiper_pack.rules]\nboom = boom:Boom\n",
        },
    )
    done = subprocess.run(
        [sys.executable, "-m", "kuiper_pack", "validate", path, "--format", name],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(Path("site").absolute())},
    )
    assert done.returncode == 2
    for text in (done.stdout, done.stderr):
        assert "random.zip: the rule BOOM1 failed with ZeroDivisionError" in text
    assert done.stderr.count("\n") == 1


def test_a_crash_keeps_no_verdict_from_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: Path, **given: Any) -> Package:
        if path.stem == "odd":
            raise RuntimeError("so it is")
        return open_package(path, **given)

    monkeypatch.setattr(validation, "open_package", broken)
    result = run("validate", "odd.zip", pack("random.zip", SOURCE), pack("bad.zip", {"x/y": b""}))
    assert result.exit_code == 2
    assert "unreadable: odd.zip: kuiper-pack failed with RuntimeError: so it is" in result.stdout
    assert "bad.zip: KPL03 error" in result.stdout
    assert "odd.zip: kuiper-pack failed with RuntimeError: so it is" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in run("validate", "odd.zip", "--debug").stderr


def test_the_json_document_is_as_its_schema_says() -> None:
    paths = [pack("good.zip", SOURCE), pack("bad.zip", {"x/y": b""}), "missing.zip"]
    result = run("validate", *paths, "--format", "json")
    document = json.loads(result.stdout)
    jsonschema.validate(document, load("validate"))
    assert [one["verdict"] for one in document["packages"]] == ["valid", "invalid", "unreadable"]
    assert document["packages"][0] | {"findings": []} == {
        "path": "good.zip", "kind": "source", "name": "random", "version": "",
        "verdict": "valid", "findings": [], "reason": None,
    }  # fmt: skip


def test_settings_name_the_format_unless_the_command_line_does() -> None:
    lay_out("plugin", {**SOURCE, "kuiper-pack.toml": b'format = "json"\n'})
    assert run("validate", "plugin").stdout.startswith("{")
    assert run("validate", "plugin", "--format", "text").stdout.startswith("1 package")
