"""Both sides of what differs between releases, as a plugin meets it."""

import os
from pathlib import Path

import pytest

from kuiper_pack.portable import (
    BadMessage,
    CommandRefused,
    Host,
    PluginError,
    acknowledgements,
)
from kuiper_pack.portable.program import read_program
from kuiper_pack.profiles import Release, profile
from tests.portable.plugins import HEAD, alone_in_tmp, written

__all__ = ["alone_in_tmp"]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="servers run portables on POSIX only")

IDLES = HEAD + (
    "c, n, said = control(), 1, b'handshake'\n"
    "c.send(sp.request_id(1) + b'handshake')\n"
    "time.sleep(0.2)\n"  # as an SDK of 2.4 does when it has heard nothing for some time
    "while True:\n"
    "    n += 1\n"
    "    order = shake(c, n, said)\n"
    "    said = b'ok'\n"
)
"""Shakes hands, and again; only the last request is answered, as REQ sockets have it."""


@pytest.mark.parametrize(
    ("before", "after"), [("2.1.2", "2.1.3"), ("2.2.0-alpha.3", "2.2.0-alpha.4")]
)
def test_a_repeated_handshake_is_a_refusal_before_and_nothing_after(
    tmp_path: Path, before: str, after: str
) -> None:
    folder = written(tmp_path, main=IDLES)
    with (
        Host(folder, server=before) as plugin,
        pytest.raises(CommandRefused, match="use the SDK of the server's line"),
    ):
        plugin.source("miniCount")
    with Host(folder, server=after) as plugin:
        plugin.source("miniCount")


GREETS_LATE = HEAD + (
    "def run():\n"
    "    f = dial('func_miniEcho.ipc', sp.Protocol.REQ)\n"
    "    shake(f)\n"
    "    shake(f, 2)\n"
    '    f.send(sp.request_id(3) + b\'{"state":true,"result":5}\')\n'
    "    time.sleep(60)\n"
    "c = control()\n"
    "shake(c)\n"
    "threading.Thread(target=run, daemon=True).start()\n"
    "shake(c, 2, b'ok')\n"
)


@pytest.mark.parametrize(("before", "after"), [("1.8.1", "1.8.2"), ("1.9.0-alpha.1", "1.9.0")])
def test_a_handshake_for_an_answer_is_asked_again_after(
    tmp_path: Path, before: str, after: str
) -> None:
    folder = written(tmp_path, main=GREETS_LATE)
    with Host(folder, server=before) as plugin, pytest.raises(BadMessage, match="handshake"):
        plugin.function("miniEcho").exec([1])
    with Host(folder, server=after) as plugin:
        assert plugin.function("miniEcho").exec([1]).result == 5


def test_sinks_acknowledge_since_1_14(tmp_path: Path) -> None:
    folder = written(tmp_path)
    with (
        Host(folder, server="1.14.0-alpha.2") as plugin,
        plugin.sink("miniLines") as sink,
        pytest.raises(PluginError, match=r"sinks acknowledge since 1\.14\.0"),
    ):
        sink.acknowledgement(1)
    with Host(folder, server="1.14.0-alpha.3") as plugin, plugin.sink("miniLines") as sink:
        sink.collect(1)
        assert sink.acknowledgement(5) == ""


@pytest.mark.parametrize(
    ("release", "config", "waits", "noted"),
    [
        ("2.0.0-alpha.11", {"requiredACKs": 1}, True, ""),
        ("2.0.0-alpha.11", {"requireAck": True}, False, "heeds requiredACKs: 1 in the section of"),
        ("1.14.7", {"requiredACKs": 1.0}, False, "requiredACKs of an action is not heeded"),
        ("1.14.7", {"requiredACKs": True}, False, ""),
        ("1.13.3", {"requiredACKs": 1}, False, "reads no acknowledgements"),
        ("2.0.0-beta.1", {"requireAck": True}, True, ""),
        ("2.0.0-beta.1", {"requireack": True}, True, ""),
        ("2.0.0-beta.1", {"requireAck": None}, False, ""),
        ("2.0.0-beta.1", {"requiredACKs": 1}, False, "heeds requireAck: true in the action"),
    ],
)
def test_rows_wait_for_what_the_release_heeds(
    release: str, config: dict[str, object], waits: bool, noted: str
) -> None:
    option = profile(Release.parse(release)).portable_ack_option
    assert acknowledgements.waits(option, config) is waits
    note = acknowledgements.misplaced(option, config)
    assert noted in note
    assert bool(noted) is bool(note)


def test_a_rule_that_is_refused_for_its_option_is_told(tmp_path: Path) -> None:
    with Host(written(tmp_path)) as plugin, pytest.raises(PluginError, match="say true or false"):
        plugin.sink("miniLines", config={"requireAck": 1})


def test_python_is_unbuffered_since_2_1_1(tmp_path: Path) -> None:
    folder = written(tmp_path)
    commands = []
    for release in ("2.1.0", "2.1.1"):
        facts = profile(Release.parse(release))
        commands.append(read_program(folder, facts).command(facts, "python"))
    assert ["-u" in command for command in commands] == [False, True]


@pytest.mark.parametrize(("release", "inside"), [("1.10.2", False), ("1.11.0-beta.1", True)])
def test_a_plugin_works_in_its_folder_since_1_11(
    tmp_path: Path, release: str, inside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    main = HEAD + "sys.path.insert(0, os.path.dirname(__file__))\n"
    main += "mini(functions={'miniEcho': lambda *a: os.getcwd()})"
    folder = written(tmp_path, main=main)
    monkeypatch.chdir(tmp_path)
    with Host(folder, server=release) as plugin:
        found = plugin.function("miniEcho").exec([1]).result
    assert found == str(folder if inside else tmp_path)


@pytest.mark.parametrize(("release", "seconds"), [("2.0.0-beta.1", 5.0), ("2.0.0-beta.2", 60.0)])
def test_plugins_have_a_minute_to_start_since_2_0(
    tmp_path: Path, release: str, seconds: float
) -> None:
    assert Host(written(tmp_path), server=release).handshake_within == seconds
