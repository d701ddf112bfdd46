"""What a server has to say after each request: the plans' model, with what lies around the plans.

``tests/proof/model.py`` knows registries and files. Added here are the processes of portable
plugins, the rules that use them, and uploads. One restart forgets what is not kept.
"""

import json
import os
import re
from collections import Counter
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner import Assumptions
from kuiper_pack.planner.outcome import Outcome, Refused
from kuiper_pack.planner.portable_files import start
from kuiper_pack.planner.state import DELETED, ServerState
from kuiper_pack.planner.steps import NotStarted, ScriptResult, Start, Step, Stop
from kuiper_pack.profiles import Release, profile
from kuiper_pack.server.manners import manners
from tests.proof.model import Model
from tests.proof.packages import PROGRAM
from tests.proof.real_servers import Build
from tests.proof.sequences import BUILDS, FAILING, Action, planned
from tests.shared_objects import ELF

BASE = "/kuiper"
"""The folder of the server."""
_KIND_FOLDER = re.compile(r"(?:plugins|etc|data)/(?:sources|sinks|functions|portable|uploads)/")
LOADS = {one: ELF + one for one in BUILDS}
"""Shared objects that the loader ``elf`` takes, for those that only stand for one."""

_PROGRAM = b"""\
from ekuiper import PluginConfig, Sink, Source, plugin

NAME = %s


class Quiet(Source):
    def configure(self, datasource, config):
        pass

    def open(self, ctx):
        ctx.stopped.wait()


class Deaf(Sink):
    def configure(self, config):
        pass

    def open(self, ctx):
        pass

    def collect(self, ctx, row):
        pass


plugin.start(PluginConfig(NAME, {"ps": Quiet, NAME + "s": Quiet}, {"pk": Deaf}, {}))
"""
"""With all sources and sinks that a manifest may name."""


@dataclass(slots=True)
class Running:
    """The processes of portable plugins, as far as their statuses tell."""

    starts_killed: bool
    told: dict[str, tuple[str, str]] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    """By plugin, how many of its sources and sinks each rule uses."""
    unheard: dict[str, Counter[str]] = field(default_factory=dict)
    """What rules have let go of while there was no process."""
    killed: set[str] = field(default_factory=set)
    """By the plan that runs."""

    def note(self, step: Step) -> None:
        """A plan takes a step."""
        if isinstance(step, Start):
            self._start(step.plugin.name)
        elif isinstance(step, NotStarted):
            self.told[step.name] = ("error", step.words)
        elif isinstance(step, Stop) and step.name in self.told:
            if self._runs(step.name):
                self.told[step.name] = ("error", "signal: killed")
                self.killed.add(step.name)
            else:
                self.told[step.name] = ("stop", "")

    def use(self, plugin: str, rule: str) -> None:
        """A rule uses one more source or sink, whose process runs."""
        self.counts.setdefault(plugin, Counter())[rule] += 1

    def let_go(self, plugin: str, rule: str) -> None:
        """A rule uses one less."""
        heard = self.counts if self._runs(plugin) else self.unheard
        heard.setdefault(plugin, Counter())[rule] += -1 if heard is self.counts else 1

    def status(self, name: str) -> dict[str, Any] | None:
        """The status that is told of a plugin; None where its process was never tried."""
        if name not in self.told:
            return None
        word, message = self.told[name]
        return {"refCount": +self.counts.get(name, Counter()), "status": word, "errMsg": message}

    def _runs(self, name: str) -> bool:
        return self.told.get(name, ("",))[0] == "running"

    def _start(self, name: str) -> None:
        if self._runs(name) or (name in self.killed and not self.starts_killed):
            return
        self.told[name] = ("running", "")
        self.counts.setdefault(name, Counter()).subtract(self.unheard.pop(name, Counter()))


class Reader(NamedTuple):
    """A rule: the source and the sink of portable plugins that it uses."""

    source: str
    sink: str | None


class ApiModel:
    """What a server of a release answers, as it is or ``strict``."""

    def __init__(self, release: Release, *, strict: bool = False) -> None:
        self.strict = strict
        self.facts = profile(release)
        self.manners = manners(release)
        loads = frozenset(LOADS.values())
        self.plugins = Model(Build(release, Path(), Path(), self.facts.go), loads)
        self.fresh = self.plugins.disk.listing()
        self.uploads: dict[str, bytes] = {}
        self.rules: dict[str, Reader] = {}
        self.stopped: set[str] = set()
        self.uses: dict[str, list[str]] = {}
        """The plugins of what each rule that runs uses."""
        self._boot()

    @property
    def state(self) -> ServerState:
        """The registries."""
        return self.plugins.state

    def act(self, action: Action, body: bytes, archive: bytes, failed: str) -> Outcome:
        """What a request comes to; ``failed`` are the words for an object that does not load."""
        scripts = [item.data for item in action.items if item.name == b"install.sh"]
        script = ScriptResult("exit status 3") if FAILING in scripts else ScriptResult()
        plugins = self.plugins
        before = deepcopy((plugins.state, plugins.disk, plugins.contents)) if self.strict else None
        plan = planned(self.state, action, body)
        outcome = plugins.run(plan, archive, Assumptions(script=script), failed)
        self.running.killed.clear()
        if before is not None:
            if not outcome.accepted:
                plugins.state, plugins.disk, plugins.contents = before
                self._start_again()
            for registry in self.state.native.values():
                for name in [one for one, version in registry.items() if version == DELETED]:
                    del registry[name]
        return outcome

    def restart(self) -> None:
        """What a new process is."""
        self._boot()
        self.plugins.restart()
        for rule in self.rules:
            if rule not in self.stopped:
                self.start_rule(rule)

    def start_rule(self, name: str) -> None:
        """A rule starts what it uses, if all of it is there."""
        self.stopped.discard(name)
        if not self.can_start(name):
            return
        self.uses[name] = self._providers(name)
        for provider in self.uses[name]:
            self.running.note(Start(self.state.portables[provider]))
            self.running.use(provider, name)

    def can_start(self, name: str) -> bool:
        """Whether all that a rule uses is there."""
        return all(provider in self.state.portables for provider in self._providers(name))

    def stop_rule(self, name: str) -> None:
        """A rule uses nothing any more."""
        self.stopped.add(name)
        for plugin in self.uses.pop(name, []):
            self.running.let_go(plugin, name)

    def status(self, plugin: str) -> dict[str, Any] | None:
        """The status that is told of a portable plugin, if any is."""
        if self.strict and plugin not in self.state.portables:
            return None
        return self.running.status(plugin)

    def symbols(self, kind: str) -> list[str]:
        """The symbols of portable plugins that are there now."""
        return sorted(
            symbol
            for (of, symbol), plugin in self.state.portable_symbols.items()
            if of == kind and plugin in self.state.portables
        )

    def described(self, kind: Kind, name: str) -> dict[str, Any] | None:
        """What is told of a plugin; None if it is not known."""
        if kind is Kind.PORTABLE:
            plugin = self.state.portables.get(name)
            if plugin is None:
                return None
            lists = {key: getattr(plugin, key) for key in ("sources", "sinks", "functions")}
            told = {key: None if one is None else [*one] for key, one in lists.items()}
            about = {"language": plugin.language, "executable": plugin.executable}
            return {"name": name, "version": plugin.version, **about, **told}
        version = self.state.native[kind].get(name)
        if version is None:
            return None
        if self.facts.so_name == "any" and version != DELETED:
            version = version.removeprefix("v")
        functions = self.state.function_lists.get(name) if self.facts.function_lists else None
        if kind is Kind.FUNCTION and functions:
            return {"functions": [*functions], "name": name, "version": version}
        return {"name": name, "version": version}

    def names(self, kind: Kind) -> set[str]:
        """All names of a list."""
        return {*self.state.portables} if kind is Kind.PORTABLE else {*self.state.native[kind]}

    def _start_again(self) -> None:
        """A strict server starts what a refused update has killed."""
        if self.facts.starts_portable:
            for plugin in self.state.portables.values():
                with suppress(Refused):
                    for step in start(plugin):
                        self.running.note(step)

    def _boot(self) -> None:
        self.uses.clear()
        self.running = Running(self.facts.portable_restarts_killed)
        self.plugins.told = self.running.note

    def _providers(self, rule: str) -> list[str]:
        """The plugins of its source and its sink; empty names where there is none."""
        source, sink = self.rules[rule]
        used = [("sources", source), *([("sinks", sink)] if sink else [])]
        return [self.state.portable_symbols.get(one, "") for one in used]


def with_code(action: Action) -> Action:
    """The action with shared objects and programs that do what their packages promise."""
    begin, _, end = PROGRAM.partition(b"<the name>")

    def code(data: bytes) -> bytes:
        if data.startswith(begin) and data.endswith(end):
            return _PROGRAM % (data[len(begin) : -len(end)])
        return LOADS.get(data, data)

    items = tuple(replace(item, data=code(item.data)) for item in action.items)
    return replace(action, items=items)


def request(action: Action, url: str) -> tuple[str, str, bytes]:
    """Method, path and body of an action."""
    route = f"/plugins/{action.kind.plural}"
    if action.what == "register":
        return "POST", f"{route}/{action.name}/register", json.dumps(action.body).encode()
    if action.what == "delete":
        return "DELETE", f"{route}/{action.name}", b""
    body = json.dumps((action.body or {}) | {"file": url}).encode()
    if action.what == "update":
        return "PUT", f"{route}/{action.name}", body
    return "POST", route, body


def files_of(base: Path) -> set[str]:
    """All files of a server, and folders that hold nothing with a slash.

    Left out are uploads, and what a Python keeps beside the program that it runs.
    """
    found = set()
    for folder, folders, files in os.walk(base):
        place = f"{os.path.relpath(folder, base)}/"
        if place == "./":
            folders.remove(".kuiper-pack")
        elif not place.endswith("/__pycache__/") and not place.startswith(
            ("data/uploads", "etc/uploads")
        ):
            found |= {place + name for name in files}
            if not folders and not files:
                found.add(place)
    return found


def unplanned(now: set[str], fresh: set[str], ours: set[str], before: set[str]) -> set[str]:
    """What changed since ``fresh`` and not in the model since ``before``, or the other way round.

    Folders of kinds, whose being there says nothing, are left out.
    """
    differing = set()
    for seen, planned_ones in ((now - fresh, ours - before), (fresh - now, before - ours)):
        differing |= seen ^ {path.removeprefix(f"{BASE}/") for path in planned_ones}
    return {path for path in differing if not _KIND_FOLDER.fullmatch(path)}
