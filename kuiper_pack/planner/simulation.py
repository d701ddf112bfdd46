"""Plans run against a disk in memory, with stated assumptions about the world."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kuiper_pack.package.entry import Entry
from kuiper_pack.planner.disk import Disk
from kuiper_pack.planner.outcome import Outcome, Plan
from kuiper_pack.planner.steps import (
    Archive,
    Check,
    Create,
    CreateInside,
    Discard,
    Exit,
    Failure,
    Fetch,
    ListFolder,
    MakeFolders,
    NotStarted,
    OpenArchive,
    OpenSharedObject,
    ReadEntry,
    ReadFile,
    Remove,
    RemoveTree,
    Resume,
    RunScript,
    Save,
    ScriptResult,
    Skip,
    Start,
    Step,
    Stop,
    Store,
    Unzip,
)
from kuiper_pack.planner.unzip import unzip

_ANY_EXECUTE_BIT = 0o111
_SUCCESS = ScriptResult()
_CALLS = {"negative offset": "readat", "invalid argument": "read"}
"""Answers about an offset, which name the file, and the call that Go says they are of."""


class Assumptions(NamedTuple):
    """What a simulation answers where only the world knows; the defaults are that all goes well.

    ``go`` is the Go version that the server is built with, where it is not that of the official
    builds.
    """

    fetch: Failure | None = None
    save: Failure | None = None
    script: ScriptResult = _SUCCESS
    open: Failure | None = None
    start: Failure | None = None
    stop: Failure | None = None
    go: str | None = None


@dataclass(slots=True)
class Simulation:
    """Answers the steps of one plan and keeps what happened."""

    disk: Disk
    archive: Archive | Failure = field(default_factory=lambda: Archive(()))
    read: Callable[[Entry], bytes | Failure] = lambda _: Failure("unexpected EOF")
    """The content of an entry."""
    assume: Assumptions = field(default_factory=Assumptions)
    contents: Mapping[str, bytes] = field(default_factory=dict)
    """Files on the disk that plans read, by path."""
    skipped: list[tuple[Entry, str]] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    ran_script: bool = False
    store: list[Store | Discard] = field(default_factory=list)
    exit_code: int | None = None

    def perform(self, step: Step) -> Any:
        """The result of a step, as its class describes it."""
        return _PERFORM[type(step)](self, step)


def run(plan: Plan, perform: Callable[[Step], Any]) -> Outcome:
    """Drive a plan to its end, performing each step."""
    try:
        step = next(plan)
        while True:
            step = plan.send(perform(step))
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome


def opened(archive: Archive | Failure, path: str) -> Archive | Failure:
    """The archive as it is opened at ``path``: Go names the file where an offset cannot be."""
    if isinstance(archive, Failure) or all(one.problem not in _CALLS for one in archive.entries):
        return archive
    return Archive(tuple(_with_path(entry, path) for entry in archive.entries))


def _with_path(entry: Entry, path: str) -> Entry:
    call = _CALLS.get(entry.problem or "")
    return entry._replace(problem=f"{call} {path}: {entry.problem}") if call else entry


def _assume(simulation: Simulation, words: str) -> None:
    if words not in simulation.assumed:
        simulation.assumed.append(words)


def _run_script(simulation: Simulation, step: RunScript) -> ScriptResult:
    if step.folder is not None:
        found = simulation.disk.check(step.folder)
        if found != "folder":
            # An entry that leads to the folder itself has taken its place.
            if found == "file":
                return ScriptResult("fork/exec /bin/sh: not a directory")
            words = found.words if isinstance(found, Failure) else "no such file or directory"
            return ScriptResult(f"chdir {step.folder}: {words}")
    simulation.ran_script = True
    _assume(simulation, "install.sh succeeds")
    return simulation.assume.script


def _open(simulation: Simulation, step: OpenSharedObject) -> Failure | None:
    if simulation.disk.check(step.path) == "folder":
        words = f"{step.path}: cannot read file data: Is a directory"
        return Failure(f'plugin.Open("{step.path}"): {words}')
    _assume(simulation, "the shared object loads")
    return simulation.assume.open


def _start(simulation: Simulation, step: Start) -> Failure | None:
    if simulation.assume.start is not None:
        return simulation.assume.start
    executable = step.plugin.executable
    mode = simulation.disk.files.get(executable)
    if step.plugin.language == "go" and (mode is None or not mode & _ANY_EXECUTE_BIT):
        if simulation.ran_script:
            _assume(simulation, "install.sh makes the program executable")
            return None
        return Failure(
            f"plugin executable {executable} stops with error "
            f"fork/exec {executable}: permission denied"
        )
    _assume(simulation, "the process starts and shakes hands")
    return None


def _skip(simulation: Simulation, step: Skip) -> None:
    simulation.skipped.append((step.entry, step.reason))


def _exit(simulation: Simulation, step: Exit) -> None:
    simulation.exit_code = step.code


def _keep(simulation: Simulation, step: Any) -> None:
    simulation.store.append(step)


def _read_file(simulation: Simulation, step: ReadFile) -> bytes | Failure:
    data = simulation.contents.get(step.path)
    return Failure("no such file or directory") if data is None else data


_PERFORM: dict[type[Any], Callable[[Simulation, Any], Any]] = {
    Check: lambda s, step: s.disk.check(step.path),
    MakeFolders: lambda s, step: s.disk.make_folders(step.path),
    Create: lambda s, step: s.disk.create(step.path, step.mode),
    CreateInside: lambda s, step: s.disk.create_inside(step.root, step.name, step.mode),
    Unzip: lambda s, step: unzip(s.disk, step),
    Remove: lambda s, step: s.disk.remove(step.path),
    RemoveTree: lambda s, step: s.disk.remove_tree(step.path),
    Skip: _skip,
    Fetch: lambda s, step: s.assume.fetch,
    Save: lambda s, step: s.assume.save,
    OpenArchive: lambda s, step: opened(s.archive, step.path),
    ReadEntry: lambda s, step: s.read(step.entry),
    ReadFile: _read_file,
    ListFolder: lambda s, step: s.disk.names_in(step.path),
    RunScript: _run_script,
    OpenSharedObject: _open,
    Start: _start,
    NotStarted: lambda _, step: None,
    Resume: lambda _, step: None,
    Stop: lambda s, step: s.assume.stop,
    Store: _keep,
    Discard: _keep,
    Exit: _exit,
}
