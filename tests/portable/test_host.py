"""A plugin runs without a server: it is called, fed and read, and nothing of it stays."""

import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.portable import (
    BadMessage,
    CannotStart,
    CommandRefused,
    Died,
    Host,
    InUse,
    Meta,
    NoHandshake,
    PluginError,
    TimedOut,
)
from kuiper_pack.portable.endpoint import Endpoint
from kuiper_pack.portable.hazards import printed
from kuiper_pack.portable.isolation import TMP, can_isolate
from kuiper_pack.portable.miniplugin import write
from tests.portable.plugins import HEAD, alone_in_tmp, written

__all__ = ["alone_in_tmp"]
SIGKILL = 9
pytestmark = pytest.mark.skipif(os.name != "posix", reason="servers run portables on POSIX only")


@pytest.mark.parametrize("isolated", [True, False])
@pytest.mark.parametrize("release", ["2.4.0", "2.0.8", "1.14.7", "1.10.2", "1.4.4"])
def test_every_kind_of_symbol_runs_as_on_each_release(
    tmp_path: Path, release: str, isolated: bool | None
) -> None:
    if isolated and not can_isolate():
        pytest.skip("this system gives no mount namespace")
    with Host(written(tmp_path), server=release, isolated=isolated) as plugin:
        with plugin.function("miniEcho") as echo:
            assert echo.validate([1]) == ""
            assert echo.is_aggregate() is False
            for value in (1, "a", [1, {"b": None}], "ü\U0001f600"):
                assert echo.exec([value]).result == value
        meta = Meta("r", "o", 3)
        with plugin.source("miniCount", datasource="t", config={"interval": 1}, meta=meta) as count:
            rows = [count.row(5) for _ in range(3)]
        assert [row.message for row in rows] == [{"number": n, "datasource": "t"} for n in range(3)]
        config = {"requireAck": True, "requiredACKs": 1}
        if not plugin.profile.portable_ack_option:
            config = {}
        with plugin.sink("miniLines", config=config) as sink:
            assert [sink.collect({"n": n}) for n in range(3)] == ["", "", ""]
            assert sink.acknowledged == (3 if plugin.profile.portable_ack_option else 0)


def test_files_that_the_plugin_writes_below_tmp_are_there_afterwards(tmp_path: Path) -> None:
    out = tmp_path / "out"
    config = {"path": str(out), "requireAck": True}
    with Host(written(tmp_path)) as plugin, plugin.sink("miniLines", config=config) as sink:
        sink.collect({"n": 1})
    assert out.read_text() == '{"n": 1}\n'


def test_a_zip_runs_like_its_folder(tmp_path: Path) -> None:
    with Host(write(tmp_path / "mini.zip")) as plugin:
        assert plugin.function("miniEcho").exec([7]).result == 7


def test_a_restart_brings_the_symbols_back(tmp_path: Path) -> None:
    with Host(written(tmp_path)) as plugin:
        echo = plugin.function("miniEcho")
        assert echo.exec([1]).result == 1
        plugin.restart()
        assert echo.exec([2]).result == 2


def test_two_hosts_of_one_plugin_do_not_meet(tmp_path: Path) -> None:
    folder = written(tmp_path)
    with Host(folder) as one:
        assert not one.isolated
        if not can_isolate():
            pytest.skip("this system gives no mount namespace")
        with Host(folder) as other:
            assert other.isolated
            assert one.function("miniEcho").exec([1]).result == 1
            assert other.function("miniEcho").exec([2]).result == 2


def test_a_plugin_with_a_tmp_of_its_own_sees_what_is_in_the_real_one(tmp_path: Path) -> None:
    if not can_isolate():
        pytest.skip("this system gives no mount namespace")
    with (
        tempfile.TemporaryDirectory(dir=TMP) as beside,
        tempfile.NamedTemporaryFile(dir=TMP) as file,
        Host(written(tmp_path), isolated=True) as plugin,
    ):
        for path in (Path(beside, "rows"), Path(file.name)):
            config = {"path": str(path), "requireAck": True}
            with plugin.sink("miniLines", config=config) as sink:
                sink.collect({"n": 1})
            assert path.read_text() == '{"n": 1}\n'


def test_without_isolation_the_second_host_is_told_to_wait(tmp_path: Path) -> None:
    folder = written(tmp_path)
    with (
        Host(folder, isolated=False),
        pytest.raises(InUse, match="wait for it or end it"),
        Host(folder, isolated=False),
    ):
        pass


BROKEN = {
    "exits": ("import sys; sys.exit(3)", Died, "ended with exit code 3"),
    "raises": ("import ekuiper", Died, "-m pip install ekuiper"),
    "is silent": ("import time; time.sleep(60)", NoHandshake, "no handshake within 1 seconds"),
    "kills itself": (
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", Died, "by signal 9"
    ),
    "calls itself otherwise": (
        "import time\n# PluginConfig('other', {}, {}, {})\ntime.sleep(60)",
        NoHandshake,
        'the program calls itself "other"',
    ),
    "computes another name": (
        "import time\nprint('dialing ipc:///tmp/plugin_other.ipc', flush=True)\ntime.sleep(60)",
        NoHandshake,
        'the program calls itself "other"',
    ),
    "speaks http": (
        HEAD + "s = socket.socket(socket.AF_UNIX)\ns.connect('/tmp/plugin_mini.ipc')\n"
        "s.sendall(b'GET / HTTP/1.1')\ntime.sleep(60)",
        PluginError,
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_a_plugin_that_does_not_start_is_told_in_one_line(tmp_path: Path, how: str) -> None:
    program, error, said = BROKEN[how]
    with (
        pytest.raises(error) as caught,
        Host(written(tmp_path, main=program), handshake_within=1),
    ):
        pass
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


MISBEHAVING = {
    "an unknown symbol": (
        HEAD + "mini()",
        lambda plugin: plugin.function("miniEcho"),
        CommandRefused,
        "miniEcho",
    ),
    "dies in exec": (
        HEAD + "mini(functions={'miniEcho': lambda *a: os._exit(5)})",
        lambda plugin: plugin.function("miniEcho").exec([1]),
        Died,
        "ended with exit code 5 during Exec of miniEcho",
    ),
    "NaN": (
        HEAD + "mini(functions={'miniEcho': lambda *a: float('nan')})",
        lambda plugin: plugin.function("miniEcho").exec([1]),
        PluginError,
        "NaN is no JSON number",
    ),
    "a row that is a list": (
        HEAD + "mini(sources={'miniCount': lambda s: s.emit([1])})",
        lambda plugin: plugin.source("miniCount").row(5),
        PluginError,
        '"message" of the row is an array',
    ),
    "a source that returns": (
        HEAD + "mini(sources={'miniCount': lambda s: s.stop()})",
        lambda plugin: plugin.source("miniCount").row(5),
        PluginError,
        "or as open() of a source has returned",
    ),
    "a silent source": (
        HEAD + "mini(sources={'miniCount': lambda s: s.stopped.wait()})",
        lambda plugin: plugin.source("miniCount").row(0.3),
        TimedOut,
        "nothing within 0.3 seconds",
    ),
}


@pytest.mark.parametrize("how", MISBEHAVING)
def test_what_a_plugin_does_wrong_is_told_in_one_line(tmp_path: Path, how: str) -> None:
    program, act, error, said = MISBEHAVING[how]
    with Host(written(tmp_path, main=program)) as plugin, pytest.raises(error) as caught:
        act(plugin)  # type: ignore[no-untyped-call]
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_message_beyond_a_mebibyte_is_too_large_for_servers_before_2_0(tmp_path: Path) -> None:
    main = HEAD + "mini(functions={'miniEcho': lambda size, *_: 'x' * size})"
    folder = written(tmp_path, main=main)
    with Host(folder) as plugin:
        assert plugin.function("miniEcho").exec([2_000_000]).state
    with Host(folder, server="1.14.7") as plugin, plugin.function("miniEcho") as echo:
        assert echo.exec([1_000_000]).state
        with pytest.raises(BadMessage, match="bytes; at most 1048576 are taken"):
            echo.exec([2_000_000])


@pytest.mark.parametrize(
    ("does", "error", "said"),
    [("sink.stop()", PluginError, "has raised"), ("os._exit(4)", Died, "with exit code 4")],
)
def test_a_sink_that_gives_up_on_its_only_row_is_told(
    tmp_path: Path, does: str, error: type[PluginError], said: str
) -> None:
    main = f"{HEAD}mini(sinks={{'miniLines': lambda sink, row: {does}}})"
    with (
        Host(written(tmp_path, main=main)) as plugin,
        pytest.raises(error, match=said),
        plugin.sink("miniLines") as sink,
    ):
        sink.collect({"n": 1})


def test_the_reason_that_is_told_is_an_error_not_what_the_sdk_reports_after_it() -> None:
    report = "2026-01-02 03:04:05,678 - /sdk/ekuiper/runtime/reg.py[line:39] - %s: delete x"
    trace = ["Traceback (most recent call last):", '  File "main.py", line 1, in open', "    x()"]
    log = [*trace, "ValueError: no such sensor", "", report % "INFO", "closed", report % "WARNING"]
    assert printed(log) == "; it printed last: ValueError: no such sensor"
    assert printed([report % "INFO", "bye", report % "INFO"]) == "; it printed last: bye"
    assert printed([report % "INFO"]) == ""


@pytest.mark.parametrize("environment", ["None", "{}"])
def test_children_of_the_plugin_end_with_it(tmp_path: Path, environment: str) -> None:
    if environment == "{}" and sys.platform != "linux":
        pytest.skip("this system does not show who started whom")
    program = HEAD + (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['/bin/sleep', '600'], start_new_session=True,"
        f" env={environment})\n"
        "open('child', 'w').write(str(child.pid))\n"
        "mini(functions={'miniEcho': lambda *a: child.pid})"
    )
    with Host(written(tmp_path, main=program)) as plugin:
        child = plugin.function("miniEcho").exec([1]).result
        assert lives(child)
    latest = time.monotonic() + 5
    while lives(child) and time.monotonic() < latest:
        time.sleep(0.01)
    assert not lives(child)


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # whose parent has not asked yet


def test_a_name_too_long_for_a_socket_is_told_before_anything_runs(tmp_path: Path) -> None:
    name = "n" * 100
    with pytest.raises(CannotStart, match="too long for a socket"), Host(written(tmp_path, name)):
        pass


def test_a_manifest_that_no_server_takes_is_told_in_its_words(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "mini.json").write_text(json.dumps({"language": "python", "executable": "main.py"}))
    with pytest.raises(KuiperPackError, match="at lease one source"), Host(folder):
        pass


def test_a_closed_host_says_so_and_does_not_hang(tmp_path: Path) -> None:
    plugin = Host(written(tmp_path))
    for _ in range(2):
        with pytest.raises(PluginError, match="does not run: open"):
            plugin.function("miniEcho")
        with plugin:
            echo = plugin.function("miniEcho")
            assert echo.exec([1]).result == 1
    with pytest.raises(PluginError):
        echo.exec([1])


def test_who_waits_for_a_symbol_that_is_closed_is_told_at_once(tmp_path: Path) -> None:
    main = HEAD + (
        "mini(sources={'miniCount': lambda s: s.stopped.wait()},"
        " functions={'miniEcho': lambda *a: time.sleep(60)}, sinks={'miniLines': lambda *a: ''})"
    )
    with Host(written(tmp_path, main=main)) as plugin, ThreadPoolExecutor() as pool:
        source, echo = plugin.source("miniCount"), plugin.function("miniEcho")
        waiting: list[Future[object]] = [
            pool.submit(lambda: source.row(60)),
            pool.submit(lambda: echo.exec([1])),
        ]
        begun = time.monotonic()
        source.close()
        echo.close()
        for one in waiting:
            with pytest.raises(PluginError, match="it was closed, here"):
                one.result(10)
        sink = plugin.sink("miniLines")
        sink.close()
        with pytest.raises(PluginError, match="it was closed, here"):
            sink.collect({})
        assert time.monotonic() - begun < 4


def test_an_interrupt_while_a_symbol_is_closed_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(endpoint: Endpoint) -> None:
        monkeypatch.setattr(Endpoint, "close", close)
        raise KeyboardInterrupt

    close = Endpoint.close
    with pytest.raises(KeyboardInterrupt), Host(written(tmp_path)) as plugin:
        plugin.function("miniEcho")
        monkeypatch.setattr(Endpoint, "close", interrupted)
    assert plugin.status == -9


def test_who_cannot_show_a_line_does_not_stop_the_plugin(tmp_path: Path) -> None:
    main = HEAD + "mini(functions={'miniEcho': lambda *a: print('x' * 100_000, flush=True) or 1})"

    def show(_: str) -> None:
        raise BrokenPipeError

    with Host(written(tmp_path, main=main), on_line=show) as plugin:
        echo = plugin.function("miniEcho")
        assert [echo.exec([1]).result for _ in range(5)] == [1] * 5


def test_half_a_surrogate_pair_is_what_the_server_reads(tmp_path: Path) -> None:
    main = HEAD + "mini(functions={'miniEcho': lambda *a: {'\\ud800': ['a\\udc00', '\U0001f600']}})"
    with Host(written(tmp_path, main=main)) as plugin:
        found = plugin.function("miniEcho").exec([1]).result
    assert found == {"\ufffd": ["a\ufffd", "\U0001f600"]}


def test_a_host_that_nobody_closes_does_not_keep_the_interpreter(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from kuiper_pack.portable import Host\n"
        "def running():\n"
        "    with Host(sys.argv[1]) as plugin:\n"
        "        plugin.function('miniEcho')\n"
        "        yield plugin\n"
        "suspended = running()\n"
        "print(next(suspended)._process.pid)\n"
    )
    command = [sys.executable, "-c", program, str(written(tmp_path))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert not lives(int(done.stdout))
