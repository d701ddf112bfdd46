"""What a server does to one request after another, and over restarts, is what the plans say."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner import Assumptions
from kuiper_pack.planner.outcome import Outcome
from kuiper_pack.planner.state import ServerState
from kuiper_pack.planner.steps import ScriptResult
from tests.proof.ledger import KEPT, Ledger, Row, this_commit, write_table
from tests.proof.model import Model
from tests.proof.packages import KINDS
from tests.proof.rawzip import Item, write_zip
from tests.proof.real_servers import VARIABLE, Build, RealServer, builds
from tests.proof.sequences import BUILDS, FAILING, Action, actions, planned

SEQUENCES = 40
LENGTH = 15
SEED = "2026"
_AT_ONCE = 2
_BASE = "/kuiper"
_ADDRESS = re.compile(r"0x[0-9a-f]+")
_KIND_FOLDER = re.compile(r"(?:plugins|etc|data)/(?:sources|sinks|functions|portable)/")
_OPEN_FAILED = re.compile(r'cannot open \S+: (.*?)"?\}?\n?\Z', re.DOTALL)
_COLUMNS = ("release", "sequences", "steps", "accepted", "refused", "restarts", "agree", "differ")
_TEXT = """
Sequences of requests (create, update, delete, register) and restarts, each on a real server of its
own and run through the plans. After every step the status, the text and all files are compared, and
after a restart the lists of plugins. It is repeated as the proof of
[predictions](predictions.md) is, with `tests/proof/test_sequences.py`.
"""


@pytest.mark.proof
@pytest.mark.skipif(not builds(), reason=f"{VARIABLE} names no description of real servers")
@pytest.mark.parametrize("build", builds(), ids=[build.release.text for build in builds()])
def test_sequences_go_as_planned(build: Build) -> None:
    ledger = Ledger.of_this_commit(f"sequences-{build.release.text}")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        rows = list(
            pool.map(
                lambda key: ledger.once(key, partial(judge, build, key)),
                [f"{SEED} {number}" for number in range(SEQUENCES)],
            )
        )
    _write_table()
    assert {row["key"]: row["differ"] for row in rows if row["differ"]} == {}


def judge(build: Build, key: str) -> Row:
    """Run a sequence up to its end or the first difference."""
    facts = build.facts
    kinds = KINDS if facts.portable else KINDS[:3]
    stem = "q" + "".join(filter(str.isalnum, f"{build.release.text}x{key}"))
    counts = {"accepted": 0, "refused": 0, "restarts": 0}
    done: list[str] = []
    differ = ""
    model = Model(build, frozenset(_build(kind, one) for kind in KINDS for one in BUILDS))
    with RealServer(build) as server:
        base = server.listing()
        start = model.disk.listing()
        for action in actions(kinds, LENGTH, key, stem):
            done.append(str(action))
            if action.what == "restart":
                server.restart()
                model.restart()
                counts["restarts"] += 1
                differ = _lists(server, model.state)
            else:
                status, text = _request(server, build, action)
                outcome = _planned(model, action, text.replace(str(server.base), _BASE), server)
                counts["accepted" if outcome.accepted else "refused"] += 1
                differ = _answers(status, text.replace(str(server.base), _BASE), outcome)
            after = server.listing()
            ours = model.disk.listing()
            differ += _files("added", after - base, ours - start)
            differ += _files("removed", base - after, start - ours)
            if differ:
                differ = f"{differ} after {' | '.join(done)}"
                break
    return {"key": key, "steps": len(done), **counts, "differ": differ}


def _request(server: RealServer, build: Build, action: Action) -> tuple[int | None, str]:
    route = f"/plugins/{action.kind.plural}"
    if action.what == "register":
        return server.request("POST", f"{route}/{action.name}/register", action.body)
    if action.what == "delete":
        return server.request("DELETE", f"{route}/{action.name}")

    def filled(item: Item) -> Item:
        if item.data in BUILDS:
            return replace(item, data=build.shared_object(action.kind, BUILDS.index(item.data)))
        return item

    archive = write_zip(tuple(map(filled, action.items)))
    body = (action.body or {}) | {"file": server.file_url("package.zip", archive)}
    if action.what == "update":
        return server.request("PUT", f"{route}/{action.name}", body)
    return server.request("POST", route, body)


def _planned(model: Model, action: Action, text: str, server: RealServer) -> Outcome:
    body = (action.body or {}) | {"file": f"file://{_BASE}/files/package.zip"}
    plan = planned(model.state, action, json.dumps(body).encode())

    def named(item: Item) -> Item:
        return replace(item, data=_build(action.kind, item.data)) if item.data in BUILDS else item

    archive = write_zip(tuple(map(named, action.items))) if action.items else None
    scripts = [item.data for item in action.items if item.name == b"install.sh"]
    failed = FAILING in scripts
    script = ScriptResult("exit status 3") if failed else ScriptResult()
    said = _OPEN_FAILED.search(text.replace('\\"', '"'))
    return model.run(plan, archive, Assumptions(script=script), said[1] if said else "")


def _build(kind: Kind, stand_in: bytes) -> bytes:
    """Shared objects of two kinds are two builds."""
    return kind.value.encode() + stand_in


def _answers(status: int | None, text: str, outcome: Outcome) -> str:
    text, planned = _ADDRESS.sub("0x", text), _ADDRESS.sub("0x", outcome.text)
    if (status, text) == (outcome.status, planned):
        return ""
    return f"{status} {text!r} not {outcome.status} {planned!r}"


def _files(what: str, seen: frozenset[str], planned: set[str]) -> str:
    ours = {path.removeprefix(f"{_BASE}/") for path in planned}
    differing = [path for path in seen ^ ours if not _KIND_FOLDER.fullmatch(path)]
    return f"; {what}: " + ", ".join(sorted(differing)) if differing else ""


def _lists(server: RealServer, state: ServerState) -> str:
    listed: dict[str, set[str]] = {kind.plural: set(found) for kind, found in state.native.items()}
    found = ""
    for kind, names in listed.items():
        seen = set(json.loads(server.request("GET", f"/plugins/{kind}")[1]))
        if seen != names:
            found += f"listed {kind} {sorted(seen)} not {sorted(names)}"
    if state.profile.portable:
        answer = json.loads(server.request("GET", "/plugins/portables")[1])
        seen = {one["name"] for one in answer}
        if seen != set(state.portables):
            found += f"listed portables {sorted(seen)} not {sorted(state.portables)}"
    return found


def _write_table() -> None:
    rows: list[Row] = []
    for build in builds():
        kept = KEPT / f"sequences-{build.release.text}@{this_commit()}.jsonl"
        known = list(Ledger(kept).rows.values())
        if not known:
            continue
        row: dict[str, str | int] = {"release": build.release.text, "sequences": len(known)}
        for column in ("steps", "accepted", "refused", "restarts"):
            row[column] = sum(int(one[column]) for one in known)
        differ = sum(bool(one["differ"]) for one in known)
        rows.append(row | {"agree": len(known) - differ, "differ": differ})
    write_table("sequences", "Sequences and real servers", _TEXT, _COLUMNS, rows)
