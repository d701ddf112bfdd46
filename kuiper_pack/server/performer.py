"""Performs the steps of plans: on disk, over the network, with processes where that is allowed."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kuiper_pack.package.archive import Archive as Zip
from kuiper_pack.planner.request import go_version
from kuiper_pack.planner.simulation import opened
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
    Unzip,
)
from kuiper_pack.planner.steps import Store as Keep
from kuiper_pack.planner.unzip import unzip
from kuiper_pack.portable.words import ended
from kuiper_pack.profiles import Profile
from kuiper_pack.server.download import Downloads
from kuiper_pack.server.errno_words import failure
from kuiper_pack.server.files import RealFiles
from kuiper_pack.server.loader import SharedObjects
from kuiper_pack.server.options import Options
from kuiper_pack.server.portables import Portables
from kuiper_pack.server.scripts import Scripts
from kuiper_pack.server.store import Store

_LARGEST_READ = 8 << 20
NOT_ALLOWED = (
    "install.sh is not run by this server: start it with --allow-install-scripts "
    "if you trust the package"
)


class Performer:
    """Answers each step as its class in ``planner.steps`` says.

    ``exit_code`` is set once a plan wants the server to end.
    """

    def __init__(
        self,
        profile: Profile,
        files: RealFiles,
        store: Store,
        options: Options,
        portables: Portables,
    ) -> None:
        self.files = files
        self.portables = portables
        self.exit_code: int | None = None
        self._go = go_version(profile)
        self._store = store
        self._options = options
        can_guard = profile.guards_network
        only = can_guard and not options.allow_external_file_access
        self._downloads = Downloads(
            options,
            guarded=can_guard and not options.enable_private_net,
            only=f"{files.base}/data/uploads" if only else None,
            seconds=profile.download_seconds,
            verified=profile.verifies_certificates,
        )
        self._loader = SharedObjects(options.loader)
        self._zip: Zip | None = None
        self._scripts = Scripts(options.script_timeout)

    def perform(self, step: Step) -> Any:
        """The result of a step."""
        return _PERFORM[type(step)](self, step)

    def finish(self) -> None:
        """Let go of what the plan that ended held open."""
        self.files.close()
        self._downloads.close()
        self._zip = None

    def kill(self) -> None:
        """End all plugins, and scripts and downloads, also those to come; from any thread."""
        self._downloads.abort()
        self._scripts.end()
        self.portables.close()

    def _save(self, step: Save) -> Failure | None:
        problem = self._downloads.save(step.path, self.files.write)
        self.files.close()
        return problem

    def _open_archive(self, step: OpenArchive) -> Archive | Failure:
        try:
            found = Zip(Path(step.path))
        except (OSError, ValueError) as error:
            return Failure(f"open {step.path}: {failure(error).words}")
        view = found.as_go(self._go)
        if view.error is not None:
            return Failure(view.error)
        self._zip = found
        self.files.content = found.pieces
        return opened(Archive(view.entries), step.path)

    def _read_entry(self, step: ReadEntry) -> bytes | Failure:
        if step.entry.problem is not None or self._zip is None:
            return Failure(step.entry.problem or "unexpected EOF")
        try:
            return self._zip.read(step.entry, _LARGEST_READ)
        except OSError as error:
            return failure(error)

    def _run_script(self, step: RunScript) -> ScriptResult:
        if not self._options.allow_install_scripts:
            return ScriptResult(NOT_ALLOWED, "", f"{NOT_ALLOWED}\n")
        command = ["/bin/sh", step.path, *step.arguments]
        try:
            code, out, err = self._scripts.run(
                [os.fsencode(part) for part in command], step.folder or self.files.base
            )
        except (OSError, ValueError) as error:
            return ScriptResult(f"fork/exec /bin/sh: {failure(error).words}")
        return ScriptResult(ended(code) or None, out, err)


def _exit(performer: Performer, step: Exit) -> None:
    performer.exit_code = step.code


_PERFORM: dict[type[Any], Callable[[Performer, Any], Any]] = {
    Check: lambda p, step: p.files.check(step.path),
    MakeFolders: lambda p, step: p.files.make_folders(step.path),
    Create: lambda p, step: p.files.create(step.path, step.mode),
    CreateInside: lambda p, step: p.files.create_inside(step.root, step.name, step.mode),
    Unzip: lambda p, step: unzip(p.files, step),
    Remove: lambda p, step: p.files.remove(step.path),
    RemoveTree: lambda p, step: p.files.remove_tree(step.path),
    Skip: lambda _, step: None,
    Fetch: lambda p, step: p._downloads.begin(step.url),
    Save: Performer._save,
    OpenArchive: Performer._open_archive,
    ReadEntry: Performer._read_entry,
    ReadFile: lambda p, step: p.files.read(step.path, _LARGEST_READ),
    ListFolder: lambda p, step: p.files.names_in(step.path),
    RunScript: Performer._run_script,
    OpenSharedObject: lambda p, step: p._loader.open(step.path),
    Start: lambda p, step: p.portables.start(step),
    NotStarted: lambda p, step: p.portables.not_started(step),
    Resume: lambda p, step: p.portables.resume(step.plugin),
    Stop: lambda p, step: p.portables.stop(step.name),
    Keep: lambda p, step: p._store.put(step.table, step.key, step.value),
    Discard: lambda p, step: p._store.discard(step.table, step.key),
    Exit: _exit,
}
