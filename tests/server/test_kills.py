"""A server that is killed starts again with what is on disk, and its store is whole."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kuiper_pack.client import Client
from kuiper_pack.package.kind import Kind
from kuiper_pack.server import ReferenceServer
from tests.server.origins import origin
from tests.server.worlds import ELF, files_below, package, package_of, waited_for

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")


@contextmanager
def process(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """``kuiper-pack serve`` on a free port, and its URL; killed in the end."""
    command = [sys.executable, "-m", "kuiper_pack", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found
            yield server, found[0]
        finally:
            server.kill()


@pytest.mark.parametrize("release", ["0.9.1", "1.4.4", "1.14.7", "2.4.0"])
@pytest.mark.parametrize("strict", [False, True])
def test_a_kill_in_the_middle_of_a_download_leaves_a_server_that_starts(
    release: str, strict: bool, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    first = package(tmp_path / "first.zip", first__so=ELF)
    package(tmp_path / "late.zip", late__so=ELF + b"x")
    more = ["--strict"] if strict else []
    with (
        origin(tmp_path) as web,
        process("--data", str(base), "--server", release, *more) as (server, url),
    ):
        client = Client(url)
        assert client.create(Kind.FUNCTION, "first", first, functions=["a"]).status == 201
        before = files_below(base)
        sent = subprocess.Popen(
            [sys.executable, "-c", _CREATE, url, f"{web.url}/slow/late.zip"],
            stderr=subprocess.DEVNULL,
        )
        try:
            waited_for(web.asked.is_set)
            waited_for((base / "plugins" / "late.zip").exists)
            server.kill()
            server.wait(10)
        finally:
            sent.kill()
            sent.wait()
    left = files_below(base).keys() - before.keys()
    assert left == {"plugins/late.zip"}
    with ReferenceServer(release, data=base, strict=strict) as again, Client(again.url) as client:
        assert client.list(Kind.FUNCTION).json() == ["first"]
        assert client.list(Kind.SINK).json() == []
        if release != "0.9.1":
            assert client.udfs().json() == ["a"]
        late = package(tmp_path / "late.zip", late__so=ELF + b"x")
        assert client.create(Kind.SINK, "late", late).status == 201
        if strict:
            assert "plugins/late.zip" not in files_below(base)


_CREATE = """
import sys
from kuiper_pack.client import Client
from kuiper_pack.package.kind import Kind
Client(sys.argv[1]).create(Kind.SINK, "late", sys.argv[2])
"""


def test_a_kill_before_the_script_ends_leaves_what_the_release_had_written(tmp_path: Path) -> None:
    base = tmp_path / "base"
    script = b"echo > begun; exec sleep 3\n"
    url = package_of(tmp_path / "s.zip", {"s.so": ELF, "install.sh": script})
    with process("--data", str(base), "--server", "1.4.4", "--allow-install-scripts") as (
        server,
        address,
    ):
        sent = subprocess.Popen(
            [sys.executable, "-c", _CREATE.replace('"late"', '"s"'), address, url],
            stderr=subprocess.DEVNULL,
        )
        try:
            waited_for((base / "begun").exists)
            server.kill()
            server.wait(10)
        finally:
            sent.kill()
            sent.wait()
    assert files_below(base).keys() >= {"plugins/sinks/s.so", "plugins/s.zip"}
    with ReferenceServer("1.4.4", data=base) as again:
        assert Client(again.url).list(Kind.SINK).json() == ["s"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_serve_with_0(number: signal.Signals, tmp_path: Path) -> None:
    with process("--data", str(tmp_path)) as (server, url):
        assert Client(url).ping().status == 200
        server.send_signal(number)
        assert server.wait(10) == 0


def test_stop_1_ends_serve_with_100(tmp_path: Path) -> None:
    url = package(tmp_path / "s.zip", s__so=ELF)
    with process("--server", "1.4") as (server, address):
        client = Client(address)
        assert '"version":"1.4.4"' in client.root().text
        client.create(Kind.SINK, "s", url)
        assert client.drop(Kind.SINK, "s", stop=True).status == 200
        assert server.wait(10) == 100


def test_a_release_that_is_none_is_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kuiper_pack", "serve", "--server", "2.4.99.1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
