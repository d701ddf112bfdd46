"""What the README and other pages show on screen is what the commands print."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kuiper_pack.client import Client
from kuiper_pack.server import Options, ReferenceServer
from kuiper_pack.suite.places import CACHE, STATE
from tests.portable.plugins import alone_in_tmp
from tests.server.stand_in import interpreter
from tests.suite.web import Handler, web

__all__ = ["alone_in_tmp"]
ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDS_GO = "<!-- with Go -->\n"


def steps(text: str) -> list[tuple[str, str]]:
    """Commands and what they are to print, in the order of the page."""
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
    shown = steps((ROOT / page).read_text(encoding="utf-8"))
    assert len(shown) >= 4
    for command, output in shown:
        printed = printed_by(command, tmp_path)
        assert re.fullmatch(pattern(output), printed), f"$ {command}\n{printed}"


@pytest.mark.skipif(sys.platform != "linux", reason="the pages show a Linux shell")
def test_the_page_on_judging_shows_what_is_printed_of_a_server(tmp_path: Path) -> None:
    page = (ROOT / "docs/conformance.md").read_text(encoding="utf-8")
    with ReferenceServer("2.4.0") as server, web(NothingIsThere) as nothing:
        for where, url, number in (
            ("the reference server", server.url, 3),
            ("a server that answers 404", nothing, 1),
        ):
            marked = re.findall(rf"<!-- against {where} -->\n({BLOCK.pattern})", page, BLOCK.flags)
            shown = steps("\n".join(block for block, _ in marked))
            assert len(shown) == number
            for command, output in shown:
                printed = printed_by(command.replace(DEFAULT, url), tmp_path).replace(url, DEFAULT)
                assert re.fullmatch(pattern(output), printed), f"$ {command}\n{printed}"


DEFAULT = "http://127.0.0.1:9081"
"""The server on the pages."""


class NothingIsThere(Handler):
    def answer(self, body: bytes) -> None:
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()


def printed_by(command: str, folder: Path) -> str:
    """What a command prints in a shell."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    kept = {STATE: str(folder / "state"), CACHE: str(folder / "cache")}
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, **kept},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    ).stdout


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ReferenceServer]:
    """A server that has what the greeter needs; the package is in ``tmp_path``."""
    for command in ("init greeter", "build greeter"):
        assert run(*command.split(), folder=tmp_path).returncode == 0
    options = Options(python=interpreter(tmp_path / "venv"))
    with ReferenceServer(options=options) as running:
        yield running


def shown(page: str, name: str) -> tuple[list[str], str]:
    """The commands of a block of a page, and the next block, what they lead to."""
    found = re.search(
        rf"<!-- {name} -->\n```sh\n(.*?)```\n.*?^```\w+\n(.*?)```",
        (ROOT / page).read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    assert found
    return re.split(r"\n(?! )", found[1].strip()), found[2]


@pytest.mark.skipif(sys.platform != "linux", reason="the page shows a Linux shell")
def test_the_first_server_of_the_readme_takes_its_first_plugin(
    server: ReferenceServer, tmp_path: Path
) -> None:
    (install, serve), _ = shown("README.md", "first server")
    assert (tmp_path / install.removeprefix("pip install -r ")).is_file()
    assert serve == "kuiper-pack serve"
    commands, printed = shown("README.md", "first plugin")
    told = [run(*one.split()[1:], folder=tmp_path, url=server.url) for one in commands]
    assert "".join(one.stdout + one.stderr for one in told) == printed


@pytest.mark.skipif(sys.platform != "linux", reason="the page shows a Linux shell")
def test_the_first_rule_of_the_server_runs(server: ReferenceServer, tmp_path: Path) -> None:
    zipped = "greeter/dist/greeter-0.1.0.zip"
    assert run("remote", "create", zipped, folder=tmp_path, url=server.url).returncode == 0
    (*requests, status), printed = shown("docs/serve.md", "first rule")
    answers = []
    with Client(server.url) as client:
        for one in requests:
            _, url, *body = shlex.split(one)
            method, data = ("POST", body[1].encode()) if body else ("GET", None)
            path = url.removeprefix("http://127.0.0.1:9081")
            data = data and data.replace(b"/tmp/", f"{tmp_path}/".encode())
            answers.append(client.send(method, path, body=data).text)
    assert answers[0].startswith("Stream s is created.")
    assert answers[1].startswith("Rule r was created successfully.")
    assert json.loads(answers[2])["status"] == "running"
    assert run(*status.split()[1:], folder=tmp_path, url=server.url).stdout == printed


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
