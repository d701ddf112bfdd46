"""``kuiper-pack serve``: what it allows is what its options say."""

import json
import socket

import pytest
from click.testing import CliRunner

from kuiper_pack.cli import main
from kuiper_pack.client import Client
from kuiper_pack.server import ReferenceServer

PAGE = "http://localhost:3000"


def answers(monkeypatch: pytest.MonkeyPatch, *options: str) -> dict[str, tuple[int | None, str]]:
    """What a server with these options says to three requests."""
    found: dict[str, tuple[int | None, str]] = {}

    def ask(server: ReferenceServer) -> int:
        requests = {
            "private": ("http://127.0.0.1:1/s.zip", {}),
            "file": ("file:///none/s.zip", {}),
            "page": ("file:///none/s.zip", {"Origin": PAGE}),
        }
        with Client(server.url) as client:
            for name, (url, headers) in requests.items():
                body = json.dumps({"name": "s", "file": url}).encode()
                said = client.send("POST", "/plugins/sinks", body=body, headers=headers)
                found[name] = (said.status, said.text)
        return 0

    monkeypatch.setattr(ReferenceServer, "wait", ask)
    result = CliRunner().invoke(main, ["serve", "--port", "0", *options])
    assert result.exit_code == 0, result.output
    return found


def test_as_it_comes_packages_are_taken_from_anywhere_and_web_pages_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = answers(monkeypatch)
    assert "connection refused" in found["private"][1]
    assert "no such file" in found["file"][1]
    assert found["page"][0] == 403


def test_it_forbids_and_allows_what_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    found = answers(
        monkeypatch,
        "--no-enable-private-net",
        "--no-allow-external-file-access",
        "--allow-origin",
        PAGE,
    )
    assert "internal network" in found["private"][1]
    assert "file access denied" in found["file"][1]
    assert found["page"] == found["file"]


@pytest.mark.parametrize("option", ["--no-enable-private-net", "--no-allow-external-file-access"])
def test_a_release_that_can_forbid_nothing_is_not_started_as_if_it_could(option: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--server", "2.3.1", "--port", "0", option])
    assert result.exit_code == 2
    assert "release 2.3.1 can forbid no package" in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--server", "0.2.1"], "release 0.2.1 has no plugin API, which came with 0.3.0"),
        (["--allow-origin", "localhost:3000"], "write it as http://localhost:3000"),
        (["--allow-origin", f"{PAGE}/"], "without a path"),
    ],
)
def test_a_server_that_nobody_could_use_is_not_started(options: list[str], words: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--port", "0", *options])
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_where_it_cannot_listen_the_option_to_change_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(main, ["serve", "--port", port])
    assert result.stderr.endswith(": Address already in use: choose another --port\n")
    result = CliRunner().invoke(main, ["serve", "--port", "0", "--host", "192.0.2.1"])
    assert result.stderr.endswith("choose another --host\n")
    assert result.exit_code == 2
