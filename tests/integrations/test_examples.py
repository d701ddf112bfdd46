"""What docs/ci.md shows: valid by the schemas, hooks and inputs that exist, scripts that run."""

import itertools
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from kuiper_pack.report import FORMATS, TABLE
from tools.action_steps import ACTION, load
from tools.ci_page import PAGE, example, text_of

ROOT = Path(__file__).parents[2]


def rows(first: str) -> dict[str, list[str]]:
    """The table of the page whose head begins with ``first``, by its first column."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"\n| {first} |")
    lines = itertools.takewhile(lambda line: line.startswith("|"), rest.splitlines()[2:])
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {name.strip("`"): others for name, *others in cells}


def test_the_page_has_every_format_and_every_input() -> None:
    assert rows("`--format`") == {name: [one.about] for name, one in TABLE.items()}
    assert rows("Input") == {
        name: [one["description"], f"`{one['default']}`" if one["default"] else ""]
        for name, one in load()["inputs"].items()
    }


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ("vendor.github-actions", ACTION.read_text(encoding="utf-8")),
        ("vendor.github-workflows", text_of("jobs")),
        ("vendor.gitlab-ci", text_of("package")),
    ],
)
def test_it_is_valid_by_its_schema(schema: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "file.yml"
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_gives_the_action_inputs_that_it_has() -> None:
    steps = example("jobs")["jobs"]["package"]["steps"]
    (ours,) = [step for step in steps if "/kuiper-pack@" in step["uses"]]
    assert set(ours["with"]) <= set(load()["inputs"])
    (upload,) = [step for step in steps if "upload-sarif" in step["uses"]]
    assert upload["with"]["sarif_file"] == ours["with"]["sarif"]


def test_the_configuration_of_pre_commit_names_hooks_that_there_are() -> None:
    offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    hooks = {hook["id"] for hook in offered}
    (repository,) = example("repos")["repos"]
    assert {hook["id"] for hook in repository["hooks"]} == hooks


@pytest.mark.skipif(sys.platform == "win32", reason="runs bash")
@pytest.mark.parametrize("spoilt", [False, True])
def test_the_script_for_gitlab_writes_the_reports_it_names(spoilt: bool, tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    shutil.copytree(
        ROOT / "examples" / "python-portable", folder, ignore=shutil.ignore_patterns("dist")
    )
    if spoilt:
        manifest = folder / "greenhouse.json"
        manifest.write_text(manifest.read_text().replace('"main.py"', '"./main.py"'))
    job = example("package")["package"]
    install, *script = job["script"]
    assert install == "pip install kuiper-pack"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-e", "-c", "\n".join(script)],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == int(spoilt), done.stdout + done.stderr
    reports = job["artifacts"]["reports"]
    violations = json.loads((folder / reports["codequality"]).read_text())
    assert [one["check_name"] for one in violations] == ["KPP05"] * spoilt
    case = ElementTree.parse(folder / reports["junit"]).find(".//testcase")
    assert case is not None
    assert [child.tag for child in case] == (["failure"] if spoilt else ["system-out"])
    assert ("greenhouse.json:4:17: KPP05 error" in done.stdout) is spoilt
    built = list(folder.glob(job["artifacts"]["paths"][0]))
    assert bool(built) is not spoilt
    for package in built:
        with zipfile.ZipFile(package) as archive:
            assert not {"code-quality.json", "junit.xml", "dist/junit.xml"} & {*archive.namelist()}


def complete(*words: str) -> list[str]:
    """What bash offers for the last word, by the script that click writes."""
    script = (
        'eval "$(_KUIPER_PACK_COMPLETE=bash_source kuiper-pack)"\n'
        'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))\n'
        "_kuiper_pack_completion kuiper-pack\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", script, "bash", "kuiper-pack", *words],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.skipif(sys.platform == "win32", reason="runs bash")
def test_bash_completes_commands_options_and_formats() -> None:
    assert complete("va") == ["validate"]
    assert complete("validate", "--format", "") == list(FORMATS)
    assert complete("validate", "--fail") == ["--fail-on"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_completion_script_for_every_shell_of_click(shell: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("kuiper-pack")],
        env={**os.environ, "_KUIPER_PACK_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "_KUIPER_PACK_COMPLETE" in done.stdout
