"""A server in memory that lives as long as a real one: registries, files, restarts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.package import Package, package_of_bytes
from kuiper_pack.planner import Assumptions
from kuiper_pack.planner.disk import Disk
from kuiper_pack.planner.folders import join
from kuiper_pack.planner.outcome import Outcome, Plan
from kuiper_pack.planner.predict import fresh_disk, open_archive
from kuiper_pack.planner.simulation import Simulation, run
from kuiper_pack.planner.start_up import start_up
from kuiper_pack.planner.state import ServerState
from kuiper_pack.planner.steps import Archive, Failure, OpenSharedObject, Step, Unzip
from kuiper_pack.profiles import behaviour
from tests.proof.real_servers import Build

Sayings = Callable[[str], Assumptions]


@dataclass(slots=True)
class Model:
    """What the planner says of one server over time.

    Shared objects are known by their content, which stands for one build each: Go loads each once
    per process, and whatever lies at its path afterwards.
    """

    build: Build
    loads: frozenset[bytes]
    """Contents that are shared objects; any other does not load."""
    state: ServerState = field(init=False)
    disk: Disk = field(init=False)
    contents: dict[str, bytes] = field(default_factory=dict)
    loaded: dict[bytes, str] = field(default_factory=dict)
    """In this process, the path of each build."""
    failed: set[str] = field(default_factory=set)
    """In this process, the paths at which a build was found to be loaded from elsewhere."""
    told: Callable[[Step], None] = lambda _: None
    """Told of every step."""

    def __post_init__(self) -> None:
        self.state = self._state({})
        self.disk = fresh_disk(self.state.profile, self.state.folders)

    def _state(self, lists: dict[str, tuple[str, ...]]) -> ServerState:
        facts = behaviour(self.build.release)._replace(go=self.build.go)
        return ServerState(facts, function_lists=lists)

    def run(
        self,
        plan: Plan,
        archive: bytes | None = None,
        assume: Assumptions | None = None,
        open_failed: str = "",
    ) -> Outcome:
        """Run a plan; ``archive`` is what a download brings.

        ``open_failed`` are the words of the system for a shared object that does not load.
        """
        package = package_of_bytes(archive) if archive else None
        opened: Archive | Failure = Archive(())
        if package is not None:
            opened = open_archive(package, self.state.profile)
        simulation = Simulation(
            self.disk,
            opened,
            lambda entry: _content(package, entry),
            assume or Assumptions(),
            self.contents,
        )

        def perform(step: Step) -> Any:
            self.told(step)
            if isinstance(step, OpenSharedObject):
                return self._open(step.path, open_failed)
            result = simulation.perform(step)
            if isinstance(step, Unzip) and result is None and not step.entry.is_dir:
                content = _content(package, step.entry)
                if isinstance(content, bytes):
                    self.contents[join(step.folder, step.name)] = content
            return result

        return run(plan, perform)

    def restart(self) -> None:
        """Forget what only the process knew, and start again."""
        self.loaded.clear()
        self.failed.clear()
        self.contents = {
            path: data for path, data in self.contents.items() if path in self.disk.files
        }
        self.state = self._state(dict(self.state.function_lists))
        self.run(start_up(self.state))

    def _open(self, path: str, words: str) -> Failure | None:
        content = self.contents.get(path, b"")
        if path in self.loaded.values():
            return None
        if path in self.failed:
            return Failure(f'plugin.Open("{path}"): plugin already loaded (previous failure)')
        if content not in self.loads:
            return Failure(words)
        if content in self.loaded:
            self.failed.add(path)
            return Failure(f'plugin.Open("{path.removesuffix(".so")}"): plugin already loaded')
        self.loaded[content] = path
        return None


def _content(package: Package | None, entry: Entry) -> bytes | Failure:
    if package is None:
        return b""
    return package.read(entry) if entry.problem is None else Failure(entry.problem)
