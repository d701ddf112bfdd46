"""The reference server: what it costs over the libraries that it is made of."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from benchmarks import data
from benchmarks.measure import Act, Command, Row, pair, row, shown, timed

LISTS, TURNS, CYCLES = 20, 40, 8
"""How many requests are timed at once, how often in a round, and how many packages come and go."""
FEW, MANY = 1000, 10_000
SERVE: Command = [sys.executable, "-m", "kuiper_pack", "serve", "--port", "0"]
LIST = "/plugins/functions"
READ = (
    "/",
    "/plugins/portables",
    "/plugins/functions",
    "/plugins/functions/bench",
    "/plugins/functions/nobody",
    "/plugins/udfs",
    "/metadata/functions",
    "/metadata/sources/nobody",
    "/streams",
    "/rules",
    "/nowhere?a=b",
)
WRITTEN = (
    ("/plugins/sinks", "{"),
    ("/plugins/sinks", '{"name":"x","file":"file:///nowhere/x.zip"}'),
    ("/streams", json.dumps({"sql": 'CREATE STREAM s () WITH (TYPE="nobody")'})),
    ("/rules", json.dumps({"id": "r", "sql": "SELECT nobody(a) FROM s", "actions": [{"log": {}}]})),
    ("/batch/req", '[{"method":"GET","path":"/plugins/sinks"}]'),
)
"""What is asked besides, on the way to the memory: bodies by their path."""
_BARE = """\
import asyncio, shutil, sqlite3, sys, zipfile
from pathlib import Path
from urllib.parse import urlsplit
from aiohttp import web

base = Path(sys.argv[1])
database = sqlite3.connect(base / "bare.db", isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = NORMAL")
database.execute("CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT)")

def answer(status, text):
    response = web.Response(status=status, text=text)
    response.force_close()
    return response

async def constant(_):
    return answer(200, "[]")

async def create(request):
    asked = await request.json()
    copy = base / "copy.zip"
    shutil.copyfile(urlsplit(asked["file"]).path, copy)
    with zipfile.ZipFile(copy) as archive:
        archive.extractall(base / "plugins")
    copy.unlink()
    database.execute("INSERT OR REPLACE INTO kept VALUES (?, '')", (asked["name"],))
    return answer(201, "")

async def drop(request):
    name = request.match_info["name"]
    shutil.rmtree(base / "plugins")
    database.execute("DELETE FROM kept WHERE name = ?", (name,))
    return answer(200, "")

application = web.Application()
application.add_routes([
    web.get("/plugins/functions", constant),
    web.post("/plugins/functions", create),
    web.delete("/plugins/functions/{name}", drop),
])
runner = web.AppRunner(application, access_log=None)

async def serve():
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"listens on http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()

asyncio.run(serve())
"""
"""The same library: it answers a constant, and a creation copies, unzips and commits."""


def reference_server(folder: Path, rounds: int) -> Iterator[Row]:
    """Lists, creations, the start, and the memory after many requests."""
    package = folder / "bench.zip"
    data.native_zip(package, "bench", data.code(1_000_000))
    body = json.dumps({"name": "bench", "file": package.as_uri(), "functions": ["bench"]}).encode()
    with (
        process([*SERVE, "--data", folder / "ours"]) as (server, ours),
        process([sys.executable, "-c", _BARE, _made(folder / "bare")]) as (library, bare),
    ):
        mine, other = (timed(_ask, port, "GET", LIST, count=LISTS) for port in (ours, bare))
        measured = pair(mine, other, rounds * TURNS)
        yield row("a list", measured, "aiohttp with a constant", "1.2")
        measured = pair(_used(server.pid, mine), _used(library.pid, other), rounds * TURNS)
        yield row("... and its time of a processor", measured, "the same", "1.2")
        mine, other = (timed(_cycle, port, body, count=CYCLES) for port in (ours, bare))
        measured = pair(mine, other, rounds)
        yield row("create and drop 1 MB", measured, "copy, unzip, commit", "1.5")
        few, many = (_after(number, ours, body, server.pid) for number in (FEW, MANY - FEW))
        grown = f"{many - few:.1f} MiB more"
        yield f"memory after {MANY:,} requests", grown, f"{FEW:,}: {few:.1f} MiB", "", "flat"
    times = []
    for number in range(rounds):
        begun = time.perf_counter()
        with process([*SERVE, "--data", folder / f"start{number}"]) as (_, port):
            _ask(port, "GET", "/ping")
            times.append(time.perf_counter() - begun)
    yield "start to first answer", shown(median(times)), "", "", "1 s"


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _used(pid: int, act: Act) -> Act:
    """The time that a process has a processor for, while ``act`` is done."""

    def measured() -> float:
        before = _processor(pid)
        act()
        return (_processor(pid) - before) / LISTS

    return measured


def _processor(pid: int) -> float:
    """The seconds that a process had a processor for; Linux tells it."""
    if sys.platform != "win32":
        return time.clock_gettime(~pid << 3 | 2)  # as clock_getcpuclockid names the clock
    raise OSError("Windows has no such clock")


def _after(number: int, port: int, body: bytes, pid: int) -> float:
    """The resident size in MiB, after so many requests of all kinds, some of them refused."""
    asked = cycle(
        [
            ("POST", "/plugins/functions", body),
            *(("GET", path, b"") for path in READ),
            *(("POST", path, text.encode()) for path, text in WRITTEN),
            ("DELETE", "/streams/s", b""),
            ("DELETE", "/plugins/functions/bench", b""),
        ]
    )
    for method, path, sent in islice(asked, number):
        _answer(port, method, path, sent)
    return _resident(pid) / 1024


def _cycle(port: int, body: bytes) -> None:
    _ask(port, "POST", "/plugins/functions", body)
    _ask(port, "DELETE", "/plugins/functions/bench")


def _ask(port: int, method: str, path: str, body: bytes = b"") -> None:
    answer = _answer(port, method, path, body)
    if not answer.startswith(b"HTTP/1.1 20"):
        raise RuntimeError(f"{method} {path}: {answer[:400]!r}")


def _answer(port: int, method: str, path: str, body: bytes) -> bytes:
    """What comes on a connection of its own: the server closes each, as net/http is told to."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


@contextmanager
def process(command: Command) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A server that says where it listens, and its port."""
    with subprocess.Popen(list(command), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+:(\d+)", process.stdout.readline())
            assert found is not None
            yield process, int(found[1])
        finally:
            process.kill()


def _resident(pid: int) -> int:
    """The size of a process in KiB; Linux tells it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
