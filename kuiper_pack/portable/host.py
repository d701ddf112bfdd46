"""A portable plugin at work: started as a server of one release starts it, and talked to."""

import atexit
import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.portable import hazards, messages
from kuiper_pack.portable.dialogue import ask
from kuiper_pack.portable.endpoint import LONGEST_PATH, Endpoint, Plug
from kuiper_pack.portable.errors import (
    BadMessage,
    CannotStart,
    CommandRefused,
    Died,
    NoHandshake,
    PluginError,
    TimedOut,
)
from kuiper_pack.portable.isolation import TMP, Place
from kuiper_pack.portable.messages import Meta, Symbol
from kuiper_pack.portable.process import Process
from kuiper_pack.portable.program import (
    Program,
    environment_of,
    interpreter,
    read_program,
)
from kuiper_pack.portable.reactor import Reactor
from kuiper_pack.portable.rep import Rep
from kuiper_pack.portable.sp import LARGEST
from kuiper_pack.portable.symbols import Function, Sink, Source, Started
from kuiper_pack.portable.unpack import unpacked
from kuiper_pack.profiles import NEWEST, Release, profile

_COMMAND_WITHIN = 10.0


class Host:
    """Runs the plugin of a package while a ``with`` block lasts; what it starts ends with it.

    ``package`` is a folder, a zip, or a program that was read already, ``server`` the release whose
    ways are followed, ``python`` an interpreter or a venv for the plugin, ``handshake_within`` the
    seconds it has to start, by default those of the release as it is shipped. ``on_line`` is told
    what the plugin prints, and ``on_end`` the exit code of its process or minus the signal, as soon
    as it has ended, by itself or not; both are called in threads of the host, where ``kill`` may be
    called, and neither ``restart`` nor ``close``. ``isolated`` is explained at ``Place``. Raises
    KuiperPackError for a package that no server would start, and the errors of
    ``kuiper_pack.portable.errors``.
    """

    def __init__(
        self,
        package: Path | str | Program,
        *,
        server: Release | str = NEWEST,
        python: Path | str | None = None,
        name: str | None = None,
        handshake_within: float | None = None,
        on_line: Callable[[str], None] = lambda _: None,
        on_end: Callable[[int], None] = lambda _: None,
        isolated: bool | None = None,
    ) -> None:
        if os.name != "posix":
            raise KuiperPackError("portable plugins run on Linux and macOS only, as with servers")
        self.release = Release.parse(server) if isinstance(server, str) else server
        self.profile = profile(self.release)
        if not self.profile.portable:
            raise KuiperPackError(f"{self.release} has no portable plugins: name another --server")
        self.notes: list[str] = []
        """What works here and will not on a server, or not as it seems; each once."""
        self._package = package if isinstance(package, Program) else Path(package)
        self._name = name
        self._python = python
        self._environment = environment_of(os.environ)
        self.handshake_within = handshake_within or self.profile.portable_starts_within
        self._on_line = on_line
        self._on_end = on_end
        self._isolated = isolated
        self._process: Process | None = None
        self._python_used = ""
        self._symbols: dict[str, Symbol] = {}
        self._running: list[Started] = []
        self._stack = ExitStack()
        self._open = False

    def __enter__(self) -> "Host":
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Start the plugin and wait for its handshake; what was begun is undone if that fails."""
        if self._open:
            raise PluginError(f"{self._package}: the plugin runs already")
        self._open = True
        self._stack.callback(setattr, self, "_open", False)
        # later the interpreter has ended its threads, and a plugin that nobody closed would stay
        atexit.register(self.close)
        self._stack.callback(atexit.unregister, self.close)
        try:
            self.program = self._read()
            self._place = Place(self.program.name, self.program.sockets, isolated=self._isolated)
            self._stack.callback(self._place.close)
            self._reactor = Reactor(f"plugin {self.program.name}")
            self._stack.callback(self._reactor.close)
            largest = self.profile.portable_largest_message or LARGEST
            self.plug = Plug(self._reactor, self._belongs, largest)
            self._stack.callback(self.plug.close)
            self._control = self._listen()
            self._stack.callback(self._end)
            self._start_process()
        except BaseException:
            self._stack.close()
            raise

    def close(self) -> None:
        """Kill the process with all its children, as a server does; nothing where it is closed."""
        self._check_thread("close")
        with self._stack:
            self._symbols.clear()  # the process is killed, as by a server; none is stopped before
            for one in self._running:
                self._stack.callback(one.close)

    def kill(self) -> None:
        """Kill the process, from any thread: who waits for the plugin is told Died.

        The host stays open, with its sockets: restart() starts the plugin anew, close() tidies up.
        """
        if self._process is not None:
            self._process.kill()

    @property
    def isolated(self) -> bool:
        """Whether the sockets are in a folder that nobody else sees."""
        return self._place.isolated

    @property
    def log(self) -> tuple[str, ...]:
        """The last lines that the plugin printed."""
        return tuple(self._process.log) if self._process else ()

    @property
    def pid(self) -> int | None:
        """The id of the process that was started last, which is that of its session too."""
        return self._process.pid if self._process else None

    @property
    def status(self) -> int | None:
        """The exit code of the process, or minus its signal; None while it runs."""
        return self._process.status if self._process else None

    def function(self, name: str) -> Function:
        """Start a function."""
        self._check_open()
        function = Function(self, name)
        self._running.append(function)
        return function

    def source(
        self,
        name: str,
        *,
        datasource: str = "",
        config: dict[str, Any] | None = None,
        meta: Meta | None = None,
    ) -> Source:
        """Start a source; ``meta`` names its socket, and ``config`` is the one of the stream."""
        self._check_open()
        if datasource:
            self.note(hazards.datasource(self.program))
        source = Source(self, name, datasource, config or {}, meta or self._meta(name))
        self._running.append(source)
        return source

    def sink(
        self, name: str, *, config: dict[str, Any] | None = None, meta: Meta | None = None
    ) -> Sink:
        """Start a sink."""
        self._check_open()
        sink = Sink(self, name, config or {}, meta or self._meta(name))
        self._running.append(sink)
        return sink

    def restart(self, program: Program | None = None) -> None:
        """End the process and start the program anew, or another one: so are the symbols.

        Where symbols do not start, the others do, and the first error is raised.
        """
        self._check_open()
        self._check_thread("restart")
        self._end()
        self.program = program or self.program
        self._control = self._listen()  # what the old process said last is not for the new one
        self._start_process()
        errors = []
        for symbol in tuple(self._symbols.values()):  # rules may stop meanwhile
            try:
                self._command("start", symbol)
            except PluginError as error:
                errors.append(error)
        for one in tuple(self._running):
            try:
                one.resume()
            except PluginError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def _read(self) -> Program:
        if isinstance(self._package, Program):
            return self._package
        folder = self._stack.enter_context(unpacked(self._package))
        return read_program(folder, self.profile, self._name, shown=self._package)

    def _check_open(self) -> None:
        if not self._open:
            raise PluginError(
                f"{self._package}: the plugin does not run: open() the host, or use a with block"
            )

    def _check_thread(self, does: str) -> None:
        """Raise where on_line or on_end calls, whose own end would be waited for."""
        process = self._process
        if self._open and (self._reactor.is_current or (process is not None and process.tells)):
            raise PluginError(
                f"{does}() is called by on_line or on_end: let another thread do it, or kill()"
            )

    def _meta(self, symbol: str) -> Meta:
        return Meta(self.program.name, symbol)

    # What symbols need of their host.

    def socket(self, name: str) -> Path:
        """The path of a socket of that name; raises CannotStart where no socket can have it."""
        path = self._place.folder / name
        if max(len(os.fsencode(one)) for one in (TMP / name, path)) > LONGEST_PATH:
            raise CannotStart(
                f"{TMP / name} is too long for a socket ({LONGEST_PATH} bytes): "
                "shorten the name of the plugin, the symbol or the rule"
            )
        return path

    def start(self, symbol: Symbol) -> None:
        """Let the plugin start a symbol; raises CommandRefused and the like."""
        self._command("start", symbol)
        self._symbols[_key(symbol)] = symbol

    def note(self, text: str) -> None:
        """Keep what a user should know, once."""
        if text and text not in self.notes:
            self.notes.append(text)

    def stop_symbol(self, symbol: Symbol) -> None:
        """Let the plugin stop a symbol, if it still runs."""
        if self._symbols.pop(_key(symbol), None) and self.plug.ended is None:
            self._command("stop", symbol)

    def forget(self, one: Started) -> bool:
        """It is being closed; whether it was open."""
        was_open = self.runs(one)
        if was_open:
            self._running.remove(one)
        return was_open

    def runs(self, one: Started) -> bool:
        """Whether it is open."""
        return one in self._running

    def check(self, endpoint: Endpoint, data: bytes | None, who: str) -> None:
        """Raise for what happened on an endpoint, where nothing came or what came is in doubt."""
        if data is not None:
            if endpoint.peers > 1:
                raise PluginError(
                    f"{endpoint.peers} connections to {endpoint.path.name}: {who} was started more "
                    "than once, and answers can no longer be told apart"
                )
            return
        if endpoint.is_closed:
            raise PluginError(f"{who}: it was closed, here and not by the plugin")
        self.check_alive(who)
        fault, endpoint.fault = endpoint.fault, ""
        if fault:
            raise BadMessage(f"{who}: {fault}", self.log)
        raise PluginError(
            f"{who} closed its socket, and the process lives: the thread that served it has "
            "ended, by an exception, by sys.exit(), or as open() of a source has returned"
            f"{hazards.printed(self.log)}",
            self.log,
        )

    def check_alive(self, during: str, seconds: float = 0.0) -> None:
        """Raise Died where the process has ended, or does so within some seconds."""
        if seconds and self._process is not None:
            self._process.wait(seconds)
        if self.plug.ended is not None:
            raise self._died(f"during {during}")

    def _belongs(self, pid: int) -> bool:
        process = self._process
        # the first connection can come before Popen has returned
        return process is None or process.owns(pid)

    def _listen(self) -> Rep:
        return Rep(self.plug, self.socket(f"plugin_{self.program.name}.ipc"))

    def _start_process(self) -> None:
        program = self.program
        program.check_executable()
        python = self._python_used = ""
        keep = [program.folder]
        if program.manifest.language == "python":
            python = self._python_used = interpreter(
                self._python, program.folder, self._environment
            )
            keep += [Path(python).parent.parent, Path(python).resolve().parent.parent]
        works_in = program.executable.parent if self.profile.portable_in_folder else Path.cwd()
        self.plug.ended = None
        self._process = None
        self._process = Process(
            [*self._place.prefix([*keep, works_in]), *program.command(self.profile, python)],
            works_in,
            self._environment,
            self._reactor,
            self._on_line,
            self._ended,
        )
        try:
            hello = self._control.receive(self.handshake_within)
        except TimedOut:
            raise NoHandshake(
                f"{program.name}: no handshake within {self.handshake_within:g} seconds"
                f"{hazards.silence(program, self.log, lives=True)}",
                self.log,
            ) from None
        if hello is None:
            self.check_alive("the start")
            why = self._control.fault or "it connected and hung up"
            raise NoHandshake(f"{program.name}: {why}", self.log)

    def _ended(self, status: int) -> None:
        self.plug.end()
        self._on_end(status)

    def _end(self) -> None:
        if self._process is not None:
            self._process.end()
        self._control.close()

    def _command(self, verb: str, symbol: Symbol) -> None:
        body = messages.command(verb, symbol, always_meta=self.profile.portable_always_meta)
        what = f"{verb} of {symbol.kind} {symbol.name}"
        repeats = self.profile.portable_commands_repeat
        try:
            answer = ask(self._control, body, _COMMAND_WITHIN, repeats=repeats)
        except TimedOut:
            raise TimedOut(
                f"{what}: the plugin does not answer within {_COMMAND_WITHIN:g} seconds", self.log
            ) from None
        self.check(self._control, answer, what)
        text = (answer or b"").decode("utf-8", "backslashreplace")
        if text != messages.OK:
            why = hazards.refusal(text, symbol, self.release, self.profile)
            raise CommandRefused(f"{what}: {why}", text, self.log)

    def _died(self, when: str) -> Died:
        process, program = self._process, self.program
        status = process.status if process and process.status is not None else 0
        how = f"with exit code {status}" if status >= 0 else f"by signal {-status}"
        early = not self._symbols
        why = hazards.death(program, status, self.log, self._python_used, early=early)
        return Died(f"{program.name} ended {how} {when}{why}", status, self.log)


def _key(symbol: Symbol) -> str:
    return f"{symbol.kind} {symbol.name} {symbol.meta.file}"
