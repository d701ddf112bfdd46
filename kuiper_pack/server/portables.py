"""The portable plugins of one server process: what runs, when it starts, and when it is killed."""

import os
import shutil
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

from kuiper_pack.planner.outcome import Outcome, Refused
from kuiper_pack.planner.portable_files import start as start_plan
from kuiper_pack.planner.simulation import run
from kuiper_pack.planner.state import Portable, ServerState
from kuiper_pack.planner.steps import Failure, NotStarted, Start, Step
from kuiper_pack.portable import Host, PluginError
from kuiper_pack.portable.messages import Meta
from kuiper_pack.portable.program import Program, interpreter
from kuiper_pack.profiles import Release, profile
from kuiper_pack.server.guardian import Guardian
from kuiper_pack.server.instance import Instance
from kuiper_pack.server.options import Options
from kuiper_pack.server.uses import Collector, Function, Rows

_PYTHONS = ("python", "python3")
_RETRY = 0.05


class Portables:
    """Starts and kills the processes of portable plugins, as plans and rules ask for it.

    ``folder`` is that of the plugins, ``state`` what the server has registered now. Until ``begin``
    is called, starts are only remembered: a server that starts waits for no plugin. One process
    starts at a time, as in the servers, and who asks for a status meanwhile waits. Raises
    KuiperPackError where there is no such interpreter as the options want.
    """

    def __init__(
        self, release: Release, folder: Path, options: Options, state: Callable[[], ServerState]
    ) -> None:
        self._release = release
        self._profile = profile(release)
        self._folder = folder
        self._options = options
        self._python = _python(options, folder)
        self._state = state
        self._instances: dict[str, Instance] = {}
        self._turn = threading.RLock()
        self._remembered: list[Start] | None = []
        self._beginner: threading.Thread | None = None
        self._killed: dict[str, int] = {}
        """By the plans that run, each in a thread of its own."""
        self._acknowledged: set[str] = set()
        self._guardian: Guardian | None = None
        self._timers: set[threading.Timer] = set()
        self._closed = False

    # What plans ask for.

    def start(self, step: Start) -> Failure | None:
        """Start a process and wait for its handshake."""
        if self._remembered is not None:
            self._remembered.append(step)
            return None
        plugin = step.plugin
        with self._turn:
            # the servers look only whether they still have a process, and it is not gone yet
            if plugin.name in self._killed and not self._profile.portable_restarts_killed:
                return None
            missing = self._missing(plugin)
            if missing:
                words = f'exec: "{missing}": executable file not found in $PATH'
                self.not_started(NotStarted(plugin.name, words))
                return Failure(f"plugin executable {plugin.executable} stops with error {words}")
            if self._closed:
                return Failure("the server ends")
            program = Program((self._folder / plugin.name).resolve(), plugin)
            words = self._instance(plugin.name).start(program)
            return Failure(words) if words else None

    def not_started(self, step: NotStarted) -> None:
        """Keep why a process is not even tried."""
        with self._turn:
            self._instance(step.name).fail(step.words)

    def resume(self, plugin: Portable) -> None:
        """Start a process again if rules use it, and do not wait for it."""

        def start() -> None:
            with suppress(PluginError):  # it is logged
                self.ensure(plugin)

        instance = self._instances.get(plugin.name)
        if instance is not None and instance.uses and plugin.name not in self._killed:
            threading.Thread(target=start, name=f"plugin {plugin.name}", daemon=True).start()

    def stop(self, name: str) -> None:
        """Kill a process, in use or not."""
        with self._turn:
            instance = self._instances.get(name)
            if instance is not None and instance.stop():
                self._killed[name] = threading.get_ident()

    def settle(self) -> None:
        """The plan of this thread is over: by now what it has killed is gone."""
        for name, by in tuple(self._killed.items()):
            if by == threading.get_ident():
                del self._killed[name]

    # What the API asks for.

    def begin(self) -> None:
        """Start what was remembered, one after the other, without waiting for it."""
        remembered, self._remembered = self._remembered or [], None
        if not remembered:
            return
        begun = threading.Event()

        def start_all() -> None:
            with self._turn:
                begun.set()
                for step in remembered:
                    self.start(step)

        self._beginner = threading.Thread(target=start_all, name="portable plugins")
        self._beginner.start()
        begun.wait()

    def status(self, name: str) -> dict[str, Any] | None:
        """The status of a process that was ever tried, as JSON; waits while one starts."""
        with self._turn:
            instance = self._instances.get(name)
            if instance is None or (self._options.strict and name not in self._state().portables):
                return None
            return instance.as_json()

    def close(self) -> None:
        """Kill all processes; nothing starts any more. May be called twice, from any thread."""
        self._closed = True
        for timer in tuple(self._timers):
            timer.cancel()
        while not self._turn.acquire(timeout=_RETRY):  # who waits for a handshake is told Died
            for instance in tuple(self._instances.values()):
                instance.give_up()
        try:
            for instance in self._instances.values():
                instance.close()
            guardian, self._guardian = self._guardian, None
            if guardian is not None:
                guardian.close()
        finally:
            self._turn.release()
        if self._beginner is not None:
            self._beginner.join()

    # What rules ask for.

    def find(self, kind: str, symbol: str) -> str | None:
        """The plugin that provides a ``source``, ``sink`` or ``function`` now."""
        return self._state().portable_symbols.get((f"{kind}s", symbol))

    def source(self, symbol: str, meta: Meta, datasource: str, config: dict[str, Any]) -> Rows:
        """Start a source; raises KuiperPackError in the words of the server."""
        instance = self._used("source", symbol)
        return Rows(instance, symbol, meta, datasource, config, self._let_go)

    def sink(self, symbol: str, meta: Meta, config: dict[str, Any]) -> Collector:
        """Start a sink; raises KuiperPackError in the words of the server."""
        instance = self._used("sink", symbol)
        socket = meta.acknowledgements
        if socket in self._acknowledged:  # nobody has closed it
            raise PluginError(
                f"can't listen on pull socket for ipc:///tmp/{socket}: address in use"
            )
        collector = Collector(instance, symbol, meta, config, self._let_go)
        if self._profile.portable_ack_option and not self._profile.portable_acks_close:
            self._acknowledged.add(socket)
        return collector

    def function(self, symbol: str) -> Function:
        """The function, started once; raises KuiperPackError in the words of the server.

        A process that ended meanwhile is not started again for a function that it ran: no server
        does, calls time out until a source, a sink or an update brings it back. Neither does a
        server forget the function when its plugin is deleted.
        """
        instance = next(
            (one for one in [*self._instances.values()] if one.runs_function(symbol)), None
        )
        if instance is None:
            instance = self._used("function", symbol)
        return instance.function(symbol, self._profile.portable_tells_timeouts)

    def _used(self, kind: str, symbol: str) -> Instance:
        name = self.find(kind, symbol)
        plugin = self._state().portables.get(name or "")
        if plugin is None:
            raise PluginError(f"{kind} {symbol} not found")
        return self.ensure(plugin)

    def ensure(self, plugin: Portable) -> Instance:
        """The instance of a plugin whose process runs; raises PluginError."""

        def plan() -> Generator[Step, Any, Outcome]:
            try:
                yield from start_plan(plugin)
            except Refused as refused:
                return Outcome(None, "", refused.cause, message=refused.message)
            return Outcome(200, "")

        with self._turn:
            outcome = run(plan(), self._perform)
            if not outcome.accepted:
                raise PluginError(outcome.message)
            return self._instances[plugin.name]

    def _perform(self, step: Step) -> Failure | None:
        if isinstance(step, Start):
            return self.start(step)
        assert isinstance(step, NotStarted)  # noqa: S101 - for the types: there is no third step
        self.not_started(step)
        return None

    def _let_go(self, instance: Instance) -> None:
        """A source or a sink is used no more."""
        after = self._profile.portable_ends_after
        if after is None or instance.uses or self._closed:
            return
        if after == 0:
            self._end_unused(instance)
            return
        timer = threading.Timer(after, self._end_unused, (instance,))
        timer.daemon = True
        self._timers = {one for one in self._timers if one.is_alive()} | {timer}
        timer.start()

    def _end_unused(self, instance: Instance) -> None:
        with self._turn:
            if not instance.uses:
                instance.stop()

    def _instance(self, name: str) -> Instance:
        if name not in self._instances:
            self._instances[name] = Instance(name, self._host)
        return self._instances[name]

    def _host(self, program: Program, on_end: Callable[[int], None]) -> Host:
        if self._guardian is None:
            self._guardian = Guardian()
        return Host(
            program,
            server=self._release,
            python=self._python,
            handshake_within=self._options.handshake_within,
            on_end=on_end,
        )

    def _missing(self, plugin: Portable) -> str:
        """The command that the PATH lacks and the plugin needs, or nothing."""
        if plugin.language != "python":
            return ""
        if plugin.virtual_env_type is not None:
            return "" if shutil.which("conda") else "conda"
        return "python" if self._python is None else ""


def _python(options: Options, folder: Path) -> str | None:
    """The interpreter of plugins: that of the options, or what the PATH has, as for a server.

    Raises KuiperPackError where the one of the options is not there.
    """
    if options.python is not None:
        return interpreter(options.python, folder, os.environ)
    return next(filter(None, map(shutil.which, _PYTHONS)), None)
