"""One server process without its HTTP: folders, store, registries, and one plan at a time."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.folders import Folders
from kuiper_pack.planner.outcome import Outcome, Plan
from kuiper_pack.planner.simulation import run
from kuiper_pack.planner.start_up import start_up
from kuiper_pack.planner.state import DELETED, ServerState
from kuiper_pack.planner.steps import Start, Step, Stop
from kuiper_pack.portable import PluginError
from kuiper_pack.profiles import Release, profile
from kuiper_pack.server.files import RealFiles
from kuiper_pack.server.options import Options
from kuiper_pack.server.performer import Performer
from kuiper_pack.server.portables import Portables
from kuiper_pack.server.snapshot import Snapshot
from kuiper_pack.server.store import Store

_PRIVATE = ".kuiper-pack"
_TREES = ("etc", "data", "plugins")
_KINDS = ("sources", "sinks", "functions")
_PLANS, _KEPT = "plan", "kept"


class Machine:
    """A server of one release that keeps everything below ``base``.

    What lies there is what a server of that release finds when it starts. Raises KuiperPackError
    where the folder cannot be used.
    """

    def __init__(self, release: Release, base: Path, options: Options) -> None:
        self.release = release
        self.profile = profile(release)
        if os.name == "nt":
            raise KuiperPackError("a reference server needs Linux or macOS")
        self.options = options
        self.state: ServerState
        self.performer: Performer
        self.portables: Portables
        root = base.resolve()
        self.folders = Folders(*(str(root / name) for name in ("plugins", "etc", "data")))
        self._root = root
        self._private = root / _PRIVATE
        self._lock = threading.Lock()
        self._waiting = 0
        self._waited = threading.Condition(self._lock)
        self._before = Snapshot(root, self._private, _TREES)
        self._store = Store(self._private / "store.db")
        self._closed = False
        try:
            self._settle_strictly()
            self._lay_out()
        except OSError as error:
            self._store.close()
            raise KuiperPackError(f"{error.filename}: {error.strerror}") from error
        try:
            self._boot()
        except BaseException:
            self._store.close()
            raise

    def close(self) -> None:
        """End scripts and plugins, wait for the plans that run, and let go of the folder."""
        self.performer.kill()
        with self._lock:
            self._waited.wait_for(lambda: not self._waiting)
            if not self._closed:
                self._closed = True
                self._store.close()

    def restart(self) -> None:
        """Forget what only a process knows, and start again from the folder."""
        self.performer.kill()
        with self._lock:
            self._waited.wait_for(lambda: not self._waiting)
            self._boot()

    def change(self, plan: Callable[[ServerState], Plan]) -> Outcome:
        """Perform a plan; others wait until it is done, or waits for a plugin."""
        with self._lock:
            if self._closed:
                return Outcome(None, "")
            if self.options.strict:
                return self._change_strictly(plan)
            try:
                return run(plan(self.state), self._perform)
            finally:
                self.performer.finish()
                self.portables.settle()

    def _perform(self, step: Step) -> object:
        """Perform a step; other plans run while a plugin starts or ends, as in the servers."""
        if not isinstance(step, Start | Stop):
            return self.performer.perform(step)
        self.performer.finish()  # what follows in a plan needs nothing that is open
        performer = self.performer
        self._waiting += 1
        self._lock.release()
        try:
            return performer.perform(step)
        finally:
            self._lock.acquire()
            self._waiting -= 1
            self._waited.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[Performer]:
        """What performs steps; as long as it is borrowed, no plan runs."""
        with self._lock:
            try:
                yield self.performer
            finally:
                self.performer.finish()

    def kept(self, table: str) -> dict[str, tuple[str, ...]]:
        """What is stored in a table, in the order in which it was."""
        with self._lock:
            return self._store.lists(table)

    def _change_strictly(self, plan: Callable[[ServerState], Plan]) -> Outcome:
        """As ``change``; a refusal leaves nothing behind, and what is deleted is gone."""
        state = deepcopy(self.state)
        self._before.take(copies=self.options.allow_install_scripts)
        self._store.begin()
        self.performer.files.breaks_links = True
        accepted = False
        try:
            outcome = run(plan(state), self.performer.perform)
            accepted = outcome.accepted
            return outcome
        finally:
            self.performer.finish()
            self.portables.settle()
            if accepted:
                self._store.put(_PLANS, _KEPT, ())
                _forget_deleted(state)
                self.state = state
            self._store.end(keep=accepted)
            self._settle_strictly()
            if not accepted:
                self._start_again()

    def _settle_strictly(self) -> None:
        """Let the files be what the store says of the last plan: kept, or as if it had not been.

        That is one transaction of the store, so a kill at any point leaves one of the two.
        """
        if self._store.lists(_PLANS):
            self._before.drop()
            self._store.discard(_PLANS, _KEPT)
        else:
            self._before.put_back()

    def _start_again(self) -> None:
        """Start what a refused update has killed."""
        if self.profile.starts_portable:
            for plugin in self.state.portables.values():
                with contextlib.suppress(PluginError):
                    self.portables.ensure(plugin)

    def _boot(self) -> None:
        lists = self._store.lists("pluginFuncs")
        folder = self._root / "plugins" / Kind.PORTABLE.folder
        self.portables = Portables(self.release, folder, self.options, lambda: self.state)
        files = RealFiles(str(self._root), str(self._private))
        self.performer = Performer(self.profile, files, self._store, self.options, self.portables)
        self.state = ServerState(self.profile, self.folders, function_lists=lists)
        run(start_up(self.state), self.performer.perform)
        self.performer.finish()
        self.portables.begin()

    def _lay_out(self) -> None:
        for name in _KINDS:
            for tree in _TREES:
                (self._root / tree / name).mkdir(parents=True, exist_ok=True)
        if self.profile.portable:
            (self._root / "plugins" / Kind.PORTABLE.folder).mkdir(exist_ok=True)
        for source in self.profile.shipped_sources:
            path = self._root / "etc" / "sources" / f"{source}.yaml"
            if not path.exists():
                path.write_text("default: {}\n", encoding="utf-8")


def _forget_deleted(state: ServerState) -> None:
    for registry in state.native.values():
        for name in [one for one, version in registry.items() if version == DELETED]:
            del registry[name]
