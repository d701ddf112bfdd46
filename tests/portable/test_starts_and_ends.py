"""How a program does not start, and how it ends, is told at once and in the words of a server."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from queue import Queue

import pytest

from kuiper_pack.portable import Died, Host, PluginError
from kuiper_pack.portable.isolation import can_isolate
from kuiper_pack.portable.words import ended, not_started
from tests.portable.plugins import HEAD, alone_in_tmp, written

__all__ = ["alone_in_tmp"]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="servers run portables on POSIX only")


def test_the_end_of_a_plugin_is_told_at_once_whoever_ends_it(tmp_path: Path) -> None:
    told: Queue[int] = Queue()
    main = HEAD + "mini(functions={'miniEcho': lambda code: os._exit(code)})"
    main = main.replace("lambda code", "lambda code, *_")
    plugin = Host(written(tmp_path, main=main), on_end=told.put)
    plugin.open()
    try:
        with pytest.raises(Died) as died:
            plugin.function("miniEcho").exec([3])
        assert died.value.status == told.get(timeout=5) == 3
        plugin.restart()
        assert plugin.pid is not None
        os.kill(plugin.pid, signal.SIGTERM)
        assert told.get(timeout=5) == plugin.status == -signal.SIGTERM
        plugin.restart()
        plugin.kill()
        assert told.get(timeout=5) == -9
        plugin.restart()
    finally:
        plugin.close()
    assert told.get(timeout=5) == -9
    plugin.close()
    assert told.empty()


def test_a_callback_that_would_wait_for_itself_is_told(tmp_path: Path) -> None:
    told: Queue[str] = Queue()

    def refused(act: Callable[[], None]) -> None:
        try:
            act()
        except PluginError as error:
            told.put(str(error))

    main = HEAD + "print('up', flush=True)\nmini(functions={'miniEcho': lambda *a: os._exit(3)})"
    plugin = Host(
        written(tmp_path, main=main),
        on_line=lambda _: refused(plugin.close),
        on_end=lambda _: refused(plugin.restart),
    )
    with plugin:
        assert told.get(timeout=5).startswith("close() is called by on_line or on_end")
        with pytest.raises(Died):
            plugin.function("miniEcho").exec([1])
        assert told.get(timeout=5).startswith("restart() is called by on_line or on_end")


def test_a_start_can_be_given_up_from_another_thread(tmp_path: Path) -> None:
    plugin = Host(
        written(tmp_path, main="print('up', flush=True); import time; time.sleep(60)"),
        on_line=lambda _: plugin.kill(),
    )
    with pytest.raises(Died, match="by signal 9"):
        plugin.open()


@pytest.mark.parametrize("isolated", [True, False])
@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (b"#!/bin/sh\n", 0o644, "stops with error fork/exec {}: permission denied"),
        (b"touch it-ran\n", 0o755, "stops with error fork/exec {}: exec format error"),
        (b"#!/bin/sh\nexit 3\n", 0o755, "control handshake error: receive time out"),
    ],
)
def test_a_program_that_does_not_start_is_told_in_the_words_of_a_server(
    tmp_path: Path, content: bytes, mode: int, said: str, isolated: bool
) -> None:
    if isolated and not can_isolate():
        pytest.skip("this system gives no mount namespace")
    folder = written(tmp_path)
    program = folder / "main"
    program.write_bytes(content)
    program.chmod(mode)
    manifest = json.loads((folder / "mini.json").read_text())
    (folder / "mini.json").write_text(
        json.dumps({**manifest, "language": "go", "executable": "main"})
    )
    with pytest.raises(PluginError) as caught, Host(folder, isolated=isolated):
        pass
    assert not_started(caught.value, str(program)).endswith(said.format(program))
    assert not (folder / "it-ran").exists()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (0, ""),
        (3, "exit status 3"),
        (-9, "signal: killed"),
        (-24, "signal: CPU time limit exceeded"),
        (-29, "signal: I/O possible"),
        (-99, "signal: 99"),
    ],
)
def test_an_end_is_told_in_the_words_of_a_server(status: int, said: str) -> None:
    assert ended(status) == said
