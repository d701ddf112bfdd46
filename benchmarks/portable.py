"""Portable plugins: what the host costs over the bare sockets it is made of."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from benchmarks.measure import Row, pair, row, timed
from kuiper_pack.portable import Host
from kuiper_pack.portable.endpoint import Plug
from kuiper_pack.portable.miniplugin import write
from kuiper_pack.portable.pull import Pull
from kuiper_pack.portable.push import Push
from kuiper_pack.portable.reactor import Reactor
from kuiper_pack.portable.rep import Rep

SDK = "KUIPER_PACK_SDK"
"""The variable that names a venv with an SDK for Python."""
CALLS, ROWS, AT_ONCE = 3000, 30_000, 100
ROW, BYTES = {"number": 12345}, b'{"number":12345}'
_PEER = """\
import json, socket, sys
home, folder, what = sys.argv[1:]
sys.path.insert(0, home)
import main, plugin, sp
plugin.FOLDER = folder
if what == "echo":
    plugin.serve("bare.ipc", lambda call: plugin._called(main.echo, call))
elif what == "push":
    meta = {"ruleId": "bare", "opId": "row", "instanceId": 0}
    source = plugin.Source({"meta": meta, "config": {"interval": 0}}, main.count)
    source.stopped.wait()
else:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(folder + "/bare.ipc")
    listener.listen(1)
    print("ready", flush=True)
    connection = plugin.Connection(listener.accept()[0], sp.Protocol.PULL)
    while True:
        json.loads(connection.receive())
"""
"""The other side of the bare sockets: the plugin at work as in a host, for what is on our side is
compared. There the host decodes, checks and hands over; bare, bytes are received and dropped."""
_USES_SDK = (
    "from ekuiper import PluginConfig, plugin\nplugin.start(PluginConfig('bench', {}, {}, {}))\n"
)
_SINK = (
    "from plugin import Plugin\n"
    "Plugin('bench', sinks={'benchLines': lambda sink, row: None}).run()\n"
)


def portable_plugins(folder: Path, rounds: int) -> Iterator[Row]:
    """Calls and rows through the host and through the sockets alone, in turns."""
    home = write(folder / "bench", "bench")
    with ExitStack() as stack:
        plugin = stack.enter_context(Host(home))
        echo = stack.enter_context(plugin.function("benchEcho"))
        request = stack.enter_context(_bare(home, folder, "echo"))
        both = timed(echo.exec, [1], count=CALLS), timed(_called, request, count=CALLS)
        yield row("a call of a function", pair(*both, rounds), "REQ/REP", "1.5")
    with Host(home) as plugin:
        measured = pair(lambda: _emitted(plugin), lambda: _received(home, folder), rounds)
        yield row("a row of a source", measured, "PUSH/PULL", f"{1 / 0.9:.2f}")
    (home / "main.py").write_text(_SINK)
    with ExitStack() as stack:
        plugin = stack.enter_context(Host(home))
        sink = stack.enter_context(plugin.sink("benchLines"))
        push = stack.enter_context(_bare_sink(home, folder))
        both = timed(sink.collect, ROW, count=ROWS), timed(push.send, BYTES, 5, count=ROWS)
        yield row("a row of a sink", pair(*both, rounds), "PUSH/PULL", f"{1 / 0.8:.2f}")
    yield from _starts(write(folder / "sdk", "bench"), rounds)
    yield _many(folder)


def _starts(home: Path, rounds: int) -> Iterator[Row]:
    """From the start to the handshake of a plugin on an SDK, in /tmp and in a folder of its own."""
    sdk = os.environ.get(SDK)
    if sdk is None:
        yield "start to handshake", f"not measured: {SDK} names no venv with an SDK", "", "", "1.1"
        return
    (home / "main.py").write_text(_USES_SDK)
    bare = [str(Path(sdk, "bin", "python")), "-c", "import ekuiper"]
    for isolated in (False, True):
        measured = pair(
            partial(_started, home, sdk, isolated),
            timed(subprocess.check_call, bare),
            rounds * 4,
        )
        what = "start to handshake" + ", in a folder of its own" * isolated
        yield row(what, measured, "import ekuiper", "1.1")


def _started(home: Path, sdk: str, isolated: bool) -> float:
    begun = time.perf_counter()
    with Host(home, python=sdk, isolated=isolated):
        return time.perf_counter() - begun


def _emitted(plugin: Host) -> float:
    with plugin.source("benchCount", config={"interval": 0}) as source:
        source.row(5)
        begun = time.perf_counter()
        for _ in range(ROWS):
            source.row(5)
        return (time.perf_counter() - begun) / ROWS


def _received(home: Path, folder: Path) -> float:
    with _bare(home, folder, "push") as pull:  # which waits for the first row
        begun = time.perf_counter()
        for _ in range(ROWS):
            pull.receive(5)
        return (time.perf_counter() - begun) / ROWS


def _called(rep: Rep) -> None:
    rep.answer(b'{"func":"Exec","arg":[1,"{}"]}', 5)
    rep.receive(5)


@contextmanager
def _peer(home: Path, folder: Path, what: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-c", _PEER, str(home), str(folder), what]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # as in the host: the system shares its processors by session
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def _bare(home: Path, folder: Path, what: str) -> Iterator[Rep]:
    """Our side of a REP or PULL socket, with a peer at work."""
    reactor = Reactor("bare")
    plug = Plug(reactor, lambda _: True)
    make = Rep if what == "echo" else Pull
    endpoint = make(plug, folder / ("bare.ipc" if what == "echo" else "bare_row_0.ipc"))
    try:
        with _peer(home, folder, what):
            endpoint.receive(10)
            yield endpoint  # type: ignore[misc]
    finally:
        endpoint.close()
        reactor.close()


@contextmanager
def _bare_sink(home: Path, folder: Path) -> Iterator[Push]:
    with _peer(home, folder, "pull") as process:
        assert process.stdout is not None
        process.stdout.readline()
        push = Push(folder / "bare.ipc")
        try:
            yield push
        finally:
            push.close()
            (folder / "bare.ipc").unlink()


def _many(folder: Path) -> Row:
    """So many plugins at once: each is started, and each still answers."""
    begun = time.perf_counter()
    with ExitStack() as stack:
        plugins = []
        for number in range(AT_ONCE):
            home = write(folder / f"p{number}", f"p{number}")
            plugins.append((f"p{number}Echo", stack.enter_context(Host(home))))
        started = time.perf_counter() - begun
        answers = [plugin.function(name).exec([name]).result for name, plugin in plugins]
    right = sum(answer == name for answer, (name, _) in zip(answers, plugins, strict=True))
    return f"{AT_ONCE} plugins at once", f"{started:.1f} s", f"{right} answer", "", ""
