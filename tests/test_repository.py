"""What the repository promises about itself."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from kuiper_pack import __version__
from kuiper_pack.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
SET_UP = (
    "python3 -m venv .venv && .venv/bin/pip install '.[all]' tox && .venv/bin/kuiper-pack demo",
    ".venv/bin/tox",
)
FOREIGN = re.compile(
    "|".join(
        (
            r"/wo" r"rk/",
            r"/ro" r"ot/",
            r"\.\./sha" r"red",
            r"pypi\.o" r"rg/simple",
            r"files\.pythonh" r"osted",
            r"proxy\.gol" r"ang\.org",
            r"registry\.npm" r"js",
            r"repo1?\.maven" r"\.apache",
            r"\bTO" r"DO\b",
            r"\bFIX" r"ME\b",
        )
    )
)
"""Paths of a build machine, hosts of package registries, and marks of unfinished work."""

PATH_IN_PROSE = re.compile(
    r"`((?:kuiper_pack|conformance|tests|schemas|docs|tools|benchmarks|examples)/[\w./-]*)`"
)
LINK_IN_PROSE = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")

PROSE = ("README.md", "CONTRIBUTING.md", "docs/*.md")


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def prose() -> list[Path]:
    return [path for pattern in PROSE for path in sorted(ROOT.glob(pattern))]


def set_up_block() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^<!-- set-up.*?-->\n```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_readme_sets_up_with_two_commands() -> None:
    assert tuple(set_up_block().splitlines()) == SET_UP


@pytest.mark.skipif(sys.platform == "win32", reason=".ci/run is a bash script")
def test_ci_runs_the_lines_of_the_readme_and_stops_at_the_first_that_fails(
    tmp_path: Path,
) -> None:
    def run(*lines: str) -> "subprocess.CompletedProcess[str]":
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        block = "".join(f"{line}\n" for line in lines)
        (tmp_path / "README.md").write_text(text.replace(set_up_block(), block), encoding="utf-8")
        (tmp_path / ".ci").mkdir(exist_ok=True)
        script = tmp_path / ".ci" / "run"
        script.write_bytes((ROOT / ".ci" / "run").read_bytes())
        return subprocess.run(
            ["bash", script], capture_output=True, text=True, check=False, timeout=60
        )

    passed = run("pwd && echo 'a  b'", "cat && echo last")
    assert passed.returncode == 0
    assert passed.stdout == (
        f"\n$ pwd && echo 'a  b'\n{tmp_path}\na  b\n\n$ cat && echo last\nlast\n"
    )
    failed = run("exit 3", "echo never")
    assert failed.returncode == 3
    assert failed.stdout == "\n$ exit 3\n"


def test_no_tracked_file_names_a_build_machine_a_registry_or_unfinished_work() -> None:
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.split("\n"), 1):
            if match := FOREIGN.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {match[0]}")
    assert found == []


def test_modules_are_small() -> None:
    lines = {
        str(path.relative_to(ROOT)): path.read_bytes().count(b"\n")
        for path in tracked()
        if path.suffix == ".py"
    }
    assert {name: count for name, count in lines.items() if count >= 400} == {}


def test_every_command_of_the_first_thread_exists() -> None:
    assert set(COMMANDS) >= {"init", "build", "validate", "inspect", "rules", "explain", "demo"}
    for name in COMMANDS:
        assert (ROOT / "kuiper_pack" / "cli" / f"{name}.py").is_file()


def test_changelog_has_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## [{__version__}]" in text


def test_prose_names_files_that_exist() -> None:
    missing = []
    for page in prose():
        text = page.read_text(encoding="utf-8")
        names = {ROOT / name for name in PATH_IN_PROSE.findall(text)}
        links = {page.parent / link for link in LINK_IN_PROSE.findall(text)}
        missing += [f"{page.name}: {path}" for path in names | links if not path.exists()]
    assert missing == []


def test_the_readme_links_no_page_that_is_written_only_when_the_documentation_is_built() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for link in LINK_IN_PROSE.findall(text):
        path = ROOT / link
        if path.suffix == ".md" and path.is_file() and path.name != "architecture.md":
            assert "<!-- generated" not in path.read_text(encoding="utf-8"), link
