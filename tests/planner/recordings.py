"""Recordings of real servers, replayed through the planner.

A replay keeps one server in memory per section: what the plans do to it is the state that the next
exchange of the section meets. From the recorded answer only that is taken which the world outside
the server decides: whether a download, a shared object, a script or a process worked.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner import native, portable
from kuiper_pack.planner.disk import Disk
from kuiper_pack.planner.folders import Folders
from kuiper_pack.planner.outcome import Outcome, Plan
from kuiper_pack.planner.predict import fresh_disk
from kuiper_pack.planner.simulation import Assumptions, Simulation, run
from kuiper_pack.planner.start_up import start_up
from kuiper_pack.planner.state import ServerState
from kuiper_pack.planner.steps import (
    Archive,
    Failure,
    OpenSharedObject,
    ScriptResult,
    Step,
)
from kuiper_pack.profiles import Profile, Release, behaviour

DATA = Path(__file__).parent.parent / "data" / "recordings"
VERSIONS = {"0.9.1": "0.9.1", "1.4.4": "1.4.4", "v1.14.7": "1.14.7", "v2.4.0": "2.4.0"}
KINDS = {"sources": Kind.SOURCE, "sinks": Kind.SINK, "functions": Kind.FUNCTION}
Exchange = dict[str, Any]

_PATH = re.compile(r"/plugins/(sources|sinks|functions|portables)(?:/([^/]*))?(/register)?")
_SCRIPT_FAILED = re.compile(r"(?:install plugin|unzip file \S+): (exit status \d+)")
_SCRIPT_OUTPUT = re.compile(r"err:(exit status \d+) stdout:(.*?) stderr:(.*)", re.DOTALL)
_OPEN_FAILED = re.compile(r"cannot open \S+: (.*)", re.DOTALL)
_START_FAILED = re.compile(
    r"fail to install plugin: (plugin (?:executable )?\S+ (?:stops with|control).*)", re.DOTALL
)
_FOLDERS = Folders()
_TOKENS = {
    "{PLUGINS}": _FOLDERS.plugins,
    "{ETC}": _FOLDERS.etc,
    "{DATA}": _FOLDERS.data,
    "{BASE}": "/kuiper",
    "{FILES}": "/packages",
    "{LOCALHOST_HOST}": "localhost:8000",
    "{HOST}": "127.0.0.1:8000",
    "{HOSTPORT}": "8000",
}
_NOT_PLANNED = ("auth",)  # a token is checked before any plan
_BY_HAND = (
    "sources/broken.so",
    "functions/Autofn@1.2.so",
    "sources/multi@v1.0.0.so",
    "sources/multi@v10.0.0.so",
    "sources/multi@v9.0.0.so",
)
_OURS = (f"open {_FOLDERS.plugins}", "openat ")


@cache
def exchanges(version: str) -> tuple[Exchange, ...]:
    """Every line of a recording, in order, with the folders of the replayed server."""
    text = (DATA / f"{version}.jsonl").read_text(encoding="utf-8")
    for token, value in _TOKENS.items():
        text = text.replace(token, value)
    return tuple(json.loads(line) for line in text.splitlines())


@cache
def _packages(version: str) -> tuple[dict[str, Any], ...]:
    text = (DATA / f"{version}.packages.json").read_text(encoding="utf-8")
    return tuple(json.loads(text))


def sections(version: str) -> Iterator[tuple[str, str, list[Exchange]]]:
    """Mode, name and lines of each section, in order."""
    found: dict[tuple[str, str], list[Exchange]] = {}
    for exchange in exchanges(version):
        found.setdefault((exchange["mode"], exchange["section"]), []).append(exchange)
    for (mode, name), lines in found.items():
        yield mode, name, lines


@dataclass
class Server:
    """A server in memory that outlives restarts."""

    profile: Profile
    state: ServerState = field(init=False)
    disk: Disk = field(init=False)
    contents: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state = ServerState(self.profile)
        self.disk = fresh_disk(self.profile, self.state.folders)

    def restart(self) -> None:
        """Forget what only the process knew, and start again; broken shared objects do not load."""
        lists = dict(self.state.function_lists)
        self.state = ServerState(self.profile, function_lists=lists)
        simulation = Simulation(self.disk, contents=self.contents)
        run(start_up(self.state), lambda step: _start_step(simulation, step))

    def put(self, path: str, content: bytes = b"") -> None:
        """A file dropped by hand."""
        self.disk.make_folders(path.rpartition("/")[0])
        self.disk.create(path, 0o644)
        self.contents[path] = content

    def replay(self, version: str, exchange: Exchange) -> Outcome | None:
        """What the planner says to an exchange; None where it plans nothing of the kind."""
        plan = _plan(self.state, exchange)
        if plan is None:
            return None
        archive, contents = _archive(version, exchange)
        simulation = Simulation(
            self.disk,
            archive,
            lambda entry: contents[id(entry)],
            _answers(exchange),
        )
        outcome = run(plan, simulation.perform)
        self._keep_manifest(exchange, archive, contents)
        return outcome

    def _keep_manifest(
        self, exchange: Exchange, archive: Archive | Failure, contents: dict[int, bytes]
    ) -> None:
        if isinstance(archive, Failure) or "portables" not in exchange["path"]:
            return
        for entry in archive.entries:
            folder = f"{self.state.folders.plugins}/portable/{entry.name.removesuffix('.json')}"
            self.contents[f"{folder}/{entry.name}"] = contents[id(entry)]


def _start_step(simulation: Simulation, step: Step) -> Any:
    if isinstance(step, OpenSharedObject) and "broken" in step.path:
        return Failure("invalid ELF header")
    return simulation.perform(step)


def section_servers(version: str) -> Iterator[tuple[str, list[Exchange], "Server"]]:
    """Each section with the server that it met: fresh, restarted, or prepared by hand."""
    servers: dict[tuple[str, str], Server] = {}
    for mode, name, lines in sections(version):
        if name in _NOT_PLANNED or "rules" in name or "wrong-builds" in name:
            continue
        before = servers.get((mode, name.replace("-restarted", "-lifecycle")))
        if before is not None:
            before.restart()
        servers[mode, name] = server = before or server_of(version)
        if name == "native-by-hand":
            _drop_by_hand(server)
        yield f"{mode} {name}", lines, server


def _drop_by_hand(server: Server) -> None:
    folders = server.state.folders
    for path in _BY_HAND:
        server.put(f"{folders.plugins}/{path}")
    server.restart()
    for folder in (folders.etc, folders.data):
        server.put(f"{folder}/sources/late.yaml")


def server_of(version: str) -> Server:
    """A fresh server of a recorded version."""
    return Server(behaviour(Release.parse(VERSIONS[version])))


def _plan(state: ServerState, exchange: Exchange) -> Plan | None:
    match = _PATH.fullmatch(exchange["path"])
    if match is None:
        return None
    method, (segment, name, register) = exchange["method"], match.groups()
    body = (exchange["body"] or "").encode()
    stop = "stop=1" in exchange["query"].split("&")
    if register:
        return native.register(state, name, body) if method == "POST" else None
    if segment == "portables":
        plans = {
            ("POST", False): lambda: portable.create(state, body),
            ("PUT", True): lambda: portable.update(state, name, body),
            ("DELETE", True): lambda: portable.delete(state, name),
        }
    else:
        kind = KINDS[segment]
        plans = {
            ("POST", False): lambda: native.create(state, kind, body),
            ("PUT", True): lambda: native.update(state, kind, name, body),
            ("DELETE", True): lambda: native.delete(state, kind, name, stop=stop),
        }
    make = plans.get((method, name is not None))
    return make() if make else None


def _archive(version: str, exchange: Exchange) -> tuple[Archive | Failure, dict[int, bytes]]:
    if exchange.get("package") is None:
        return Failure("zip: not a valid zip file"), {}
    described = _packages(version)[exchange["package"]]
    entries: list[Entry] = []
    contents: dict[int, bytes] = {}
    for one in described["entries"]:
        folder = one["name"].endswith("/")
        mode = int(one.get("mode", "0o755" if folder else "0o644"), 8)
        data = str(one.get("text", one.get("so", ""))).encode()
        kind = 0o040000 if folder else 0o100000
        entries.append(Entry(one["name"], folder, kind | mode & 0o7777, len(data)))
        contents[id(entries[-1])] = data
    return Archive(tuple(entries)), contents


def message_of(exchange: Exchange) -> str:
    """The words of a recorded refusal, out of whatever wraps them."""
    text = str(exchange.get("text") or "")
    if text.startswith('{"error"'):
        try:
            return str(json.loads(text)["message"])
        except ValueError:
            return text.partition('"message":"')[2].removesuffix('"}\n')
    return text.removesuffix("\n")


def _answers(exchange: Exchange) -> Assumptions:
    if exchange["status"] is not None and exchange["status"] < 400:
        return Assumptions()
    message = message_of(exchange)
    if "fail to download file " in message:
        url = json.loads(exchange["body"])["file"]
        words = message.partition(f"fail to download file {url}: ")[2]
        if "uploads" in exchange["mode"]:
            return Assumptions(fetch=Failure(words))
        if words == "unexpected EOF":
            return Assumptions(save=Failure(words))
        return Assumptions() if words.startswith(_OURS) else Assumptions(fetch=Failure(words))
    return next(
        (
            answer(match)
            for pattern, answer in _WORLD
            if (match := pattern.search(message)) and "permission denied" not in message
        ),
        Assumptions(),
    )


_WORLD: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Assumptions]], ...] = (
    (_SCRIPT_OUTPUT, lambda match: Assumptions(script=ScriptResult(*match.groups()))),
    (_SCRIPT_FAILED, lambda match: Assumptions(script=ScriptResult(match[1]))),
    (_OPEN_FAILED, lambda match: Assumptions(open=Failure(match[1]))),
    (_START_FAILED, lambda match: Assumptions(start=Failure(match[1]))),
)
