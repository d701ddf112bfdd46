"""Plugins made with the SDKs of eKuiper run as in a server, and what goes wrong there is told."""

import os
from pathlib import Path

import pytest

from kuiper_pack.portable import BadMessage, CommandRefused, Host, NoHandshake, PluginError
from kuiper_pack.portable.errors import Died, TimedOut
from kuiper_pack.portable.messages import NO_RULE, Symbol
from tests.portable.plugins import alone_in_tmp
from tests.portable.sdks import VERSIONS, greeter, sdk

__all__ = ["alone_in_tmp"]
pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(os.name != "posix", reason="servers run portables on POSIX only"),
]

SERVERS = ("2.4.0", "1.14.7", "1.4.4")
NEWEST = VERSIONS[-1]
_WRITES = 'file.write(text + "\\n")'
ACKNOWLEDGES = {"lines.py": (_WRITES, f"{_WRITES}; ctx.ack_ok()")}


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_function_and_a_source_run_with_every_sdk_on_every_server(
    tmp_path: Path, version: str, server: str
) -> None:
    with Host(greeter(tmp_path), server=server, python=sdk(version)) as plugin:
        with plugin.function("greeterScale") as scale:
            assert scale.validate([1]) == "two arguments are needed, not 1"
            assert scale.validate([3, 4]) == ""
            assert scale.is_aggregate() is False
            assert [scale.exec([n, 4]).result for n in range(5)] == [0, 4, 8, 12, 16]
            assert "can't multiply sequence" in str(scale.exec(["a", "b"]).result)
        with plugin.source("greeterTicks", config={"interval": 5}) as ticks:
            assert [ticks.row(5).message for _ in range(3)] == [{"tick": n} for n in range(3)]
        assert plugin.notes == []


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_sink_runs_where_server_and_sdk_agree_about_acknowledgements(
    tmp_path: Path, version: str, server: str
) -> None:
    out = tmp_path / "out"
    with Host(greeter(tmp_path), server=server, python=sdk(version)) as plugin:
        if version != "1.10.2" and server == "1.4.4":
            with pytest.raises(CommandRefused, match=r"1\.4\.4 takes none: use the SDK of the"):
                plugin.sink("greeterLines", config={"path": str(out)})
            return
        with plugin.sink("greeterLines", config={"path": str(out)}) as lines:
            assert [lines.collect({"n": n}) for n in range(3)] == ["", "", ""]
    assert out.read_text() == '{"n":0}\n{"n":1}\n{"n":2}\n'


@pytest.mark.parametrize(
    ("server", "option"), [("2.4.0", {"requireAck": True}), ("1.14.7", {"requiredACKs": 1})]
)
@pytest.mark.parametrize("version", VERSIONS[1:])
def test_rows_are_acknowledged(
    tmp_path: Path, version: str, server: str, option: dict[str, object]
) -> None:
    config = {"path": str(tmp_path / "out"), **option}
    folder = greeter(tmp_path, ACKNOWLEDGES)
    with (
        Host(folder, server=server, python=sdk(version)) as plugin,
        plugin.sink("greeterLines", config=config) as lines,
    ):
        assert [lines.collect({"n": n}) for n in range(3)] == ["", "", ""]
        assert lines.acknowledged == 3
        assert plugin.notes == []


def test_acknowledgements_that_no_server_reads_are_noted(tmp_path: Path) -> None:
    folder = greeter(tmp_path, ACKNOWLEDGES)
    with Host(folder, python=sdk(NEWEST)) as plugin:
        with plugin.sink("greeterLines", config={"path": os.devnull}) as lines:
            lines.collect({"n": 1})
        (note,) = plugin.notes
    assert "acknowledges rows, and the server reads that only with requireAck" in note


def test_a_sink_that_does_not_acknowledge_is_told_what_to_call(tmp_path: Path) -> None:
    config = {"path": os.devnull, "requireAck": True}
    with (
        Host(greeter(tmp_path), python=sdk(NEWEST)) as plugin,
        plugin.sink("greeterLines", config=config) as lines,
        pytest.raises(TimedOut, match=r"call ack_ok\(\) or ack_error\(\)"),
    ):
        lines.collect({"n": 1}, 1)


def test_an_idle_plugin_of_the_newest_sdk_is_refused_before_2_1_3(tmp_path: Path) -> None:
    folder, python = greeter(tmp_path), sdk(NEWEST)
    with Host(folder, server="2.1.2", python=python) as old, Host(folder, python=python) as new:
        for plugin in (old, new):
            assert plugin._control.wait(10)
        assert new.function("greeterScale").exec([3, 4]).result == 12
        with pytest.raises(CommandRefused, match="repeats its handshake when it is idle"):
            old.function("greeterScale")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_datasource_that_the_sdk_loses_is_noted(tmp_path: Path, version: str) -> None:
    shown = {"ticks.py": ('message = {"tick": self.count}', 'message = {"tick": self.topic}')}
    folder = greeter(tmp_path, shown)
    ticks = (folder / "ticks.py").read_text()
    keeps = '"""Take interval in milliseconds, from sources/greeterTicks.yaml or the stream."""'
    assert keeps in ticks
    (folder / "ticks.py").write_text(ticks.replace(keeps, "self.topic = datasource"))
    with Host(folder, python=sdk(version)) as plugin:
        with plugin.source("greeterTicks", datasource="t", config={"interval": 5}) as source:
            assert source.row(5).message == {"tick": ""}
        (note,) = plugin.notes
    assert 'reads "datasource" where servers send "dataSource"' in note


def test_an_emitted_error_is_a_row_of_nothing(tmp_path: Path) -> None:
    fails = {"ticks.py": ("ctx.emit(self.next(), {})", 'ctx.emit_error("no")')}
    with Host(greeter(tmp_path, fails), python=sdk(NEWEST)) as plugin:
        with plugin.source("greeterTicks", config={"interval": 5}) as ticks:
            assert ticks.row(5).message is None
        (note,) = plugin.notes
    assert "a row has no message, as ctx.emit_error() sends it" in note


def test_nan_is_told_as_the_server_cannot_read_it(tmp_path: Path) -> None:
    nan = {"scale.py": ("return scale(*args)", 'return float("nan")')}
    with (
        Host(greeter(tmp_path, nan), python=sdk(NEWEST)) as plugin,
        pytest.raises(BadMessage, match="NaN is no JSON number"),
    ):
        plugin.function("greeterScale").exec([1, 2])


@pytest.mark.parametrize("server", ["2.4.0", "1.14.7"])
@pytest.mark.parametrize("version", [VERSIONS[0], NEWEST])
def test_a_wrong_name_is_told_though_the_plugin_ends_well(
    tmp_path: Path, version: str, server: str
) -> None:
    other = {"main.py": ('"greeter",', '"other",')}
    with (
        pytest.raises((Died, NoHandshake), match='calls itself "other" in its PluginConfig'),
        Host(greeter(tmp_path, other), server=server, python=sdk(version)),
    ):
        pass


def test_an_exit_in_exec_ends_its_thread_alone(tmp_path: Path) -> None:
    exits = {"scale.py": ("return scale(*args)", "raise SystemExit")}
    with (
        Host(greeter(tmp_path, exits), python=sdk(VERSIONS[1])) as plugin,
        pytest.raises(PluginError, match="the thread that served it has ended"),
    ):
        plugin.function("greeterScale").exec([1, 2])


def test_a_function_that_is_started_twice_is_told(tmp_path: Path) -> None:
    with Host(greeter(tmp_path), python=sdk(NEWEST)) as plugin:
        scale = plugin.function("greeterScale")
        assert scale.exec([1, 2]).result == 2
        plugin.start(Symbol("greeterScale", "func", NO_RULE))
        with pytest.raises(PluginError, match="was started more than once"):
            for _ in range(10):
                scale.exec([1, 2])
