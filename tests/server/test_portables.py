"""What a client of the reference server goes through with portable plugins, whose programs run."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kuiper_pack.client import Client
from kuiper_pack.package.kind import Kind
from kuiper_pack.portable import PluginError
from kuiper_pack.portable.messages import Meta
from kuiper_pack.portable.miniplugin import files
from kuiper_pack.server import Options, ReferenceServer
from kuiper_pack.server.portables import Portables
from kuiper_pack.server.uses import Rows
from tests.server.worlds import package_of, waited_for

# plugins of the same name cannot use one /tmp, and tests may run side by side
ABC, BAD, SLOW = (f"{name}{os.getpid()}" for name in ("abc", "bad", "slow"))
TOLD = 'import os\nwith open("{path}", "a") as told:\n    told.write(str(os.getpid()) + "\\n")\n'
"""Tells its process id, a line for each time it is started."""
NEVER = "import time\ntime.sleep(600)\n"
CHILD = f"""\
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {TOLD + NEVER!r}], start_new_session=True)
"""


class World:
    """A folder of packages of miniplugins, and what their processes tell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told = folder / "told"

    def package(self, name: str, before: str = "", whole: str = "") -> str:
        """A plugin that runs ``before`` first, or nothing but ``whole``; its URL."""
        content = files(name)
        program = (TOLD + before).replace("{path}", str(self.told)).encode()
        own = whole.replace("{path}", str(self.told)).encode()
        content["main.py"] = own or program + content["main.py"]
        return package_of(self.folder / f"{name}.zip", content)

    @property
    def processes(self) -> list[int]:
        """All that were ever started."""
        return [int(line) for line in self.told.read_text().split()] if self.told.exists() else []

    def none_lives(self) -> bool:
        """Whether all of them have ended."""
        return not any(_lives(pid) for pid in self.processes)


def _lives(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def serving(release: str = "2.4.0", **options: Any) -> ReferenceServer:
    return ReferenceServer(release, options=Options(python=Path(sys.executable), **options))


def status(client: Client, name: str) -> tuple[str, str]:
    told = client.status(name).json()
    return told["status"], told["errMsg"]


def number(source: Rows) -> int:
    """That of the next row, a large one where none comes."""
    row = source.next(1)
    return int(row["number"]) if row else sys.maxsize


def runtime(server: ReferenceServer) -> Portables:
    return server.service.runtime


@pytest.mark.parametrize(
    ("release", "updated"),
    [
        ("2.4.0", "running"),
        ("2.1.3", "running"),
        ("2.2.0-alpha.3", "error"),
        ("2.1.2", "error"),
        ("1.14.7", None),
        ("1.4.4", None),
    ],
)
def test_a_plugin_is_created_updated_and_deleted_and_its_process_goes_with_it(
    release: str, updated: str | None, world: World
) -> None:
    url = world.package(ABC)
    with serving(release) as server, Client(server.url) as client:
        created = client.create(Kind.PORTABLE, ABC, url)
        assert (created.status, created.text) == (201, f"portable plugin {ABC} is created")
        described = client.describe(Kind.PORTABLE, ABC).json()
        assert client.list(Kind.PORTABLE).json() == [described]
        assert list(described) == [
            *("name", "version", "language", "executable", "sources", "sinks", "functions")
        ]
        assert client.create(Kind.PORTABLE, ABC, url).status == 400
        if updated:
            assert status(client, ABC) == ("running", "")
            assert client.update(Kind.PORTABLE, ABC, url).status == 200
            assert status(client, ABC)[0] == updated
        else:
            assert client.status(ABC).text == "404 page not found\n"
        assert client.drop(Kind.PORTABLE, ABC).text == f"portable plugin {ABC} is deleted"
        assert world.none_lives()
        assert len(world.processes) == (2 if updated == "running" else 1 if updated else 0)
        if updated == "running":
            assert status(client, ABC) == ("error", "signal: killed")
        assert client.drop(Kind.PORTABLE, ABC).status == 400
        assert client.describe(Kind.PORTABLE, ABC).status == 404


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (NEVER, "signal: killed"),
        ("raise SystemExit(7)", "receive time out"),
        (CHILD + NEVER, "signal: killed"),
        (CHILD, "receive time out"),
        ("print('x' * 100_000_000)\n" + NEVER, "signal: killed"),
    ],
    ids=["silent", "dies", "forks", "forks-and-ends", "floods"],
)
def test_a_plugin_that_misbehaves_costs_a_line_and_leaves_no_process(
    program: str, message: str, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    url = world.package(BAD, whole=TOLD + program)
    with serving(handshake_within=1.0) as server, Client(server.url) as client:
        before = set(Path("/tmp").glob(f"*plugin_{BAD}*"))
        refused = client.create(Kind.PORTABLE, BAD, url)
        assert refused.status == 400
        assert f"/{BAD}/main.py control handshake error: receive time out" in refused.text
        assert status(client, BAD) == ("error", message)
        assert client.describe(Kind.PORTABLE, BAD).status == 404
        assert world.processes
        waited_for(world.none_lives)
        assert set(Path("/tmp").glob(f"*plugin_{BAD}*")) <= before
    lines = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(lines) == 1
    assert "\n" not in lines[0]


def test_a_process_that_ends_by_itself_is_told_and_started_again_by_an_update(
    world: World,
) -> None:
    url = world.package(ABC)
    with serving() as server, Client(server.url) as client:
        client.create(Kind.PORTABLE, ABC, url)
        os.kill(world.processes[0], signal.SIGTERM)
        waited_for(lambda: status(client, ABC) == ("error", "signal: terminated"))
        assert client.update(Kind.PORTABLE, ABC, url).status == 200
        assert status(client, ABC) == ("running", "")
        assert len(world.processes) == 2


def test_what_needs_no_plugin_is_answered_while_one_starts(world: World) -> None:
    gate = world.folder / "gate"
    wait = f"import time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
    url = world.package(SLOW, before=wait)
    with serving() as server, Client(server.url) as client:
        answers: list[int | None] = []

        def ask(question: Callable[[Client], Any]) -> threading.Thread:
            def run() -> None:
                with Client(server.url) as own:
                    answers.append(question(own).status)

            thread = threading.Thread(target=run)
            thread.start()
            return thread

        asked = [ask(lambda own: own.create(Kind.PORTABLE, SLOW, url))]
        waited_for(lambda: bool(world.processes))
        asked += [ask(lambda own: own.status(SLOW)) for _ in range(30)]
        assert client.describe(Kind.PORTABLE, SLOW).status == 200
        assert client.create(Kind.SINK, "none", "file:///none.zip").status == 400
        assert answers == []  # as in the servers, who asks for a status waits
        gate.touch()
        for thread in asked:
            thread.join()
        assert sorted(answers, key=str) == [200] * 30 + [201]


def test_a_server_that_starts_waits_for_no_plugin(world: World) -> None:
    folder = world.folder / "base"
    options = Options(python=Path(sys.executable), handshake_within=600)
    with ReferenceServer(data=folder, options=options) as server, Client(server.url) as client:
        client.create(Kind.PORTABLE, ABC, world.package(ABC))
        client.create(Kind.PORTABLE, BAD, world.package(BAD))
        (folder / "plugins/portable" / BAD / "main.py").write_text(
            (TOLD + NEVER).replace("{path}", str(world.told))
        )
        server.restart()
        assert len(client.list(Kind.PORTABLE).json()) == 2
        waited_for(lambda: len(world.processes) == 4)
    assert world.none_lives()


def test_a_server_that_is_killed_leaves_no_process_of_a_plugin(world: World) -> None:
    url = world.package(ABC, before=CHILD)
    command = [sys.executable, "-m", "kuiper_pack", "serve", "--port", "0"]
    with subprocess.Popen(
        [*command, "--data", str(world.folder / "base")], stdout=subprocess.PIPE, text=True
    ) as served:
        try:
            assert served.stdout is not None
            with Client(served.stdout.readline().split()[-1]) as client:
                assert client.create(Kind.PORTABLE, ABC, url).status == 201
            waited_for(lambda: len(world.processes) == 2)
            assert not world.none_lives()
        finally:
            served.kill()
    waited_for(world.none_lives)


def test_rules_use_the_symbols_of_a_plugin_over_an_update_and_a_deletion(world: World) -> None:
    url = world.package(ABC)
    out = world.folder / "out"
    with serving() as server, Client(server.url) as client:
        client.create(Kind.PORTABLE, ABC, url)
        rule = Meta("r1", "src", 0)
        source = runtime(server).source(f"{ABC}Count", rule, "topic", {"interval": 10})
        sink = runtime(server).sink(f"{ABC}Lines", Meta("r1", "snk", 0), {"path": str(out)})
        echo = runtime(server).function(f"{ABC}Echo")
        assert client.status(ABC).json()["refCount"] == {"r1": 2}
        assert source.next(10) == {"number": 0, "datasource": "topic"}
        assert echo.exec(["x"], rule, 0) == "x"

        waited_for(lambda: number(source) == 9)
        client.update(Kind.PORTABLE, ABC, url)
        waited_for(lambda: number(source) < 9)
        assert echo.exec(["y"], rule, 0) == "y"
        sink.collect({"a": 1})
        waited_for(lambda: out.exists() and out.read_text() == '{"a": 1}\n')

        client.drop(Kind.PORTABLE, ABC)
        assert world.none_lives()
        while source.next(0) is not None:
            pass
        told = client.status(ABC).json()
        assert told == {"refCount": {"r1": 2}, "status": "error", "errMsg": "signal: killed"}
        with pytest.raises(PluginError, match=f"time out, plugin {ABC} status error"):
            echo.exec(["z"], rule, 0)
        sink.collect({"a": 2})  # lost

        client.create(Kind.PORTABLE, ABC, url)
        waited_for(lambda: source.next(1) is not None)
        source.close()
        sink.close()
        assert client.status(ABC).json()["refCount"] == {}


def test_a_rule_that_stops_without_a_process_is_counted_until_the_next_one(world: World) -> None:
    url = world.package(ABC)
    with serving() as server, Client(server.url) as client:
        client.create(Kind.PORTABLE, ABC, url)
        source = runtime(server).source(f"{ABC}Count", Meta("r1", "src"), "", {})
        client.drop(Kind.PORTABLE, ABC)
        source.close()
        assert client.status(ABC).json()["refCount"] == {"r1": 1}
        client.create(Kind.PORTABLE, ABC, url)
        assert client.status(ABC).json()["refCount"] == {}


def test_a_symbol_that_an_update_lacks_is_told_as_an_error(world: World) -> None:
    with serving() as server, Client(server.url) as client:
        client.create(Kind.PORTABLE, ABC, world.package(ABC))
        runtime(server).source(f"{ABC}Count", Meta("r1", "src"), "", {})
        lacks = world.package(ABC, before="import plugin\nplugin.Source = None\n")
        assert client.update(Kind.PORTABLE, ABC, lacks).status == 200
        word, message = status(client, ABC)
        assert word == "error"
        assert message.startswith("receive error: Traceback")
        assert client.update(Kind.PORTABLE, ABC, world.package(ABC)).status == 200
        assert status(client, ABC) == ("running", "")


@pytest.mark.parametrize(
    ("release", "before", "at_once", "ends"),
    [
        ("1.4.4", 0, True, True),
        ("1.9.1", 0, True, True),
        ("1.9.2", 0, False, True),
        ("2.0.0-alpha.9", 0, False, True),
        ("2.0.0-alpha.10", 0, False, False),
        ("2.4.0", 1, False, False),
    ],
)
def test_a_process_that_no_rule_uses_any_more_ends_before_2_0(
    release: str, before: int, at_once: bool, ends: bool, world: World
) -> None:
    with serving(release) as server, Client(server.url) as client:
        client.create(Kind.PORTABLE, ABC, world.package(ABC))
        assert len(world.processes) == before
        source = runtime(server).source(f"{ABC}Count", Meta("r1", "src"), "", {})
        assert len(world.processes) == 1
        source.close()
        assert world.none_lives() is at_once
        if ends:
            waited_for(world.none_lives)
        again = runtime(server).source(f"{ABC}Count", Meta("r1", "src"), "", {})
        assert len(world.processes) == (2 if ends else 1)
        again.close()


@pytest.mark.parametrize(("release", "goes_on"), [("1.8.0-alpha.1", False), ("1.8.0", True)])
def test_a_plugin_that_comes_back_is_used_again_since_1_8(
    release: str, goes_on: bool, world: World
) -> None:
    url = world.package(ABC)
    with serving(release) as server, Client(server.url) as client:
        client.create(Kind.PORTABLE, ABC, url)
        source = runtime(server).source(f"{ABC}Count", Meta("r1", "src"), "", {"interval": 10})
        waited_for(lambda: number(source) == 9)
        client.drop(Kind.PORTABLE, ABC)
        while source.next(0) is not None:
            pass
        client.create(Kind.PORTABLE, ABC, url)
        if goes_on:
            waited_for(lambda: source.next(1) is not None)
        assert len(world.processes) == (2 if goes_on else 1)
        source.close()


@pytest.mark.parametrize(("release", "goes_on"), [("1.6.1", True), ("1.6.2", False)])
def test_a_deletion_ends_a_plugin_in_use_since_1_6_2(
    release: str, goes_on: bool, world: World
) -> None:
    with serving(release) as server, Client(server.url) as client:
        client.create(Kind.PORTABLE, ABC, world.package(ABC))
        source = runtime(server).source(f"{ABC}Count", Meta("r1", "src"), "", {"interval": 1})
        client.drop(Kind.PORTABLE, ABC)
        assert world.none_lives() is not goes_on
        source.close()


@pytest.mark.parametrize(
    ("release", "twice"), [("1.13.5", True), ("1.14.7", False), ("2.0.0-beta.1", True)]
)
def test_a_sink_of_1_14_cannot_be_started_twice(release: str, twice: bool, world: World) -> None:
    with serving(release) as server, Client(server.url) as client:
        client.create(Kind.PORTABLE, ABC, world.package(ABC))
        runtime(server).sink(f"{ABC}Lines", Meta("r1", "snk_0"), {}).close()
        if twice:
            runtime(server).sink(f"{ABC}Lines", Meta("r1", "snk_0"), {}).close()
            return
        with pytest.raises(PluginError, match=r"ipc:///tmp/r1_snk_0_0_ack.ipc: address in use"):
            runtime(server).sink(f"{ABC}Lines", Meta("r1", "snk_0"), {})


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ("2.0.0-beta.3", "receive time out"),
        ("2.0.0-beta.4", f"time out, plugin {ABC} status error, message: signal: killed"),
    ],
    ids=["2.0.0-beta.3", "2.0.0-beta.4"],  # not the words: each process has its own
)
def test_a_function_without_a_process_says_what_the_release_says(
    release: str, words: str, world: World
) -> None:
    with serving(release) as server, Client(server.url) as client:
        client.create(Kind.PORTABLE, ABC, world.package(ABC))
        echo = runtime(server).function(f"{ABC}Echo")
        client.drop(Kind.PORTABLE, ABC)
        with pytest.raises(PluginError) as raised:
            echo.exec([1], Meta("r1", "op"), 0)
        assert str(raised.value) == words


def test_a_strict_server_keeps_a_plugin_whose_update_it_refuses(world: World) -> None:
    url, bad = world.package(ABC), world.package(BAD)
    with serving(strict=True) as server, Client(server.url) as client:
        client.create(Kind.PORTABLE, ABC, url)
        assert client.update(Kind.PORTABLE, ABC, bad).status == 400
        assert status(client, ABC) == ("running", "")
        client.drop(Kind.PORTABLE, ABC)
        assert client.status(ABC).status == 404
