"""The same requests to a real server and to the reference server of its release, and what differs.

They run one after the other: portable plugins have sockets that are named after them.
"""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import yaml

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.state import DELETED
from kuiper_pack.server import Options, ReferenceServer
from tests.proof.api_requests import ORIGIN, RESTART
from tests.proof.api_world import AUTHOR
from tests.proof.real_servers import OPEN, Build, RealServer
from tests.server.replay import counted
from tests.server.wire import Received, Request, exchange

START_TIMEOUT = 5
MODES: dict[str, Mapping[str, object]] = {
    "open": OPEN,
    "shipped": {},
    "uploads": {**OPEN, "basic.allowExternalFileAccess": False},
    "auth": {**OPEN, "basic.authentication": True},
}
"""The settings that concern what is answered."""
_TREES = ("etc", "data", "plugins")
_OWN = re.compile(
    r"data/(?:sqlite|trace|analyzer|.*\.db|.*/stores\.data|(?:rule|stream|sink)/)|.*/__pycache__"
)
"""What servers and interpreters keep for themselves."""
_DESCRIPTIONS = re.compile(r"/metadata/(?:sources|sinks|functions|sinks/[^/]+)")
_IN_CHUNKS = 2048
"""Servers send longer texts in chunks, the reference server never."""
_STATUS = re.compile(r"/plugins/portables/[^/]+/status")
"""What it tells of an end depends on which of two threads was first, before 2.1.3 after an update
even whether there was one (see docs/serve.md)."""
_REGISTERED_WITHIN = 3.0
_PAUSE = 0.02
_ADDRESS = re.compile(r"0x[0-9a-f]+")
_ONE_OF_SEVERAL = re.compile(r"(\.)[^\".]+ is not found")
"""Of several keys that cannot be deleted a server tells any."""
_EXPIRED = re.compile(r"(token is expired by )[0-9hms]+")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a request led to: an answer, and files (what appeared, what went, what changed)."""

    received: Received
    files: tuple[frozenset[str], frozenset[str], frozenset[str]]


BY_CHANCE = Seen(Received(None, {}), (frozenset(), frozenset(), frozenset()))
"""Stands for a restart with two plugins that claim one function: servers give it to any of them."""


def real(build: Build, mode: str, sequence: Sequence[Request]) -> list[Seen]:
    """What the real server answers and does to its files."""
    with RealServer(build, START_TIMEOUT, MODES[mode]) as server:

        def restart() -> None:
            server.restart()
            _await_portables(build, server)

        return [*_run(sequence, server.base, lambda: server.port, restart)]


def _await_portables(build: Build, server: RealServer) -> None:
    """Releases with a status answer before they have registered the portables that are there.

    A token is wanted where there are tokens; what has no program is never registered.
    """
    if not build.facts.portable_status:
        return
    manifests = (server.base / "plugins/portable").glob("*/*.json")
    names = [path.stem for path in manifests if path.stem == path.parent.name]
    end = time.monotonic() + _REGISTERED_WITHIN
    for name in names:
        path = f"/plugins/portables/{quote(name, safe='')}/status"
        while server.request("GET", path)[0] == 404 and time.monotonic() < end:
            time.sleep(_PAUSE)


def reference(build: Build, mode: str, sequence: Sequence[Request], base: Path) -> list[Seen]:
    """What the reference server answers and does to its files, which are in ``base``.

    The last is ``BY_CHANCE`` where the next restart leaves it to chance who has a function.
    """
    for kind in ("sources", "sinks", "functions"):
        (base / "etc" / kind).mkdir(parents=True)
        (base / "etc" / kind / "shipped").touch()
    listed = "alpine" in build.facts.prebuild_systems
    options = Options(
        loader="elf",
        allow_install_scripts=True,
        enable_private_net=mode != "shipped",
        allow_external_file_access=mode != "uploads",
        allowed_origins=(ORIGIN,),
        plugin_hosts="http://127.0.0.1:1" if listed else None,
        public_keys=build.etc / "mgmt" if mode == "auth" else None,
        python=build.python or sys.executable,
        handshake_within=START_TIMEOUT,
        exit_delay=3600,
    )
    server = ReferenceServer(build.release, data=base, options=options)
    with server:
        port = urlsplit(server.url).port or 0

        def claimed_twice() -> bool:
            state = server.service.machine.state
            plugins = [
                name for name, version in state.native[Kind.FUNCTION].items() if version != DELETED
            ]
            claims = [one for name in plugins for one in {*state.function_lists.get(name, [name])}]
            return len(claims) > len({*claims})

        return [*_run(sequence, base, lambda: port, server.restart, claimed_twice)]


def _run(
    sequence: Sequence[Request],
    base: Path,
    port: Callable[[], int],
    restart: Callable[[], None],
    is_by_chance: Callable[[], bool] = lambda: False,
) -> Iterator[Seen]:
    before = _files(base)
    for request in sequence:
        if request is RESTART:
            if is_by_chance():
                yield BY_CHANCE
                return
            restart()
            received = Received(200, {})
        else:
            try:
                received = _placed(exchange(port(), request), base)
            except ConnectionRefusedError:
                return  # the server has ended
        after = _files(base)
        both = before.keys() & after.keys()
        yield Seen(
            received,
            (
                frozenset(after.keys() - before.keys()),
                frozenset(before.keys() - after.keys()),
                frozenset(path for path in both if before[path] != after[path]),
            ),
        )
        before = after


def _placed(received: Received, base: Path) -> Received:
    """The answer without the place of its server."""
    here = str(base).encode()
    return Received(received.status, received.headers, received.body.replace(here, b"{BASE}"))


def _files(base: Path) -> dict[str, bytes]:
    """Files in and beside the folders of a server with their content, and empty folders."""
    found: dict[str, bytes] = {}
    for path in (one for tree in _TREES for one in (base / tree).rglob("*")):
        name = path.relative_to(base).as_posix()
        if _OWN.match(name) or name.startswith("etc/mgmt"):
            continue
        if path.is_file():
            found[name] = _content(path)
        elif not any(path.iterdir()) and not _OWN.match(f"{name}/"):
            found[f"{name}/"] = b""
    return found


def _content(path: Path) -> bytes:
    """What is in a file: of configurations what they say, of shared objects nothing."""
    if path.suffix == ".so":
        return b""
    data = path.read_bytes()
    if path.suffix != ".yaml":
        return data
    try:
        return json.dumps(yaml.safe_load(data), sort_keys=True, default=str).encode()
    except (yaml.YAMLError, UnicodeDecodeError):
        return data


def differences(build: Build, request: Request, seen: Seen, ours: Seen) -> list[str]:
    """What differs, in words: the real server's first."""
    if request is RESTART:
        return _of_files(seen, ours)
    theirs, mine = seen.received, ours.received
    found = []
    if theirs.status != mine.status:
        found.append(f"status {theirs.status} not {mine.status}")
    unlike = _is_description(request) and theirs.status == 200
    one, other = _headers(theirs, unlike), _headers(mine, unlike)
    named = sorted(key for key in {*one, *other} if one.get(key) != other.get(key))
    found += [f"{key} {one.get(key)} not {other.get(key)}" for key in named]
    text, our_text = body(build, request, theirs), body(build, request, mine)
    if text != our_text:
        found.append("body {} not {}".format(*_apart(text, our_text)))
    return found + _of_files(seen, ours)


def _apart(one: object, other: object) -> tuple[str, str]:
    """Two bodies that differ, in short."""
    if isinstance(one, list) and isinstance(other, list):
        return repr([x for x in one if x not in other]), repr([x for x in other if x not in one])
    return repr(one)[:800], repr(other)[:800]


def _of_files(seen: Seen, ours: Seen) -> list[str]:
    words = ("added", "removed", "changed")
    return [
        f"{word} {sorted(theirs - mine)} not {sorted(mine - theirs)}"
        for word, theirs, mine in zip(words, seen.files, ours.files, strict=True)
        if theirs != mine
    ]


def _is_description(request: Request) -> bool:
    """Whether the answer may describe what is built in, too."""
    path = unquote(request.target.partition("?")[0])
    return _DESCRIPTIONS.fullmatch(path) is not None


def _headers(received: Received, unlike: bool) -> dict[str, str]:
    """All headers but the time; of the length only whether it is told.

    What depends on the length is left out where bodies are ``unlike`` each other.
    """
    left_out = {
        "date",
        *(("content-length", "transfer-encoding", "content-type") if unlike else ()),
    }
    if len(received.body) > _IN_CHUNKS:
        left_out |= {"content-length", "transfer-encoding"}
    headers = {key: value for key, value in received.headers.items() if key not in left_out}
    if "content-length" in headers:
        headers["content-length"] = "told"
    return headers


def body(build: Build, request: Request, received: Received) -> object:
    """What can be compared of a body: lists as sets, no times, nothing that is built in."""
    path = unquote(request.target.partition("?")[0])
    if path == "/batch/req" and received.status == 200:
        return _batch(build, request, received)
    text = _ADDRESS.sub("0x", received.body.decode("utf-8", "surrogateescape"))
    text = _EXPIRED.sub(r"\1", text)
    if "/confKeys/" in request.target:
        text = _ONE_OF_SEVERAL.sub(r"\1 is not found", text)
    if text.startswith('{"version"'):
        return [*json.loads(text)]
    if _STATUS.fullmatch(path) and received.status == 200:
        return _status(build, text)
    if _is_description(request) and received.status == 200:
        return _described(build, text)
    if text.startswith("[") and received.status == 200:
        try:
            return (sorted(json.dumps(one) for one in json.loads(text)), text.endswith("\n"))
        except ValueError:
            return text
    return counted(text)


def _batch(build: Build, request: Request, received: Received) -> object:
    """The answers to the requests of a batch, in their order, each as it is compared alone."""
    asked, answers = _first_value(request.body or b""), json.loads(received.body)
    if not isinstance(asked, list) or len(asked) != len(answers):
        return answers
    compared = []
    for one, answer in zip(asked, answers, strict=True):
        inner = Request(str(one.get("method")), str(one.get("path")))
        text = str(answer.get("response", "")).encode()
        said = body(build, inner, Received(answer.get("code"), {}, text))
        compared.append((answer | {"response": None}, said))
    return compared


def _first_value(data: bytes) -> object:
    """The JSON that the bytes begin with; None where that is none."""
    try:
        found: object = json.JSONDecoder().raw_decode(data.decode(errors="replace").lstrip())[0]
    except ValueError:
        return None
    return found


def _status(build: Build, text: str) -> object:
    """The status of a portable: whether it runs, where that does not depend on threads."""
    told = json.loads(text)
    ended = told["status"] in ("error", "stop")
    if not build.facts.portable_restarts_killed:
        return sorted(told)
    return (told["refCount"], "ended" if ended else told["status"], sorted(told))


def _described(build: Build, text: str) -> object:
    """Descriptions of our plugins that have what they are called after; none is none anyhow."""
    try:
        found = json.loads(text or "null")
    except ValueError:
        return "no JSON"  # files are put together as they are, whatever is in them
    if isinstance(found, dict):
        return found.get("customProperty", found)
    if isinstance(found, list | None):
        names = {path.stem for paths in build.shared_objects.values() for path in paths}
        mine = [one for one in found or () if one.get("name", "") in {*names, ""}]
        if not build.facts.opens_so:  # it finds out when it starts again
            mine = [{**one, "about": {**one["about"], "installed": None}} for one in mine]
        return sorted(one for one in map(json.dumps, mine) if AUTHOR in one)
    return text
