"""A token is sent to the server and shown to nobody."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests_mock
from click.testing import CliRunner, Result

from kuiper_pack.cli import main
from kuiper_pack.suite.options import OPTIONS, parse

URL = "http://kuiper.example:9081/api/base"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJzYW1wbGUifQ.c2lnbmF0dXJl"
ECHO = f"JWTVAL__ERRCODE:1__ERRSTR:token contains an invalid number of segments__TOKEN:{TOKEN}"


@pytest.fixture
def server() -> Iterator[requests_mock.Mocker]:
    with requests_mock.Mocker() as mocker:
        mocker.register_uri(requests_mock.ANY, requests_mock.ANY, status_code=401, text=ECHO)
        yield mocker


def remote(*arguments: str, **more: object) -> Result:
    return CliRunner().invoke(main, ["remote", *arguments], **more)  # type: ignore[arg-type]


def given(way: str, folder: Path) -> tuple[list[str], dict[str, object]]:
    """Options, and what else the command is called with."""
    file = folder / "token"
    file.write_text(f"{TOKEN}\n")
    return {
        "option": (["--token", TOKEN], {}),
        "file": (["--token-file", str(file)], {}),
        "input": (["--token-file", "-"], {"input": f"{TOKEN}\n"}),
        "environment": ([], {"env": {"KUIPER_TOKEN": f"{TOKEN}\n"}}),
        "header": (["--header", f"Authorization: {TOKEN}"], {}),
        "both": (["--token-file", str(file)], {"env": {"KUIPER_TOKEN": "another"}}),
    }[way]  # type: ignore[return-value]


@pytest.mark.parametrize("format_", ["text", "json"])
@pytest.mark.parametrize("way", ["option", "file", "input", "environment", "header", "both"])
def test_the_token_is_sent_and_never_shown(
    server: requests_mock.Mocker, tmp_path: Path, way: str, format_: str
) -> None:
    options, more = given(way, tmp_path)
    for verb in (["list"], ["drop", "x", "--kind", "sink"], ["upload", "--list"]):
        done = remote(*verb, "--url", URL, "--format", format_, "--debug", *options, **more)
        assert done.exit_code == 1
        assert server.last_request is not None
        assert server.request_history[-1].headers["Authorization"] == TOKEN
        assert TOKEN not in done.stdout + done.stderr
        assert "TOKEN:***; the server takes a bare JWT" in done.stderr
        if format_ == "json":
            assert json.loads(done.stdout) == ECHO.replace(TOKEN, "***")


@pytest.mark.parametrize("bad", [f"{TOKEN}\nX: y", f"{TOKEN}\u20ac"])
def test_a_token_that_cannot_be_sent_is_not_shown_either(bad: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(bad, encoding="utf-8")
    done = remote("list", "--url", URL, "--debug", "--token-file", str(file))
    assert done.exit_code == 2
    assert "a header cannot be sent" in done.stderr
    assert TOKEN not in done.stdout + done.stderr


def test_a_token_in_what_a_server_tells_is_hidden(server: requests_mock.Mocker) -> None:
    server.get(f"{URL}/plugins/sinks", json=[TOKEN])
    server.get(f"{URL}/plugins/sinks/{TOKEN}", json={"name": TOKEN, "version": TOKEN})
    for format_ in ("text", "json"):
        options = ("--kind", "sink", "--format", format_, "--url", URL)
        done = remote("list", *options, env={"KUIPER_TOKEN": TOKEN})
        assert done.exit_code == 0
        assert "***" in done.stdout
        assert TOKEN not in done.stdout + done.stderr


def test_without_a_token_it_is_said_how_to_give_one(server: requests_mock.Mocker) -> None:
    server.register_uri(requests_mock.ANY, requests_mock.ANY, status_code=401, text="missing_token")
    done = remote("udfs", env={"KUIPER_URL": URL})
    assert done.exit_code == 1
    assert done.stderr == (
        "kuiper-pack: refused (401): missing_token; give the token with --token-file FILE, or in "
        "the environment variable KUIPER_TOKEN\n"
    )


PAGE = "<!doctype html><html><head><title>NeuronEX</title></head><body></body></html>"


@pytest.mark.parametrize(
    ("verb", "answer", "code", "words"),
    [
        (["list"], {"text": PAGE, "headers": {"Content-Type": "text/html"}}, 2, "is a web page"),
        (["list"], {"text": "ok"}, 2, "answers no JSON"),
        (["list"], {"json": {"code": 1}}, 2, "answers no list"),
        (["describe", "x", "--kind", "sink"], {"json": []}, 2, "answers no object"),
        (["list"], {"status_code": 404, "json": {"error": 1}}, 1, "with the path of a proxy"),
        (["list"], {"status_code": 403, "text": "no"}, 1, "lets no one through without a token"),
        (["list"], {"status_code": 502, "text": "Bad Gateway"}, 1, "does not reach it"),
        (["list"], {"status_code": 500, "text": "oops"}, 1, "log of the server"),
        (["list"], {"status_code": 302, "headers": {"Location": "http://a.example/"}}, 1,
         "leads to http://a.example/, which is not there; give the URL it leads to"),
    ],
)  # fmt: skip
def test_whoever_stands_before_a_server_is_told_from_it(
    server: requests_mock.Mocker,
    verb: list[str],
    answer: dict[str, object],
    code: int,
    words: str,
) -> None:
    server.register_uri(requests_mock.ANY, requests_mock.ANY, **answer)  # type: ignore[arg-type]
    done = remote(*verb, "--url", f"{URL}/")
    assert (done.exit_code, done.stdout) == (code, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert {one.path.startswith("/api/base/") for one in server.request_history} == {True}


def test_a_package_for_a_far_server_without_uploads_has_no_way_from_here(
    server: requests_mock.Mocker, tmp_path: Path
) -> None:
    server.register_uri(requests_mock.ANY, requests_mock.ANY, status_code=404, text="none")
    zipped = tmp_path / "random.zip"
    zipped.write_bytes(b"PK\x05\x06" + bytes(18))
    done = remote("create", str(zipped), "--url", URL, "--kind", "sink")
    assert done.exit_code == 2
    assert "this server takes no uploads: put" in done.stderr
    assert not [one for one in server.request_history if one.method == "POST"]


def test_who_judges_and_tidies_up_gives_the_token_by_a_file_as_well(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    given = {option.name: option.default for option in OPTIONS} | {"token-file": str(file)}
    assert parse("http://127.0.0.1:9", given).token == TOKEN
    for command in ("cleanup", "conformance"):
        asked = [sys.executable, "-m", "kuiper_pack", command, "http://127.0.0.1:9"]
        done = subprocess.run(
            [*asked, "--token-file", "none"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert "none: No such file or directory: name the file that has the token" in done.stderr
