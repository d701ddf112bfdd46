"""Many requests at once, good and bad, end in time, as the model says, and cost no memory."""

import asyncio
import json
import os
import sys
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from kuiper_pack.client import Client
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.state import DELETED
from tests.server.test_kills import process
from tests.server.worlds import ELF, package

_FREED_IS_GIVEN_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_ARENA_MAX": "2"}
"""So that the size of the server is what it holds: glibc keeps what was freed for the next time."""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads sizes in /proc")

PATIENCE = 60.0
"""Seconds that one exchange may take, with all the others at once."""
NATIVE = (Kind.SOURCE, Kind.SINK, Kind.FUNCTION)
KINDS = tuple(kind.plural for kind in NATIVE)
GARBAGE = (
    b"no HTTP at all\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /plugins/sinks HTTP/9.9\r\n\r\n",
    b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    b"POST /plugins/sinks HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /plugins/sinks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(300),
)
BAD = (
    ("POST", "/plugins/sinks", b"{"),
    ("POST", "/plugins/functions", b'{"name":1,"file":[]}'),
    ("POST", "/plugins/sources", b'{"name":"../../x","file":"file:///x.zip"}'),
    ("POST", "/plugins/sinks", b'{"name":"x","file":"file:///nowhere/x.zip"}'),
    ("POST", "/plugins/portables", b'{"name":"x","file":"http://127.0.0.1:1/x.zip"}'),
    ("PUT", "/plugins/sinks/nobody", b"{}"),
    ("DELETE", "/plugins/portables/nobody", b""),
    ("PATCH", "/plugins/sinks", b""),
    ("GET", "/plugins/" + "n" * 5000, b""),
    ("POST", "/config/uploads", b"no form"),
    ("POST", "/streams", b'{"sql":"create nothing"}'),
    ("POST", "/rules", b'{"id":"x","sql":"select","actions":[]}'),
    ("POST", "/batch/req", b'[{"method":"GET","path":"/plugins/sinks"},null]'),
    ("PUT", "/metadata/sources/nobody/confKeys/x", b"[]"),
)
GOOD = (
    "/",
    "/ping",
    "/plugins/udfs",
    "/plugins/portables",
    "/config/uploads",
    "/rules",
    "/streams",
)


@dataclass
class Load:
    """So many workers against one server; each creates and drops a plugin of its own."""

    port: int
    url: str
    seed: str
    versions: dict[tuple[str, str], str] = field(default_factory=dict)
    """What there has to be: by kind and name, the version."""
    answers: Counter[str] = field(default_factory=Counter)

    async def run(self, workers: int, requests: int) -> None:
        """Send so many requests, by so many workers at once."""
        each = requests // workers
        await asyncio.gather(*(self._worker(number, each) for number in range(workers)))

    async def _worker(self, number: int, requests: int) -> None:
        rng = Random(f"{self.seed} {number}")
        kind, name = KINDS[number % 3], f"w{number}"
        for _ in range(requests):
            act = rng.choices(
                (self._read, self._change, self._bad, self._garbage, self._huge, self._slow),
                (40, 10, 25, 10, 1, 4),
            )[0]
            await asyncio.wait_for(act(rng, kind, name), PATIENCE)

    async def _read(self, rng: Random, kind: str, name: str) -> None:
        if rng.random() < 0.5:
            status, _ = await self._send("GET", rng.choice((*GOOD, f"/plugins/{kind}")))
            assert status == 200
            return
        status, body = await self._send("GET", f"/plugins/{kind}/{name}")
        version = self.versions.get((kind, name))
        assert status == (404 if version is None else 200)
        assert version is None or json.loads(body) == {"name": name, "version": version}

    async def _change(self, rng: Random, kind: str, name: str) -> None:
        version = self.versions.get((kind, name))
        if rng.random() < 0.6:
            body = json.dumps({"name": name, "file": f"{self.url}/{kind}-{name}.zip"}).encode()
            status, text = await self._send("POST", f"/plugins/{kind}", body)
            there = version not in (None, DELETED)
            assert status == (400 if there else 201), text
            self.versions[kind, name] = version if there and version is not None else ""
        else:
            status, text = await self._send("DELETE", f"/plugins/{kind}/{name}")
            assert status == (404 if version is None else 200), text
            if version is not None:
                self.versions[kind, name] = DELETED

    async def _bad(self, rng: Random, *_: str) -> None:
        method, path, body = rng.choice(BAD)
        status, _body = await self._send(method, path, body)
        assert status is None if path == "/batch/req" else status in (200, 400, 404, 405)

    async def _garbage(self, rng: Random, *_: str) -> None:
        """What is no request, or half of one whose sender goes away."""
        data = rng.choice((*GARBAGE, None, None))
        if data is None:
            whole = _request("POST", "/config/uploads", b"x" * 1000)
            data = whole[: rng.randrange(1, len(whole))]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(data)
            if rng.random() < 0.5 and writer.can_write_eof():
                writer.write_eof()
                status = await _status(reader)
                assert status is None or status < 500 or status == 505  # another version of HTTP
                self.answers[str(status)] += 1
        except ConnectionError:
            self.answers["reset"] += 1
        finally:
            writer.close()

    async def _huge(self, rng: Random, kind: str, _: str) -> None:
        body = b'{"name":"' + b"n" * (1 << 20) + b'","file":"file:///x.zip"}'
        path, size = rng.choice((("/config/uploads", 1), (f"/plugins/{kind}", 4)))
        status, _body = await self._send("POST", path, body * size)
        assert status == 400

    async def _slow(self, rng: Random, kind: str, _: str) -> None:
        data = _request("GET", f"/plugins/{kind}", b"")
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        cut = rng.randrange(1, len(data))
        writer.write(data[:cut])
        await writer.drain()
        await self._read(rng, kind, "nobody")  # others are answered meanwhile
        writer.write(data[cut:])
        assert await _status(reader) == 200
        writer.close()

    async def _send(self, method: str, path: str, body: bytes = b"") -> tuple[int | None, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(_request(method, path, body))
            head, _, answer = (await reader.read(-1)).partition(b"\r\n\r\n")
        finally:
            writer.close()
        status = int(head.split(b" ", 2)[1]) if head else None
        self.answers[str(status)] += 1
        return status, answer


def _request(method: str, path: str, body: bytes) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _status(reader: asyncio.StreamReader) -> int | None:
    line = await reader.readline()
    await reader.read(-1)
    return int(line.split(b" ", 2)[1]) if line.startswith(b"HTTP/1.1 ") else None


def resident(pid: int, what: str = "VmRSS") -> int:
    """The size of a process in memory, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) >> 10
    raise AssertionError(what)


def load(workers: int, requests: int, folder: Path) -> tuple[int, int, Counter[str]]:
    """Load a server, and compare it with the model; its size after warming up and in the end."""
    for number in range(workers):
        kind, name = KINDS[number % 3], f"w{number}"
        content = {f"{name}__so": ELF + name.encode(), f"{name}__yaml": b"default: {}\n"}
        if kind != "sources":
            content.popitem()
        url = package(folder / f"{kind}-{name}.zip", **content).rpartition("/")[0]
    with (
        patch.dict(os.environ, _FREED_IS_GIVEN_BACK),
        process("--data", str(folder / "base"), "--server", "2.4.0") as (server, address),
    ):
        port = int(address.rpartition(":")[2])
        run = Load(port, url, "2026")
        asyncio.run(run.run(workers, requests // 5))
        warm = resident(server.pid)
        run.seed = "2027"
        asyncio.run(run.run(workers, requests))
        with Client(address) as client:
            for one in NATIVE:
                names = sorted(name for of, name in run.versions if of == one.plural)
                assert sorted(client.list(one).json()) == names
                for name in names:
                    version = run.versions[one.plural, name]
                    told = {"name": name, "version": version}
                    assert client.describe(one, name).json() == told
                    path = folder / "base" / "plugins" / one.plural / f"{name}.so"
                    assert path.exists() == (version != DELETED)
            assert client.list(Kind.PORTABLE).json() == []
            assert client.uploads().json() == []
        assert server.poll() is None
        return warm, resident(server.pid), run.answers


def streamed(megabytes: int, folder: Path) -> dict[str, int]:
    """By how many MiB a server grows at most, for each way that a large file takes."""
    size = megabytes << 20
    large = folder / "large.bin"
    with large.open("wb") as file:
        file.truncate(size)
    library = folder / "large.so"
    with library.open("wb") as file:
        file.write(ELF)
        file.truncate(size)
    with zipfile.ZipFile(folder / "large.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.write(library, "large.so")
    with zipfile.ZipFile(folder / "small.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(library, "small.so")
    found: dict[str, int] = {}
    with process("--data", str(folder / "base"), "--server", "2.4.0") as (server, address):
        port = int(address.rpartition(":")[2])
        with Client(address) as client:
            client.upload("warm", b"x" * (2 << 20))
            client.create(Kind.SINK, "warm", package(folder / "warm.zip", warm__so=ELF))
            before = resident(server.pid)

            def grown(what: str) -> None:
                found[what] = resident(server.pid, "VmHWM") - before
                Path(f"/proc/{server.pid}/clear_refs").write_text("5")

            Path(f"/proc/{server.pid}/clear_refs").write_text("5")
            assert asyncio.run(_upload(port, large)) == 201
            grown("upload by form")
            body = {"name": "copy", "file": large.as_uri()}
            assert client.send("POST", "/config/uploads", json=body).status == 201
            grown("upload by URL")
            for name in ("large", "small"):
                url = (folder / f"{name}.zip").as_uri()
                assert client.create(Kind.SINK, name, url).status == 201
                grown(f"create from {name}.zip")
        for name in ("large.bin", "copy"):
            assert (folder / "base" / "data" / "uploads" / name).stat().st_size == size
        for name in ("large", "small"):
            assert (folder / "base" / "plugins" / "sinks" / f"{name}.so").stat().st_size == size
    return found


async def _upload(port: int, path: Path) -> int | None:
    told = f'form-data; name="uploadFile"; filename="{path.name}"'
    head = f"--line\r\nContent-Disposition: {told}\r\n\r\n".encode()
    tail = b"\r\n--line--\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    length = len(head) + path.stat().st_size + len(tail)
    writer.write(
        b"POST /config/uploads HTTP/1.1\r\nHost: x\r\n"
        b"Content-Type: multipart/form-data; boundary=line\r\n"
        b"Content-Length: " + str(length).encode() + b"\r\n\r\n" + head
    )
    with path.open("rb") as file:
        while chunk := file.read(1 << 18):
            writer.write(chunk)
            await writer.drain()
    writer.write(tail)
    status = await _status(reader)
    writer.close()
    return status


def test_requests_of_all_sorts_at_once_end_as_the_model_says(tmp_path: Path) -> None:
    warm, end, answers = load(16, 640, tmp_path)
    assert end - warm < 32
    assert answers["200"] > answers["400"] > 0


def test_large_files_are_not_held_in_memory(tmp_path: Path) -> None:
    assert {what: grown for what, grown in streamed(50, tmp_path).items() if grown > 16} == {}


@pytest.mark.proof
def test_ten_thousand_requests_leave_the_memory_as_it_was(tmp_path: Path) -> None:
    warm, end, answers = load(64, 10_000, tmp_path)
    assert end - warm < 16, answers


@pytest.mark.proof
def test_200_mb_are_not_held_in_memory(tmp_path: Path) -> None:
    assert {what: grown for what, grown in streamed(200, tmp_path).items() if grown > 16} == {}
