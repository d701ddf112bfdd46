"""``kuiper-pack remote``: what people get wrong is told with the way that is right."""

import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Event

import pytest

from kuiper_pack.remote import delivery
from kuiper_pack.server import ReferenceServer
from kuiper_pack.suite.artifacts import ArtifactHost
from tests.cli.packages import pack
from tests.cli.test_remote import SINK, ask, left_behind, serving

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def server() -> Iterator[ReferenceServer]:
    with serving("2.4.0") as running:
        yield running


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["delete", "x"], 'no such command "delete"; "drop" does that'),
        (["install", "x.zip"], 'no such command "install"; "create" does that'),
        (["lsit"], 'did you mean "list"?'),
        (["--url", NOBODY, "list"], "--url belongs to the command: write it after that"),
        (["--jsno", "list"], "no such option --jsno"),
        (["describe", "a/b"], 'no plugin or function is called "a/b"'),
        (["drop", "..", "--kind", "sink"], 'no plugin or function is called ".."'),
        (["status", ""], 'no plugin or function is called ""'),
        (["udfs", "a/b"], 'no plugin or function is called "a/b"'),
        (["register", "geo", ""], 'no plugin or function is called ""'),
        (["upload", "--delete", ""], "--delete wants the name of a file"),
        (["upload", "--delete", "uploads/"], "--delete wants the name of a file"),
        (["create", ""], "no package is named; name a zip"),
        (["create", "/no/such.zip"], "no such file here; of one on the machine of the server say"),
        (["list", "--token-file", "none"], "none: No such file or directory: name the file"),
    ],
)
def test_what_is_no_request_is_told_with_the_right_one(arguments: list[str], words: str) -> None:
    failed = ask(NOBODY, *arguments)
    assert (failed.exit_code, failed.stdout) == (2, "")
    assert words in failed.stderr
    assert failed.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("127.0.0.1:9081", "write it as http://127.0.0.1:9081"),
        ("edge-7.example/kuiper", "write it as http://edge-7.example/kuiper"),
        ("ftp://edge-7.example", "write it as http://127.0.0.1:9081"),
        ("", "write it as http://127.0.0.1:9081"),
    ],
)
def test_a_url_without_its_beginning_is_completed(url: str, words: str) -> None:
    failed = ask(url, "list")
    assert failed.exit_code == 2
    assert failed.stderr.endswith(f"{words}\n")


def test_an_upload_is_deleted_by_the_path_that_the_list_shows(
    server: ReferenceServer, tmp_path: Path
) -> None:
    path = ask(server, "upload", pack(f"{tmp_path}/tide.zip", SINK)).stdout.strip()
    assert ask(server, "upload", "--delete", path).stdout == "ok\n"
    assert left_behind(server) == []


@pytest.mark.parametrize("name", ["a\\b.zip", 'a"b.zip', "a%22b.zip", "\u6d77 b.zip"])
def test_an_upload_of_any_name_is_tidied_up(
    server: ReferenceServer, tmp_path: Path, name: str
) -> None:
    broken = pack(f"{tmp_path}/{name}", {"readme": b""})
    assert ask(server, "create", broken, "--kind", "sink", "--name", "x").exit_code == 1
    assert left_behind(server) == []
    path = ask(server, "upload", broken).stdout.strip()
    assert ask(server, "upload", "--delete", path).stdout == "ok\n"
    assert left_behind(server) == []


def test_a_path_of_windows_ends_in_a_name_as_well() -> None:
    assert delivery.file_name("C:\\kuiper\\data\\uploads\\a b.zip") == "a b.zip"


def test_a_script_that_our_server_does_not_run_is_no_fault_of_the_zip(
    server: ReferenceServer, tmp_path: Path
) -> None:
    zipped = pack(f"{tmp_path}/tide.zip", SINK | {"install.sh": b"exit 0\n"})
    refused = ask(server, "create", zipped, "--kind", "sink")
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1].endswith(
        "that is for `kuiper-pack serve`; without it, leave install.sh out of the zip"
    )


def test_a_token_file_without_a_token_is_no_file_of_a_token(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    failed = ask(NOBODY, "list", "--token-file", f"{tmp_path}/empty")
    assert failed.exit_code == 2
    assert failed.stderr.endswith("empty: there is no token in it\n")


@pytest.mark.skipif(sys.platform == "win32", reason="closes standard output by the shell")
def test_a_closed_standard_output_is_told(server: ReferenceServer) -> None:
    command = f"{sys.executable} -m kuiper_pack remote list --url {server.url} >&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "the standard output is closed" in done.stderr


def test_a_server_that_leaves_while_it_fetches_is_no_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[object] = []
    done = Event()
    monkeypatch.setattr(ThreadingHTTPServer, "handle_error", lambda *given: faults.append(given))
    close = ThreadingHTTPServer.shutdown_request

    def closed(*given: object) -> None:
        close(*given)  # type: ignore[arg-type]
        done.set()

    monkeypatch.setattr(ThreadingHTTPServer, "shutdown_request", closed)
    with ArtifactHost(tmp_path / "files") as host:
        host.put("large.zip", bytes(1 << 24))
        port = int(host.http("").rpartition(":")[2].strip("/"))
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET /large.zip HTTP/1.0\r\n\r\n")
            client.recv(1)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert done.wait(10)
    assert faults == []
