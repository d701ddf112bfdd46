"""What a running rule goes through when the process of its portable plugin comes and goes."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kuiper_pack.portable.miniplugin import files
from kuiper_pack.profiles import Release
from kuiper_pack.server import Options, Service
from tests.server.worlds import package_of, waited_for

SIGKILL = 9
# sockets are named after them, and tests may run side by side
MIN, R = f"min{os.getpid()}", f"r{os.getpid()}"
RULE = {"id": R, "sql": f"SELECT {MIN}Echo(number) AS n FROM s"}


class World:
    """A server with the plugin ``MIN``, and a rule that uses all of it."""

    def __init__(self, release: str, folder: Path) -> None:
        self.service = Service(
            Release.parse(release), folder / "server", Options(python=Path(sys.executable))
        )
        content = files(MIN)
        told = f'import os\nopen("{folder}/pid", "w").write(str(os.getpid()))\n'
        content["main.py"] = told.encode() + content["main.py"]
        self.plugin = {"name": MIN, "file": package_of(folder / "min.zip", content)}
        self.pid = folder / "pid"
        self.lines = folder / "lines"
        for path, body in {
            "/plugins/portables": self.plugin,
            "/streams": {"sql": f'CREATE STREAM s () WITH (TYPE="{MIN}Count")'},
            "/rules": {**RULE, "actions": [{f"{MIN}Lines": {"path": f"{self.lines}"}}]},
        }.items():
            reply = self.service.handle("POST", path, body=json.dumps(body).encode())
            assert reply.status == 201, reply.body

    def ask(self, method: str, path: str, body: Any = None) -> str:
        """The text of an answer."""
        data = b"" if body is None else json.dumps(body).encode()
        return self.service.handle(method, path, body=data).body.decode()

    def status(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.ask("GET", f"/rules/{R}/status"))
        return told

    def waits_for_rows(self) -> None:
        """Come back when the sink has written a row from now on."""
        self.lines.unlink(missing_ok=True)
        waited_for(lambda: self.lines.exists() and self.lines.read_text().endswith("\n"))


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    made = World(request.param, tmp_path)
    yield made
    made.service.close()


@pytest.mark.parametrize("world", ["2.4.0"], indirect=True)
def test_a_rule_gets_rows_again_when_its_deleted_plugin_is_created_again(world: World) -> None:
    world.waits_for_rows()
    row = json.loads(world.lines.read_text().splitlines()[0])
    assert list(row) == ["n"]
    status = f"/plugins/portables/{MIN}/status"
    assert json.loads(world.ask("GET", status))["refCount"] == {R: 2}
    assert world.ask("DELETE", f"/plugins/portables/{MIN}") == f"portable plugin {MIN} is deleted"
    assert world.status()["status"] == "running"
    assert json.loads(world.ask("GET", status))["refCount"] == {R: 2}
    assert f"function {MIN}Echo not found" in world.ask("POST", f"/rules/{R}/restart")
    assert world.status()["status"] == "stopped by error"
    world.ask("POST", "/plugins/portables", world.plugin)
    assert world.ask("POST", f"/rules/{R}/start") == f"Rule {R} was started"
    world.waits_for_rows()


@pytest.mark.parametrize(
    ("world", "words"),
    [
        ("2.4.0", "time out, plugin {plugin} status error, message: signal: killed."),
        ("1.10.2", "receive time out."),
    ],
    indirect=["world"],
)
def test_nothing_brings_back_a_process_that_was_killed_for_a_function_alone(
    world: World, words: str
) -> None:
    world.waits_for_rows()
    os.kill(int(world.pid.read_text()), SIGKILL)
    waited_for(lambda: words.format(plugin=MIN) in world.ask("POST", f"/rules/{R}/restart"))
    world.ask("DELETE", f"/plugins/portables/{MIN}")
    world.ask("POST", "/plugins/portables", world.plugin)
    # 1.x starts it in the background
    waited_for(lambda: world.ask("POST", f"/rules/{R}/restart") == f"Rule {R} was restarted")
    world.waits_for_rows()


@pytest.mark.parametrize(
    ("world", "kept"), [("1.4.4", True), ("1.5.1", True), ("1.6.0", False)], indirect=["world"]
)
def test_a_function_that_was_started_outlives_its_plugin_before_1_6(
    world: World, kept: bool
) -> None:
    """What a rule finds once the plugin of its function is deleted."""
    world.ask("DELETE", f"/plugins/portables/{MIN}")
    world.ask("POST", "/streams", {"sql": 'CREATE STREAM m () WITH (TYPE="memory")'})
    sql = f"SELECT {MIN}Echo(a) AS b FROM m"
    rule = {"id": f"{R}m", "sql": sql, "actions": [{"log": {}}]}
    told = world.ask("POST", "/rules", rule)
    assert (f"Rule {R}m was created" in told) is kept
    assert (f"function {MIN}Echo not found" in told) is not kept
    other = {**rule, "id": f"{R}o", "sql": f"SELECT {MIN}Other(a) AS b FROM m"}
    assert f"function {MIN}Other not found" in world.ask("POST", "/rules", other)


@pytest.mark.parametrize("world", ["2.4.0", "1.10.2"], indirect=True)
def test_rules_run_again_after_a_restart_of_the_server(world: World) -> None:
    world.waits_for_rows()
    world.service.restart()
    waited_for(lambda: world.status()["status"] == "running")
    world.waits_for_rows()
