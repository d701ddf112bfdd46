"""A server that is killed between any two steps starts again with what the release had by then."""

import json
import os
import subprocess
import sys
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import pytest

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner import Assumptions
from kuiper_pack.planner.steps import Discard, Step, Store
from kuiper_pack.portable.isolation import TMP
from kuiper_pack.portable.miniplugin import files
from kuiper_pack.portable.process import MARK
from kuiper_pack.profiles import Release, profile
from kuiper_pack.server import Options, Service
from tests.proof.ledger import Ledger, Row, write_table
from tests.proof.model import Model
from tests.proof.real_servers import Build
from tests.proof.sequences import Action, planned
from tests.server.hosts import no_processes
from tests.server.model import files_of, request, unplanned
from tests.server.test_predictions import NOT_RUN
from tests.server.worlds import ELF, package_of, waited_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

WHATS = ("create", "update", "delete")
POINTS, SEED = 100, "2026"
KILLED = -9
_COLUMNS = ("release", *WHATS, "differ")
_TEXT = """
The reference server is ended by SIGKILL before a step of a plan, or after the last one: steps are
what a release does one after the other, such as writing an entry, running install.sh, or keeping a
list. The requests and the steps are drawn from a seed. Then it is started on the same folder, and
its registries, lists of functions and files are compared with those that the plans give for a
release that had come so far; with `--strict`, with those from before the request. No process of a
plugin may be left. The columns count the kills in requests of each sort, and what differs.
"""
RELEASES = ("0.9.1", "1.4.4", "1.14.7", "2.0.8", "2.2.1", "2.4.0")
_CHILD = """\
import json, os, signal, sys
from pathlib import Path
from kuiper_pack.profiles import Release
from kuiper_pack.server import Options, Service
from kuiper_pack.server.performer import Performer

told = json.loads(sys.argv[1])
options = Options(python=sys.executable, **told["options"])
service = Service(Release.parse(told["release"]), Path(told["base"]), options)
*before, last = told["requests"]
for method, target, body in before:
    assert service.handle(method, target, body=body.encode()).status == 201
whole, left = Performer.perform, iter(range(told["point"]))

def perform(self, step):
    if next(left, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(self, step)

Performer.perform = perform
service.handle(last[0], last[1], body=last[2].encode())
os.kill(os.getpid(), signal.SIGKILL)
"""


class Killed(Exception):
    """The plan is cut here."""


@dataclass(frozen=True)
class Case:
    """A request that a server is killed in, before the step of that number."""

    release: Release
    kind: Kind
    what: str
    strict: bool
    scripts: bool
    part: float
    """Where in the plan, from 0 to 1."""

    @property
    def options(self) -> dict[str, Any]:
        """Those of the server."""
        return {"strict": self.strict, "allow_install_scripts": self.scripts}


def cases(count: int, seed: str) -> list[Case]:
    """Cases from a seed."""
    rng = Random(seed)
    found: list[Case] = []
    while len(found) < count:
        release = Release.parse(RELEASES[len(found) % len(RELEASES)])
        facts = profile(release)
        kinds = [Kind.FUNCTION, Kind.SOURCE, *([Kind.PORTABLE] * 2 if facts.portable else [])]
        kind, what = rng.choice(kinds), rng.choice(WHATS)
        can = facts.portable_update if kind is Kind.PORTABLE else facts.native_update
        if what == "update" and not can:
            continue
        strict, scripts = rng.random() < 0.2, rng.random() < 0.6
        found.append(Case(release, kind, what, strict, scripts, rng.random()))
    return found


def killed_there(case: Case, folder: Path) -> str:
    """Kill a server and start it again; what differs from the plan that was cut."""
    with no_processes():
        fresh = _fresh(case, folder)
    build = Build(case.release, Path(), Path(), profile(case.release).go)
    model = Model(build, frozenset({ELF}))
    start = model.disk.listing()
    name = f"k{os.getpid()}"
    old = package_of(folder / "old.zip", _content(case.kind, name, script=False))
    new = package_of(folder / "new.zip", _content(case.kind, name, script=True))
    requests = []
    if case.what != "create":
        requests.append(("create", old))
    requests.append((case.what, new))
    kept: dict[str, tuple[str, ...]] = {}
    sent = []
    for what, url in requests:
        functions = {"functions": [f"{name}f"]} if case.kind is Kind.FUNCTION else {}
        action = Action(what, case.kind, name, {"name": name, **functions})
        sent.append(
            [text if isinstance(text, str) else text.decode() for text in request(action, url)]
        )
        last = len(sent) == len(requests)
        before = deepcopy((model, kept))
        steps = _run(model, action, sent[-1][2], url, case, kept)
        if last:
            point = int(case.part * (steps + 1))
            model, kept = before
            if not case.strict or point >= steps:
                _run(model, action, sent[-1][2], url, case, kept, point)
    told = {
        "release": case.release.text,
        "base": str(folder / "base"),
        "options": case.options,
        "requests": sent,
        "point": point,
    }
    with subprocess.Popen([sys.executable, "-c", _CHILD, json.dumps(told)]) as child:
        code = child.wait(60)
    for socket in (f"plugin_{name}.ipc", f".kp-{name}.lock"):  # the next such plugin would take it
        (TMP / socket).unlink(missing_ok=True)
    model.state.function_lists = dict(kept)
    model.restart()
    waited_for(lambda: not _processes_of(child.pid))
    with no_processes():
        differ = _differs(case, folder, model, (fresh, start))
    if code != KILLED:
        differ += f" ended with {code}"
    return f"{case} before step {point} of {steps}: {differ}" if differ else ""


def _content(kind: Kind, name: str, *, script: bool) -> dict[str, bytes]:
    content = files(name)
    if kind is not Kind.PORTABLE:
        content = {f"{name}.so": ELF, f"{name}.json": b"{}", "etc/a.conf": b"a"}
    if kind is Kind.SOURCE:
        content[f"{name}.yaml"] = b"default: {}\n"
    if script:
        content["install.sh"] = b"exit 0\n"
    return content


def _run(
    model: Model,
    action: Action,
    body: str,
    url: str,
    case: Case,
    kept: dict[str, tuple[str, ...]],
    point: int | None = None,
) -> int:
    """Run a plan up to a step; the number of steps that were done."""
    done = 0

    def told(step: Step) -> None:
        nonlocal done
        if done == point:
            _cut()
        done += 1
        if isinstance(step, Store) and step.table == "pluginFuncs":
            kept[step.key] = tuple(step.value)
        elif isinstance(step, Discard) and step.table == "pluginFuncs":
            kept.pop(step.key, None)

    model.told = told
    script = Assumptions() if case.scripts else Assumptions(script=NOT_RUN)
    archive = Path(url.removeprefix("file://")).read_bytes()
    try:
        model.run(planned(model.state, action, body.encode()), archive, script)
    except Killed:
        pass
    finally:
        model.told = lambda _: None
    return done


def _cut() -> NoReturn:
    raise Killed


def _fresh(case: Case, folder: Path) -> set[str]:
    """The files of a server that has just been started."""
    Service(case.release, folder / "other", Options(**case.options)).close()
    return files_of(folder / "other")


def _differs(case: Case, folder: Path, model: Model, before: tuple[set[str], set[str]]) -> str:
    service = Service(case.release, folder / "base", Options(**case.options))
    try:
        state = service.machine.state
        seen = (
            {kind.plural: dict(found) for kind, found in state.native.items()},
            {*state.portables},
            dict(state.symbols),
        )
        wanted = {kind.plural: dict(found) for kind, found in model.state.native.items()}
        expected = wanted, {*model.state.portables}, dict(model.state.symbols)
    finally:
        service.close()
    differ = "" if seen == expected else f"{seen} not {expected}"
    paths = unplanned(files_of(folder / "base"), before[0], model.disk.listing(), before[1])
    return differ + ", ".join(sorted(paths))


def _processes_of(server: int) -> list[str]:
    """The processes of plugins that a server has started."""
    mark, found = f"{MARK}={server}.".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("number", range(6))
def test_a_killed_server_starts_with_what_the_release_had_by_then(
    number: int, tmp_path: Path
) -> None:
    assert not killed_there(cases(6, "tox")[number], tmp_path)


@pytest.mark.proof
def test_at_a_hundred_points(tmp_path: Path) -> None:
    ledger = Ledger.of_this_commit("cuts")
    rows = []
    for number, case in enumerate(cases(POINTS, SEED)):
        folder = tmp_path / str(number)
        folder.mkdir()
        rows.append(ledger.once(str(number), partial(_row, case, folder)))
    _write_table(rows)
    assert [row for row in rows if row["differs"]] == []


def _row(case: Case, folder: Path) -> Row:
    return {
        "release": case.release.text,
        "how": ", strict" if case.strict else "",
        "what": case.what,
        "differs": killed_there(case, folder),
    }


def _write_table(points: list[Row]) -> None:
    rows: list[Row] = []
    for release in RELEASES:
        for how in ("", ", strict"):
            mine = [row for row in points if (row["release"], row["how"]) == (release, how)]
            kills = Counter(row["what"] for row in mine)
            counts = {what: kills[what] for what in WHATS}
            differ = sum(bool(row["differs"]) for row in mine)
            if mine:
                rows.append({"release": f"{release}{how}", **counts, "differ": differ})
    write_table("cuts", "Servers that are killed", _TEXT, _COLUMNS, rows)
