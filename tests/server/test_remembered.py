"""What a process remembers of configurations and rules, though files and plans say otherwise."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kuiper_pack.profiles import Release
from kuiper_pack.server import Reply, Service
from tests.server.worlds import ELF, package_of

FIELDS = [{"name": "interval", "default": 10, "type": "int", "control": "text"}]
SOURCE = {"about": {}, "libs": [], "properties": {"default": FIELDS}}
KEYS = "/metadata/sources/src/confKeys"
SHOWN = "/metadata/sources/yaml/src"
MEMORY = 'CREATE STREAM s () WITH (DATASOURCE="a", TYPE="memory", FORMAT="json")'


class World:
    """A server of a release with a source."""

    def __init__(self, release: str, folder: Path) -> None:
        self.service = Service(Release.parse(release), folder / "base")
        self.package = folder / "src.zip"
        self.install(b"default:\n  interval: 10\n")

    def install(self, configuration: bytes) -> None:
        described = json.dumps(SOURCE).encode()
        made = {"src.so": ELF, "src.json": described, "src.yaml": configuration}
        package_of(self.package, made)
        body = {"name": "src", "file": self.package.as_uri()}
        assert self.send("POST", "/plugins/sources", body).status == 201

    def send(self, method: str, path: str, body: Any = None) -> Reply:
        data = b"" if body is None else json.dumps(body).encode()
        return self.service.handle(method, path, None, data)

    def get(self, path: str) -> Any:
        reply = self.send("GET", path)
        assert reply.status == 200, reply.body
        return json.loads(reply.body)


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    made = World(request.param, tmp_path)
    yield made
    made.service.close()


@pytest.mark.parametrize("world", ["0.9.1", "1.3.1", "1.4.4", "1.6.3"], indirect=True)
def test_the_configuration_of_a_deleted_source_is_known_until_a_restart(world: World) -> None:
    assert world.send("DELETE", "/plugins/sources/src").status == 200
    assert world.get(SHOWN) == {"default": {"interval": 10}}
    world.service.restart()
    found = world.send("GET", SHOWN)
    assert (found.status, b"src" in found.body) == (400, True)


@pytest.mark.parametrize("world", ["1.4.4"], indirect=True)
def test_a_source_that_is_installed_again_has_its_new_configuration(world: World) -> None:
    world.send("DELETE", "/plugins/sources/src")
    world.service.restart()
    world.install(b"default:\n  interval: 20\n")
    assert world.get(SHOWN) == {"default": {"interval": 20}}


@pytest.mark.parametrize("world", ["0.9.1", "1.3.1"], indirect=True)
@pytest.mark.parametrize("body", [[1], {"interval": 5}])
def test_early_releases_tell_nothing_of_keys_that_they_do_not_write(
    world: World, body: object
) -> None:
    assert world.send("POST", f"{KEYS}/default", body) == Reply(200)
    assert world.send("POST", "/metadata/sources/nobody/confKeys/mine", body) == Reply(200)
    assert world.get(SHOWN) == {"default": {"interval": 10}}
    assert world.send("GET", "/metadata/sources/yaml/nobody").status == 400


@pytest.mark.parametrize("world", ["1.4.4", "1.14.7", "2.0.8"], indirect=True)
def test_numbers_of_keys_are_floats(world: World) -> None:
    method = "PUT"
    numbers = {"n": 12345678901234567890, "f": 1e21, "i": 1.0, "s": 0.1}
    assert world.send(method, f"{KEYS}/mine", numbers) == Reply(200)
    text = world.send("GET", SHOWN).body
    assert b'{"f":1e+21,"i":1,"n":12345678901234567000,"s":0.1}' in text


@pytest.mark.parametrize("world", ["2.0.8"], indirect=True)
def test_a_key_with_a_dot_is_lost_by_the_next_process_of_2_0(world: World) -> None:
    assert world.send("PUT", f"{KEYS}/a.b", {"x": 1}) == Reply(200)
    assert "a.b" in world.get(SHOWN)
    world.service.restart()
    assert [*world.get(SHOWN)] == ["default"]


RULE = {"id": "r", "sql": "SELECT * FROM s", "actions": [{"log": {}}]}


@pytest.mark.parametrize("world", ["0.9.1", "1.4.4"], indirect=True)
def test_a_rule_that_never_ran_is_not_triggered_and_stays_down(world: World) -> None:
    assert world.send("POST", "/rules", RULE).status == 201
    assert world.get("/rules/r")["triggered"] is False
    assert world.send("POST", "/rules/r/start").status == 400
    assert world.get("/rules/r")["triggered"] is False
    world.send("POST", "/streams", {"sql": MEMORY})
    world.service.restart()
    assert world.get("/rules")[0]["status"].startswith("Stopped")
    assert world.send("POST", "/rules/r/start").status == 200
    assert world.get("/rules/r")["triggered"] is True


@pytest.mark.parametrize("world", ["1.4.4", "1.7.5"], indirect=True)
def test_a_rule_is_replaced_though_the_new_one_does_not_start(world: World) -> None:
    world.send("POST", "/streams", {"sql": MEMORY})
    assert world.send("POST", "/rules", RULE).status == 201
    refused = world.send("PUT", "/rules/r", RULE | {"sql": "SELECT * FROM t"})
    words = b"restart rule error: fail to get stream t, please check if stream is created\n"
    assert (refused.status, refused.body) == (400, words)
    assert world.get("/rules/r")["sql"] == "SELECT * FROM t"


@pytest.mark.parametrize("world", ["1.14.7", "2.4.0"], indirect=True)
def test_details_of_streams_are_in_lower_case(world: World) -> None:
    world.send("POST", "/streams", {"sql": MEMORY.replace("memory", "myCount")})
    assert world.get("/streamdetails") == [{"name": "s", "type": "mycount", "format": "json"}]


@pytest.mark.parametrize("world", ["1.4.4", "1.14.7", "2.4.0"], indirect=True)
def test_a_rule_that_is_null_closes_the_connection(world: World) -> None:
    world.send("POST", "/streams", {"sql": MEMORY})
    world.send("POST", "/rules", RULE)
    assert world.service.handle("POST", "/rules", None, b" null\n") == Reply(None)
    assert world.service.handle("PUT", "/rules/r", None, b"null") == Reply(None)


@pytest.mark.parametrize("world", ["0.9.1"], indirect=True)
def test_a_rule_that_never_began_cannot_be_stopped(world: World) -> None:
    world.send("POST", "/rules", RULE)
    assert world.send("POST", "/rules/r/stop").body == b"Rule r was not found."
