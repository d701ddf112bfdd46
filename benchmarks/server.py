"""The reference server: what it costs over the libraries that it is made of."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks import data
from benchmarks.measure import Command, Row

LISTS, CYCLES, REQUESTS = 400, 8, 10_000
_BARE = """\
import asyncio, shutil, sqlite3, sys, zipfile
from pathlib import Path
from urllib.parse import urlsplit
from aiohttp import web

base = Path(sys.argv[1])
database = sqlite3.connect(base / "bare.db", isolation_level=None)
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
    asked = "GET", "/plugins/functions"
    command = [sys.executable, "-m", "kuiper_pack", "serve", "--port", "0"]
    with (
        process([*command, "--data", folder / "ours"]) as (ours, port),
        process([sys.executable, "-c", _BARE, _made(folder / "bare")]) as (_, bare),
    ):
        yield _row(
            "a list",
            (_timed(_ask, port, *asked), _timed(_ask, bare, *asked)),
            LISTS,
            rounds,
            "aiohttp with a constant",
            "1.2",
        )
        yield _row(
            "create and drop 1 MB",
            (_timed(_cycle, port, body), _timed(_cycle, bare, body)),
            CYCLES,
            rounds,
            "copy, unzip, commit",
            "1.5",
        )
        before = _resident(ours.pid)
        for _ in range(REQUESTS):
            _ask(port, *asked)
        grown = _resident(ours.pid) - before
        yield f"memory after {REQUESTS:,} lists", f"{grown} KiB more", f"{before} KiB", "", "flat"
    times = []
    for number in range(rounds):
        begun = time.perf_counter()
        with process([*command, "--data", folder / f"start{number}"]) as (_, port):
            _ask(port, "GET", "/ping")
            times.append(time.perf_counter() - begun)
    yield "start to first answer", f"{median(times):.2f} s", "", "", "1 s"


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _timed(act: Callable[..., object], *given: object) -> Callable[[int], float]:
    def measured(count: int) -> float:
        begun = time.perf_counter()
        for _ in range(count):
            act(*given)
        return (time.perf_counter() - begun) / count

    return measured


def _row(
    what: str,
    both: tuple[Callable[[int], float], Callable[[int], float]],
    count: int,
    rounds: int,
    name: str,
    aim: str,
) -> Row:
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for act, taken in zip(both, times, strict=True):
            seconds = act(count)
            if turn:
                taken.append(seconds * 1000)
    mine, bare = median(times[0]), median(times[1])
    return what, f"{mine:.2f} ms", f"{name}: {bare:.2f} ms", f"{mine / bare:.2f}", aim


def _cycle(port: int, body: bytes) -> None:
    _ask(port, "POST", "/plugins/functions", body)
    _ask(port, "DELETE", "/plugins/functions/bench")


def _ask(port: int, method: str, path: str, body: bytes = b"") -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    if not answer.startswith(b"HTTP/1.1 20"):
        raise RuntimeError(f"{method} {path}: {answer[:400]!r}")


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
