"""Both sides of the boundaries between releases, as a client of the server meets them.

What packages meet is in tests/profiles/test_boundaries.py; metadata, prebuilt plugins, tokens,
batches and downloads are in the modules named after them.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kuiper_pack.profiles import Release
from kuiper_pack.server import Options, Reply, Service
from tests.server.worlds import ELF, package_of

SINK = {"Snk@v1.0.so": ELF, "snk.json": b"{}", "snk.yaml": b""}
SOURCE = {"Src.so": ELF, "src.yaml": b"default: {}\n", "src.json": b"{}"}


class World:
    """A server without sockets, and packages for it."""

    def __init__(self, release: str, folder: Path, options: Options) -> None:
        self.folder = folder
        self.base = folder / "base"
        self.service = Service(Release.parse(release), self.base, options)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.service.handle(method, path, named, b"" if body is None else data)

    def package(self, name: str, entries: dict[str, bytes]) -> str:
        package_of(self.folder / f"{name}.zip", entries)
        return (self.folder / f"{name}.zip").as_uri()

    def create(self, kind: str, name: str, entries: dict[str, bytes], **more: Any) -> Reply:
        body = {"name": name, "file": self.package(name, entries)} | more
        return self.send("POST", f"/plugins/{kind}", body)

    def files(self, *names: str) -> set[str]:
        """Which of the files are anywhere below the server's folder."""
        return {path.name for path in self.base.rglob("*")} & set(names)


def said(reply: Reply) -> str:
    """Status and text."""
    return f"{reply.status} {reply.body.decode()}"


def deleted(it: World) -> str:
    assert it.create("sinks", "snk", SINK).status == 201
    return said(it.send("DELETE", "/plugins/sinks/snk"))


def created_after_delete(it: World) -> str:
    deleted(it)
    return said(it.create("sinks", "snk", SINK))


def deleted_twice(it: World) -> str:
    deleted(it)
    return said(it.send("DELETE", "/plugins/sinks/snk"))


def left_of_a_sink(it: World) -> str:
    deleted(it)
    return " ".join(sorted(it.files("snk.json", "snk.yaml")))


def deleted_without_its_yaml(it: World) -> str:
    assert it.create("sources", "src", SOURCE).status == 201
    for path in it.base.rglob("src.yaml"):
        path.unlink()
    return said(it.send("DELETE", "/plugins/sources/src"))


def deleted_with_a_dash(it: World) -> str:
    assert it.create("sinks", "-x", {"-x.so": ELF}).status == 201
    return said(it.send("DELETE", "/plugins/sinks/-x"))


def deleted_for_html(it: World) -> str:
    assert it.create("sinks", "a&b", {"a&b.so": ELF}).status == 201
    return said(it.send("DELETE", "/plugins/sinks/a&b"))


def updated(it: World) -> str:
    assert it.create("sinks", "snk", SINK).status == 201
    body = {"name": "snk", "file": it.package("snk", SINK)}
    return said(it.send("PUT", "/plugins/sinks/snk", body))


def over_a_parent_folder(it: World) -> str:
    it.package("snk", SINK)
    place = (it.folder / "x").as_uri() + "/../snk.zip"
    (it.folder / "x").mkdir()
    return said(it.send("POST", "/plugins/sinks", {"name": "snk", "file": place}))


def asked(method: str, path: str, body: Any = None, **headers: str) -> Callable[[World], str]:
    """A request to a fresh server."""
    return lambda it: said(it.send(method, path, body, **headers))


def root(it: World) -> str:
    return " ".join(json.loads(it.send("GET", "/").body))


def preflight(method: str, names: str = "") -> Callable[[World], str]:
    """Whether a web page may ask."""

    def ask(it: World) -> str:
        headers = {"Origin": "http://a", "Access_Control_Request_Method": method}
        headers |= {"Access_Control_Request_Headers": names} if names else {}
        return said(it.send("OPTIONS", "/plugins/sinks", **headers))

    return ask


def uploaded(it: World) -> str:
    body = {"name": "a.txt", "content": "x"}
    reply = it.service.handle(
        "POST", "/config/uploads", {"Content-Type": "application/json"}, json.dumps(body).encode()
    )
    path = Path(reply.body.decode())
    return path.parent.parent.name if path.is_absolute() else said(reply)


RULE = {"id": "r", "sql": "SELECT a FROM s", "actions": [{"log": {}}]}


def rule(it: World, **more: Any) -> Reply:
    it.send("POST", "/streams", {"sql": 'CREATE STREAM s () WITH (TYPE="memory", DATASOURCE="t")'})
    return it.send("POST", "/rules", RULE | more)


def rule_twice(it: World) -> str:
    assert rule(it).status == 201
    return said(rule(it))


def rule_not_triggered(it: World) -> str:
    assert rule(it, triggered=False).status == 201
    return said(it.send("GET", "/rules/r/status"))


def rule_stopped(it: World) -> str:
    assert rule(it).status == 201
    it.send("POST", "/rules/r/stop")
    return said(it.send("GET", "/rules/r/status"))


def rule_described(it: World) -> str:
    assert rule(it).status == 201
    return said(it.send("GET", "/rules/r"))


def rule_with_a_name_twice(it: World) -> str:
    return said(rule(it, sql="SELECT a, a FROM s"))


class Case(NamedTuple):
    """The two releases differ in what they say; ``!`` before a word says that it is absent."""

    before: str
    after: str
    ask: Callable[[World], str]
    said: tuple[str, str]
    options: Options = Options()


NOT_FOUND = "404 page not found"
NAME = {"name": "a"}
GUARD = Options(enable_private_net=False)
START = asked("POST", "/rules/x/start")
NO_STREAM = asked("POST", "/rules", RULE)
NO_RULE = asked("POST", "/rules", {"id": "r"})
ALL = asked("GET", "/rules/status/all")
ONLY = Options(allow_external_file_access=False)
CASES = [
    Case("0.2.1", "0.3.0", asked("GET", "/plugins/sinks"), (NOT_FOUND, "200 []")),
    Case("0.4.0", "0.4.1", asked("GET", "/plugins/sinks/a"), ("400 describe", "404 describe")),
    Case("0.9.0", "0.9.1", asked("OPTIONS", "/"), ("405", "200")),
    Case("1.0.1", "1.0.2", asked("GET", "/ping"), (NOT_FOUND, "200")),
    Case("1.1.1", "1.1.2", asked("GET", "/plugins/udfs"), (NOT_FOUND, "200 []")),
    Case(
        "1.1.1",
        "1.1.2",
        asked("POST", "/plugins/functions/a/register", {}),
        (NOT_FOUND, "404 register functions plugin a error: not found"),
    ),
    Case(
        "1.1.1",
        "1.1.2",
        asked("POST", "/plugins/sinks", {"name": 1}),
        ("field Plugin.name", "field IOPlugin.name"),
    ),
    Case("1.3.1", "1.4.0-beta.0", asked("GET", "/plugins/portables"), (NOT_FOUND, "200 []")),
    Case("1.4.0", "1.4.1", root, ("!arch", "arch")),
    Case("1.5.0", "1.5.1", preflight("PUT"), ("405", "200")),
    Case("1.5.0", "1.5.1", preflight("GET", "authorization, Accept"), ("403", "200")),
    Case("1.5.1", "1.6.0", asked("GET", "/config/uploads"), (NOT_FOUND, "200 []")),
    Case("1.6.0", "1.6.1", asked("GET", "/plugins/sinks"), ("200 []\n", "!\n")),
    Case("1.6.3", "1.7.0", uploaded, ("etc", "data")),
    Case("1.6.3", "1.7.0", left_of_a_sink, ("snk.json", "!snk.json")),
    Case("1.7.1", "1.7.2", deleted_without_its_yaml, ("400 ", "200 ")),
    Case("1.8.0-alpha.1", "1.8.0-alpha.2", asked("PUT", "/plugins/portables/a"), ("405", "400")),
    Case("1.11.0-alpha.2", "1.11.0-beta.0", deleted, ("and Kuiper must", "and eKuiper must")),
    Case("1.11.0-alpha.2", "1.11.0-beta.0", updated, ("405", "200 plugin snk is updated")),
    Case("1.11.0-alpha.2", "1.11.0-beta.0", created_after_delete, ("400", "201")),
    Case("1.11.0-alpha.2", "1.11.0-beta.0", deleted_twice, ("404", "200")),
    Case("1.11.2", "1.11.3", root, ("!cpuUsage", "cpuUsage memoryUsed memoryTotal")),
    Case(
        "1.13.0-alpha.1",
        "1.13.0-alpha.2",
        asked("GET", '/plugins/sinks/a"b'),
        ("404 describe sinks", '404 {"error":1002,"message":"describe sinks plugin a"b error'),
    ),
    Case(
        "2.0.0-beta.1",
        "2.0.0-beta.2",
        asked("GET", '/plugins/sinks/a"b'),
        ('plugin a"b error', 'plugin a\\"b error'),
    ),
    Case("2.0.0-beta.1", "2.0.0-beta.2", deleted_for_html, ("plugin a&b", "plugin a&amp;b")),
    Case("2.0.0-beta.1", "2.0.0-beta.2", over_a_parent_folder, ("201", "should not contain ..")),
    Case(
        "1.14.7",
        "2.0.0",
        asked("GET", "/plugins/portables/a/status"),
        (NOT_FOUND, "404 {"),
    ),
    Case("2.3.0", "2.3.1", deleted_with_a_dash, ("200", "400")),
    Case("2.3.1", "2.4.0", over_a_parent_folder, ("should not contain ..", "201")),
    Case("2.3.1", "2.4.0", asked("GET", "/plugins/sinks/a.b"), ("404", "400")),
    Case("2.3.1", "2.4.0", asked("GET", "/plugins/udfs/a.b"), ("404", "400")),
    Case(
        "2.3.1",
        "2.4.0",
        asked("POST", "/plugins/sinks", NAME | {"file": "http://127.0.0.1:1/a.zip"}),
        ("connection refused", "is in internal network"),
        GUARD,
    ),
    Case(
        "2.3.1",
        "2.4.0",
        asked("POST", "/plugins/sinks", NAME | {"file": "file:///none/a.zip"}),
        ("no such file", "file access denied"),
        ONLY,
    ),
    Case("1.4.2", "1.4.3", NO_STREAM, ("!was created", "Rule r was created successfully.")),
    Case("1.5.0", "1.5.1", rule_described, ('"triggered":', '!"triggered":')),
    Case("1.7.1", "1.7.2", rule_not_triggered, ('"running"', '"stopped"')),
    Case("1.7.5", "1.7.6", rule_stopped, ("or by error", "canceled manually.")),
    Case("1.7.6", "1.8.0-alpha.1", rule_not_triggered, ('"stopped"', '"running"')),
    Case("1.7.6", "1.8.0-alpha.1", NO_RULE, ("Create rule error: ", "Invalid rule json: ")),
    Case("1.7.6", "1.8.0-alpha.1", NO_STREAM, ("201", "400 Create rule topo error: ")),
    Case("1.7.6", "1.8.0-alpha.1", START, ("404 ", "400 ")),
    Case("1.8.0", "1.8.1", NO_RULE, ("Invalid rule json: ", "invalid rule json: ")),
    Case("1.8.0", "1.8.1", NO_STREAM, ("Create rule topo", "create rule topo")),
    Case("1.8.0", "1.8.1", rule_twice, ("Store the rule error: Item r", "store the rule error: ")),
    Case("1.12.1", "1.12.2", START, ("400 ", "404 ")),
    Case("1.12.1", "1.12.2", asked("POST", "/rules/x/stop"), ("200 ", "404 stop rule error: ")),
    Case(
        "1.13.0-alpha.2", "1.13.0-beta.1", NO_STREAM, ('1000,"message":"create', '2101,"message":')
    ),
    Case("1.13.0", "1.13.1", rule_twice, ("store the rule error", "rule r already exists")),
    Case("1.14.0-alpha.2", "1.14.0-alpha.3", ALL, (NOT_FOUND, "200 {")),
    Case("1.14.7", "2.0.0-alpha.2", ALL, ("200 {", NOT_FOUND)),
    Case("2.0.0-alpha.9", "2.0.0-alpha.10", ALL, (NOT_FOUND, "200 {")),
    Case("2.3.0-beta.3", "2.3.0-beta.4", rule_with_a_name_twice, ("201", "duplicate field")),
]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(release: str, options: Options) -> World:
        folder = tmp_path / release
        folder.mkdir()
        made.append(World(release, folder, options))
        return made[-1]

    yield make
    for one in made:
        one.service.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.before}-{case.after}")
def test_neighbours_answer_as_they_really_do(case: Case, world: Callable[..., World]) -> None:
    for release, wanted in zip((case.before, case.after), case.said, strict=True):
        text = case.ask(world(release, case.options))
        if wanted.startswith("!"):
            assert wanted[1:] not in text
        else:
            assert wanted in text
