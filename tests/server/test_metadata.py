"""What a user interface is told of plugins, release by release."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kuiper_pack.portable.miniplugin import files
from kuiper_pack.profiles import Release
from kuiper_pack.server import Reply, Service
from tests.server.worlds import ELF, package_of

MIN = f"mdt{os.getpid()}"
"""A portable plugin: its sockets are named after it, and tests may run side by side."""
ABOUT = {
    "trial": True,
    "author": {"name": "A", "email": "a@example.com"},
    "helpUrl": {"en_US": "https://example.com/en", "zh_CN": "https://example.com/zh"},
    "description": {"en_US": "d", "zh_CN": "z"},
}
FIELDS = [{"name": "interval", "default": 10, "type": "int", "control": "text"}]
SOURCE = {
    "about": ABOUT,
    "libs": ["lib"],
    "properties": {"default": FIELDS},
    "node": {"b": 1, "a": 2},
}
SINK = {"about": ABOUT, "libs": [], "properties": FIELDS, "node": {"category": "sink"}}
FUNCTION = {"about": ABOUT, "name": "f", "functions": [{"name": "f", "example": "f(x)"}]}
YAML = b"default:\n  interval: 10\n  password: secret\n  url: http://u:secret@h/\n"


class World:
    """A server of a release with a source, a sink and a function."""

    def __init__(self, release: str, folder: Path) -> None:
        self.release = Release.parse(release)
        self.base = folder / "base"
        self.service = Service(self.release, self.base)
        for kind, name, about in (
            ("sources", "src", SOURCE),
            ("sinks", "snk", SINK),
            ("functions", "fun", FUNCTION),
        ):
            made = {f"{name}.so": ELF + name.encode(), f"{name}.json": json.dumps(about).encode()}
            made |= {"src.yaml": YAML} if kind == "sources" else {}
            package_of(folder / f"{name}.zip", made)
            body = {"name": name, "file": (folder / f"{name}.zip").as_uri()}
            assert self.send("POST", f"/plugins/{kind}", body).status == 201

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        data = b"" if body is None else json.dumps(body).encode()
        return self.service.handle(method, path, headers, data)

    def get(self, path: str) -> Any:
        reply = self.send("GET", path)
        assert reply.status == 200, reply.body
        return json.loads(reply.body) if reply.body else None

    def restart(self) -> None:
        self.service.restart()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Callable[[str], World]]:
    made: list[World] = []

    def make(release: str) -> World:
        made.append(World(release, tmp_path))
        return made[-1]

    yield make
    for one in made:
        one.service.close()


RELEASES = ["0.9.1", "1.0.0", "1.2.1", "1.3.1", "1.4.0", "1.5.1", "1.6.0", "1.7.1", "1.7.2"]
RELEASES += ["1.14.1", "1.14.2", "2.0.8", "2.2.1", "2.4.0"]


@pytest.mark.parametrize("release", RELEASES)
def test_an_installed_plugin_is_described_in_two_languages(release: str, world: Any) -> None:
    it = world(release)
    for kind, name in (("sources", "src"), ("sinks", "snk")):
        (listed,) = it.get(f"/metadata/{kind}")
        assert listed["name"] == name
        assert listed["about"]["installed"] is True
        assert listed["about"]["description"] == {"en": "d", "zh": "z"}
        assert listed["about"]["author"]["company"] == ""
        described = it.get(f"/metadata/{kind}/{name}")
        described = described.get("customProperty", {name: described})[name]
        assert described["about"] == listed["about"]
    it.restart()
    assert it.get("/metadata/sources/src")["libs"] == ["lib"]


@pytest.mark.parametrize(
    ("release", "path", "seen"),
    [
        # the two sides of each boundary
        ("1.2.1", ("sinks/snk", "customProperty", "snk", "libs"), []),
        ("1.3.0-beta.0", ("sinks/snk", "libs"), []),
        ("1.3.1", ("sources/src", "properties", "default", 0, "default"), 10),
        ("1.3.1", ("sources/src", "properties", "default", 0, "exist"), True),
        ("1.4.0", ("sources/src", "properties", "default", 0, "exist"), False),
        ("1.2.0", ("sinks/snk", "customProperty", "snk", "properties", 0, "default"), 10),
        ("1.2.1", ("sinks/snk", "customProperty", "snk", "properties", 0, "default"), None),
        ("1.5.1", ("sources/src", "properties", "default", 0, "default"), None),
        ("1.6.0", ("sources/src", "properties", "default", 0, "default"), 10),
        ("1.3.1", ("sources/src", "properties", "default", 0, "connection_related"), "absent"),
        ("1.4.0", ("sources/src", "properties", "default", 0, "connection_related"), False),
        ("1.6.3", ("sources/src", "node"), "absent"),
        ("1.7.0", ("sources/src", "node"), {"a": 2, "b": 1}),
        ("1.14.1", ("sources/src", "type"), "absent"),
        ("1.14.2", ("sources/src", "type"), "native"),
        ("1.14.1", ("sinks", 0, "type"), "absent"),
        ("1.14.2", ("sinks", 0, "type"), "native"),
        ("0.9.1", ("functions", 0, "name"), "absent"),
        ("1.1.2", ("functions", 0, "name"), "f"),
        ("1.6.3", ("functions", 0, "about", "helpUrl", "en"), "https://example.com/en"),
        ("1.7.0", ("functions", 0, "about", "helpUrl", "en_US"), "https://example.com/en"),
        ("2.2.0", ("functions", 1), "absent"),
        ("2.2.1", ("functions", 1, "name"), "f"),
    ],
)
def test_each_release_tells_what_it_knows(
    release: str, path: tuple[Any, ...], seen: Any, world: Any
) -> None:
    found = world(release).get(f"/metadata/{path[0]}")
    for step in path[1:]:
        there = step in found if isinstance(found, dict) else step < len(found)
        found = found[step] if there else "absent"
    assert found == seen


@pytest.mark.parametrize(("release", "left"), [("1.7.1", True), ("1.7.2", False), ("2.4.0", False)])
def test_a_deleted_plugin_is_remembered_up_to_1_7_1(release: str, left: bool, world: Any) -> None:
    it = world(release)
    for kind, name in (("sources", "src"), ("sinks", "snk")):
        assert it.send("DELETE", f"/plugins/{kind}/{name}").status == 200
        found = it.get(f"/metadata/{kind}")
        if left:
            assert found[0]["about"]["installed"] is False
        else:
            assert found is None


@pytest.mark.parametrize("release", ["0.9.1", "1.4.4", "1.14.7", "2.4.0"])
def test_a_plugin_without_a_description_is_unknown(release: str, world: Any) -> None:
    reply = world(release).send("GET", "/metadata/sources/none")
    words = "not found plugin none" if release == "0.9.1" else "This plugin was not found:none"
    assert (reply.status, words in reply.body.decode()) == (400, True)


@pytest.mark.parametrize(
    ("release", "language", "words"),
    [
        ("0.9.1", "zh_CN", "metadata error: not found plugin none\n"),
        ("1.0.0", "zh_CN", "没有找到这个插件\uff1anone\n"),
        ("1.5.0", "zh-CN", "none\n"),
        ("1.5.1", "zh-CN", "没有找到这个插件\uff1anone\n"),
        ("1.5.1", "fr-FR", "none\n"),
        ("1.13.0-alpha.2", "en-US", '{"error":1000,"message":"This plugin was not found:none"}\n'),
        ("1.13.0-beta.1", "en-US", '{"error":5000,"message":"This plugin was not found:none"}\n'),
    ],
)
def test_refusals_are_in_the_language_that_is_asked_for(
    release: str, language: str, words: str, world: Any
) -> None:
    headers = {"Content-Language": language}
    reply = world(release).service.handle("GET", "/metadata/sources/none", headers)
    assert reply.body.decode() == words


@pytest.mark.parametrize(
    ("release", "method", "place"),
    [
        ("0.9.1", "POST", "etc/sources/src.yaml"),
        ("1.4.0", "POST", "etc/sources/src.yaml"),
        ("1.4.1", "PUT", "etc/sources/src.yaml"),
        ("1.6.3", "PUT", "etc/sources/src.yaml"),
        ("1.7.0", "PUT", "data/sources/src.yaml"),
        ("1.14.7", "PUT", "data/sources/src.yaml"),
        ("2.0.0-beta.1", "PUT", None),
        ("2.4.0", "PUT", None),
    ],
)
def test_a_configuration_key_is_written_kept_and_deleted(
    release: str, method: str, place: str | None, world: Any
) -> None:
    it = world(release)
    other = {"PUT": "POST", "POST": "PUT"}[method]
    key = "/metadata/sources/src/confKeys/mine"
    before = {path: path.read_bytes() for path in it.base.rglob("*.yaml")}
    assert it.send(other, key, {"a": 1}).status == 405
    assert it.send(method, key, {"a": [1, {"b": None}]}) == Reply(200)
    changed = [path for path in it.base.rglob("*.yaml") if before.get(path) != path.read_bytes()]
    assert changed == ([it.base / place] if place else [])
    it.restart()
    found = it.get("/metadata/sources/yaml/src")
    assert found["mine"] == {"a": [1, {"b": None}]}
    assert "default" in found
    assert it.send("DELETE", key) == Reply(200)
    assert "mine" not in it.get("/metadata/sources/yaml/src")
    again = it.send("DELETE", key)
    assert again.status == (400 if place is None else 200)


def test_a_key_that_cannot_be_deleted_is_in_the_way_of_the_next_since_2_0(world: Any) -> None:
    it = world("2.0.8")
    keys = "/metadata/sources/src/confKeys"
    assert it.send("DELETE", f"{keys}/none").status == 400
    later = it.send("PUT", f"{keys}/mine", {})
    assert (later.status, b"src.none is not found" in later.body) == (400, True)
    assert "mine" in it.get("/metadata/sources/yaml/src")
    it.restart()
    assert it.send("PUT", f"{keys}/other", {}).status == 200


@pytest.mark.parametrize(
    ("release", "status"),
    [("2.1.3", 200), ("2.1.4", 400), ("2.2.0-alpha.3", 200), ("2.2.0-alpha.4", 400)],
)
def test_what_was_written_for_nobody_is_kept_and_for_a_plugin_forgotten_with_it(
    release: str, status: int, world: Any
) -> None:
    it = world(release)
    for name in ("src", "nobody"):
        assert it.send("PUT", f"/metadata/sources/{name}/confKeys/mine", {}).status == 200
    it.send("DELETE", "/plugins/sources/src")
    assert it.send("GET", "/metadata/sources/yaml/src").status == 400
    it.restart()
    for name in ("src", "nobody"):
        assert it.send("GET", f"/metadata/sources/yaml/{name}").status == status


def test_fields_of_fields_are_shown_in_the_order_of_all_fields(world: Any) -> None:
    it = world("2.4.0")
    deep = [{"name": "a", "default": [{"name": "b", "default": {"d": 1, "c": 2}}]}]
    for path in it.base.rglob("snk.json"):
        path.write_text(json.dumps(SINK | {"properties": deep}))
    it.restart()
    (field,) = it.get("/metadata/sinks/snk")["properties"]
    (inner,) = field["default"]
    assert [*inner] == [*field]
    assert [*inner["default"]] == ["c", "d"]


@pytest.mark.parametrize(
    ("release", "shown"),
    [
        ("1.11.3", {"interval": 10, "password": "secret", "url": "http://u:secret@h/"}),
        ("1.11.4", {"interval": 10, "password": "******", "url": "http://u:******@h/"}),
        ("1.14.7", {"interval": 10, "password": "******", "url": "http://u:******@h/"}),
        ("2.0.8", {"interval": "10ms", "password": "secret", "url": "http://u:secret@h/"}),
    ],
)
def test_secrets_are_hidden_by_some_and_durations_rewritten_by_others(
    release: str, shown: dict[str, Any], world: Any
) -> None:
    it = world(release)
    assert it.get("/metadata/sources/yaml/src") == {"default": shown}


def test_a_secret_that_comes_back_hidden_stays_what_it_was(world: Any) -> None:
    it = world("1.14.7")
    key = "/metadata/sources/src/confKeys/default"
    it.send("PUT", key, {"password": "******", "interval": 5})
    assert "password: secret" in (it.base / "data/sources/src.yaml").read_text()


@pytest.mark.parametrize(("release", "status"), [("1.14.7", 200), ("2.3.1", 200), ("2.4.0", 400)])
def test_names_of_keys_are_checked_since_2_4(release: str, status: int, world: Any) -> None:
    reply = world(release).send("PUT", "/metadata/sources/src/confKeys/a.b", {})
    assert reply.status == status


@pytest.mark.parametrize("body", [[], "x", 1, True])
def test_a_key_that_is_no_object_is_refused(body: Any, world: Any) -> None:
    reply = world("2.4.0").send("PUT", "/metadata/sources/src/confKeys/k", body)
    assert (reply.status, b"Type conversion failed:src.json: " in reply.body) == (400, True)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en_US", "Failed to write data to file:"),
        ("zh_CN", "数据写入文件失败\uff1a"),
        ("xx", ""),
    ],
)
def test_a_key_that_cannot_be_kept_is_not_called_unreadable(
    language: str, words: str, world: Any
) -> None:
    it, keys = world("2.0.8"), "/metadata/sinks/snk/confKeys"
    it.send("DELETE", f"{keys}/missing")
    reply = it.send("PUT", f"{keys}/k", {}, **{"Content-Language": language})
    told = f"{words}sinks.snk.sinks.snk.missing is not found"
    assert (reply.status, json.loads(reply.body)["message"]) == (400, told)


@pytest.mark.parametrize(
    ("release", "query", "listed"),
    [
        # the two sides of the boundary
        ("1.7.1", "?kind=lookup", [f"{MIN}Count", "src"]),
        ("1.7.2", "?kind=lookup", ["src"]),
        ("1.7.2", "?kind=LookUp", ["src"]),
        ("1.7.2", "?kind=scan", [f"{MIN}Count", "src"]),
        ("2.4.0", "", [f"{MIN}Count", "src"]),
        ("2.4.0", "?kind=lookup", ["src"]),
    ],
)
def test_no_portable_source_is_for_lookups(
    release: str, query: str, listed: list[str], world: Any, tmp_path: Path
) -> None:
    it = world(release)
    content = files(MIN) | {f"sources/{MIN}Count.json": json.dumps(SOURCE).encode()}
    body = {"name": MIN, "file": package_of(tmp_path / "min.zip", content)}
    assert it.send("POST", "/plugins/portables", body).status == 201
    for _ in range(2):
        assert [one["name"] for one in it.get(f"/metadata/sources{query}")] == listed
        it.restart()


def test_there_is_no_metadata_before_0_9_1(tmp_path: Path) -> None:
    service = Service(Release.parse("0.9.0"), tmp_path)
    assert service.handle("GET", "/metadata/sources").status == 404
    service.close()


ODD: list[Any] = [
    [],
    None,
    {},
    {"about": []},
    {"about": {"author": 1, "helpUrl": []}, "libs": {}, "properties": 5, "functions": 5},
    {"about": {}, "properties": {"default": 1, "a": [1, None, {"default": [{}, 1]}]}},
    {"about": {}, "properties": [1, {"default": {"b": [1e400], "a": 1.0}}], "functions": [1, {}]},
]


@pytest.mark.parametrize("odd", ODD, ids=str)
@pytest.mark.parametrize("release", ["0.9.1", "1.4.4", "2.4.0"])
def test_an_odd_description_ends_no_answer(release: str, odd: Any, world: Any) -> None:
    it = world(release)
    for path in it.base.rglob("*.json"):
        path.write_text(json.dumps(odd))
    for path in it.base.rglob("src.yaml"):
        path.write_text("default: [1]\nother:\n")
    it.restart()
    for kind, name in (("sources", "src"), ("sinks", "snk")):
        assert it.send("GET", f"/metadata/{kind}").status == 200
        assert it.send("GET", f"/metadata/{kind}/{name}").status in (200, 400)
    assert it.send("GET", "/metadata/functions").status == 200
    assert it.send("GET", "/metadata/sources/yaml/src").status in (200, 400)
    method = "PUT" if release != "0.9.1" else "POST"
    assert it.send(method, "/metadata/sources/src/confKeys/k", None).status in (200, 400)


def test_a_description_that_goes_while_all_are_told_is_left_out(tmp_path: Path) -> None:
    service = Service(Release.parse("2.4.0"), tmp_path)
    folder = tmp_path / "etc" / "functions"
    (folder / "kept.json").write_bytes(b'{"kept": 1}')
    (folder / "gone.json").symlink_to("nowhere")
    try:
        assert service.handle("GET", "/metadata/functions").body == b'[{"kept": 1}]'
    finally:
        service.close()
