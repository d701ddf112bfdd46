"""What the README and the quick start show on screen is what the commands print."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kuiper_pack.server import Options, ReferenceServer
from tests.server.stand_in import interpreter

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDS_GO = "<!-- with Go -->\n"


def steps(page: Path) -> list[tuple[str, str]]:
    """Commands and what they are to print, in the order of the page."""
    text = page.read_text(encoding="utf-8")
    if shutil.which("go") is None:
        text = re.sub(re.escape(NEEDS_GO) + BLOCK.pattern, "", text, flags=BLOCK.flags)
    blocks = "".join(BLOCK.findall(text))
    found = []
    for part in re.split(r"^\$ ", blocks, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        found.append((command, output))
    return found


def pattern(output: str) -> str:
    """``...`` on a line of its own stands for any lines, inside a line for any text of it."""
    text = re.escape(output).replace(r"\.\.\.", "...")
    return re.sub(r"(?m)^\.\.\.\\\n", r"(?:.*\\n)*?", text).replace("...", ".*?")


@pytest.mark.skipif(sys.platform != "linux", reason="the pages show a Linux shell")
@pytest.mark.parametrize("page", ["README.md", "docs/quick-start.md"])
def test_the_page_shows_what_the_commands_print(page: str, tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    shown = steps(ROOT / page)
    assert len(shown) >= 4
    for command, output in shown:
        result = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        assert re.fullmatch(pattern(output), result.stdout), f"$ {command}\n{result.stdout}"


@pytest.mark.skipif(sys.platform != "linux", reason="the page shows a Linux shell")
def test_the_first_server_of_the_readme_takes_its_first_plugin(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    first = re.search(r"<!-- first server -->\n```sh\n(.*?)```", text, re.DOTALL)
    second = re.search(
        r"<!-- first plugin -->\n```sh\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL
    )
    assert first
    assert second
    install, serve = first[1].splitlines()
    for command in ("init greeter", "build greeter"):
        assert run(*command.split(), folder=tmp_path).returncode == 0
    assert (tmp_path / install.removeprefix("pip install -r ")).is_file()
    assert serve == "kuiper-pack serve"
    with ReferenceServer(options=Options(python=interpreter(tmp_path / "venv"))) as server:
        told = ""
        for command in second[1].splitlines():
            done = run(*command.split()[1:], folder=tmp_path, url=server.url)
            told += done.stdout + done.stderr
    assert told == second[2]


def run(*arguments: str, folder: Path, url: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "kuiper_pack", *arguments],
        cwd=folder,
        env={**os.environ, "KUIPER_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("output", "printed", "fits"),
    [
        ("a b\n", "a b\n", True),
        ("a b\n", "a c\n", False),
        ("a ... c\n", "a x y c\n", True),
        ("a ... c\n", "a x\ny c\n", False),
        ("a\n...\nz\n", "a\nb\nc\nz\n", True),
        ("a\n...\n", "a\n", True),
        ("a\n...\n", "b\na\n", False),
    ],
)
def test_dots_stand_for_what_is_left_out(output: str, printed: str, fits: bool) -> None:
    assert bool(re.fullmatch(pattern(output), printed)) is fits
