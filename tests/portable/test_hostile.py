"""Plugins that mean harm: one clear line each, in bounded time and memory, and nothing stays."""

import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kuiper_pack.portable import BadMessage, Died, Host, PluginError, TimedOut
from kuiper_pack.portable.posix import kill, unix_socket
from kuiper_pack.portable.pull import Pull
from tests.portable.plugins import HEAD, alone_in_tmp, written

__all__ = ["alone_in_tmp"]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="servers run portables on POSIX only")

Act = Callable[[Host], object]


RAW = (
    HEAD
    + """
c = control()
order = json.loads(shake(c))
name = json.loads(order["arg"])["meta"]
f = socket.socket(socket.AF_UNIX)
"""
)
"""A plugin that was told to start one symbol, and answers ok when ``ok()`` is called."""

FUNCTION = RAW + "f.connect('/tmp/func_miniEcho.ipc')\n"
SOURCE = RAW + "f.connect('/tmp/%s_%s_0.ipc' % (name['ruleId'], name['opId']))\n"
OK = "c.send(sp.request_id(2) + b'ok')\n"
STAY = "time.sleep(60)\n"


def exec_(plugin: Host) -> object:
    return plugin.function("miniEcho").exec([1])


def row(plugin: Host) -> object:
    return plugin.source("miniCount").row(5)


HOSTILE: dict[str, tuple[str, Act, type[PluginError], str]] = {
    "random bytes for a greeting": (
        FUNCTION + "f.sendall(bytes(range(64)))\n" + OK + STAY, exec_, PluginError, "miniEcho",
    ),
    "a frame of a gigabyte": (
        SOURCE + "f.sendall(sp.greeting(sp.Protocol.PUSH) + b'\\1\\0\\0\\0\\0@' + bytes(3))\n"
        + OK + STAY, row, BadMessage, "a message of 1073741824 bytes; at most 67108864",
    ),
    "a length of 2**64 - 1": (
        SOURCE + "f.sendall(sp.greeting(sp.Protocol.PUSH) + b'\\1' + b'\\xff' * 8)\n" + OK + STAY,
        row, BadMessage, "at most 67108864 are taken",
    ),
    "a request without an id": (
        FUNCTION + "f.sendall(sp.greeting(sp.Protocol.REQ) + sp.message(b'abc'))\n" + OK + STAY,
        exec_, BadMessage, "a request without its id",
    ),
    "half a message, then the end": (
        SOURCE + "f.sendall(sp.greeting(sp.Protocol.PUSH) + sp.message(b'{}' * 99)[:40])\n"
        + OK + "f.close()\n" + STAY, row, PluginError, "closed its socket, and the process lives",
    ),
    "death in the middle of an answer": (
        FUNCTION + "g = Connection(f, sp.Protocol.REQ)\n" + OK
        + "shake(g)\nf.sendall(sp.message(bytes(1000))[:500])\nos._exit(9)\n",
        exec_, Died, "ended with exit code 9 during Exec of miniEcho",
    ),
    "a call that hangs": (
        FUNCTION + "g = Connection(f, sp.Protocol.REQ)\n" + OK + "shake(g)\n" + STAY,
        exec_, TimedOut, "Exec of miniEcho gives no answer within 1 seconds",
    ),
    "two connections of one function": (
        FUNCTION + "g = Connection(f, sp.Protocol.REQ)\n"
        + "h = dial('func_miniEcho.ipc', sp.Protocol.REQ)\n" + OK
        + "shake(g)\ng.send(sp.request_id(3) + b'{\"state\":true}')\n" + STAY,
        exec_, PluginError, "was started more than once",
    ),
    "an answer that is no text": (
        FUNCTION + "g = Connection(f, sp.Protocol.REQ)\n" + OK
        + "shake(g)\ng.send(sp.request_id(2) + bytes(range(128, 256)))\n" + STAY,
        exec_, BadMessage, "the answer of the function is no JSON",
    ),
    "a command that is answered by garbage": (
        RAW + "c.send(sp.request_id(2) + b'\\xff\\n\\x1b[2J')\n" + STAY,
        exec_, PluginError, "start of func miniEcho: the plugin refuses",
    ),
    "rows that are no JSON": (
        SOURCE + "f.sendall(sp.greeting(sp.Protocol.PUSH) + sp.message(b'{' * 100000))\n"
        + OK + STAY, row, BadMessage, "the row is no JSON",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", HOSTILE)
def test_it_is_one_line_and_soon_over(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kuiper_pack.portable.symbols._CALL_WITHIN", 1.0)
    program, act, error, said = HOSTILE[how]
    begun = time.monotonic()
    with Host(written(tmp_path, main=program)) as plugin, pytest.raises(error) as caught:
        act(plugin)
    assert said in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600
    assert time.monotonic() - begun < 20


def test_a_flood_of_rows_is_taken_in_up_to_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kuiper_pack.portable.pull._FULL", 1 << 20)
    program = HEAD + (
        "row = {'x': 'y' * 10000}\n"
        "def flood(source):\n"
        "    sent = 0\n"
        "    while not source.stopped.is_set():\n"
        "        source.emit(row)\n"
        "        sent += 1\n"
        "        open('sent', 'w').write(str(sent))\n"
        "mini(sources={'miniCount': flood})"
    )
    with Host(written(tmp_path, main=program)) as plugin, plugin.source("miniCount") as source:
        pull = source._pull
        assert isinstance(pull, Pull)
        latest = time.monotonic() + 20
        while not pull.is_full and time.monotonic() < latest:
            time.sleep(0.01)
        assert pull.is_full
        held = pull.queued
        assert held * 10_000 < 3 << 20
        for _ in range(held + 50):
            assert source.row(5).message is not None


def test_a_flood_of_output_keeps_the_last_lines(tmp_path: Path) -> None:
    program = HEAD + (
        "for n in range(20000):\n    print('line', n, 'x' * 50)\n"
        "sys.stdout.write('y' * 1000000)\nsys.stdout.flush()\n"
        "mini(functions={'miniEcho': lambda *a: 1})"
    )
    with Host(written(tmp_path, main=program)) as plugin:
        assert plugin.function("miniEcho").exec([1]).result == 1
        assert len(plugin.log) <= 50
        assert max(map(len, plugin.log)) <= 4096


def test_connections_of_strangers_are_closed(tmp_path: Path) -> None:
    with Host(written(tmp_path)) as plugin:
        echo = plugin.function("miniEcho")
        with unix_socket() as stranger:
            stranger.connect(str(plugin.socket("func_miniEcho.ipc")))
            stranger.settimeout(5)
            assert stranger.recv(8) == b""
        assert echo.exec([5]).result == 5


@pytest.mark.parametrize("times", [5, pytest.param(1000, marks=pytest.mark.proof)])
def test_starts_and_stops_leave_nothing(tmp_path: Path, times: int) -> None:
    folder = written(tmp_path)
    descriptors = Path("/proc/self/fd")
    files = len([*descriptors.iterdir()]) if descriptors.is_dir() else 0
    for _ in range(times):
        with Host(folder) as plugin:
            assert plugin.function("miniEcho").exec([1]).result == 1
    if files:
        assert len([*descriptors.iterdir()]) == files


@pytest.mark.parametrize("times", [10, pytest.param(200, marks=pytest.mark.proof)])
def test_a_kill_at_any_moment_is_noticed_and_leaves_nothing(tmp_path: Path, times: int) -> None:
    folder, chance = written(tmp_path), random.Random(times)
    for _ in range(times):
        with Host(folder) as plugin:
            echo = plugin.function("miniEcho")
            process = plugin._process
            assert process is not None
            killer = threading.Timer(chance.random() / 50, kill, [process.pid])
            killer.start()
            with pytest.raises(Died, match="by signal 9"):
                while True:
                    echo.exec([1])
            killer.join()
