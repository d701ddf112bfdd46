"""The symbols of a running plugin: functions are called, sources emit, sinks take rows."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kuiper_pack.portable import acknowledgements, hazards, messages
from kuiper_pack.portable.dialogue import ask
from kuiper_pack.portable.endpoint import LINGER
from kuiper_pack.portable.errors import BadMessage, InUse, PluginError, TimedOut
from kuiper_pack.portable.isolation import listens
from kuiper_pack.portable.messages import Meta, Reply, Row, Symbol
from kuiper_pack.portable.pull import Pull
from kuiper_pack.portable.push import Push
from kuiper_pack.portable.rep import Rep

if TYPE_CHECKING:
    from typing_extensions import Self

    from kuiper_pack.portable.host import Host

_CALL_WITHIN = 5.0
_DIAL_WITHIN = 1.0
_READS_WITHIN = 2.0
_PAUSE_OF_A_ROW = 0.2
_PAUSE = 0.005


class Started(ABC):
    """A symbol that the plugin runs until it is closed."""

    def __init__(self, host: "Host", name: str) -> None:
        self.name = name
        self._host = host

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Stop it and let go of its sockets; nothing where that was done."""

    def resume(self) -> None:  # noqa: B027 - nothing to do where it is the plugin that connects
        """A new process has started it again."""


class Function(Started):
    """A function of the plugin, started; ``exec`` may be called as often as wanted."""

    def __init__(self, host: "Host", name: str) -> None:
        super().__init__(host, name)
        self._meta = Meta(host.program.name, name)
        self._rep = Rep(host.plug, host.socket(f"func_{name}.ipc"))
        try:
            host.start(Symbol(name, "func", messages.NO_RULE))
        except BaseException:
            self._rep.close()
            raise

    def validate(self, arguments: list[Any]) -> str:
        """What the function has against the arguments of a SQL call; empty where nothing."""
        reply = self._call("Validate", arguments)
        return "" if reply.state else str(reply.result or "refused without a reason")

    def is_aggregate(self) -> bool:
        """Whether it works on groups of rows; raises BadMessage where it does not say."""
        reply = self._call("IsAggregate", None)
        if not reply.state or not isinstance(reply.result, bool):
            raise BadMessage(f"{self.name}: is_aggregate answers {reply}, which is no boolean")
        return reply.result

    def exec(
        self, arguments: list[Any], *, meta: Meta | None = None, function_id: int = 0
    ) -> Reply:
        """The result for one row; without ``state`` the result is the error, or None: no value."""
        try:
            body = messages.execution(arguments, meta or self._meta, function_id)
        except ValueError as error:
            raise self._no_json(error) from error
        return self._ask("Exec", body)

    def close(self) -> None:
        """Let go of its socket; servers have no command that stops a function."""
        if not self._host.forget(self):
            return
        self._rep.close()

    def _call(self, function: str, argument: Any) -> Reply:
        try:
            body = messages.call(function, argument)
        except ValueError as error:
            raise self._no_json(error) from error
        return self._ask(function, body)

    def _no_json(self, error: ValueError) -> PluginError:
        return PluginError(f"{self.name}: the arguments are no JSON: {error}")

    def _ask(self, function: str, body: bytes) -> Reply:
        repeats = self._host.profile.portable_calls_repeat
        try:
            answer = ask(self._rep, body, _CALL_WITHIN, repeats=repeats)
        except TimedOut as error:
            what = f"{function} of {self.name} gives no answer within {_CALL_WITHIN:g} seconds"
            raise TimedOut(f"{what}: a server gives up too", self._host.log) from error
        self._host.check(self._rep, answer, f"{function} of {self.name}")
        return messages.read_reply(answer or b"")


class Source(Started):
    """A source of the plugin, started; what it emits is read as it comes."""

    def __init__(
        self, host: "Host", name: str, datasource: str, config: dict[str, Any], meta: Meta
    ) -> None:
        super().__init__(host, name)
        self._symbol = Symbol(name, "source", meta, datasource, config)
        self._pull = Pull(host.plug, host.socket(meta.file))
        try:
            host.start(self._symbol)
        except BaseException:
            self._pull.close()
            raise

    def row(self, seconds: float) -> Row:
        """The next row; raises BadMessage for one that a server drops, TimedOut, Died ..."""
        data = self._pull.receive(seconds)
        if data is None or self._pull.peers > 1:
            self._host.check(self._pull, data, f"source {self.name}")
        row = messages.read_row(data or b"")
        if row.message is None:
            self._host.note(hazards.EMPTY_ROW)
        return row

    def rows(self, seconds: float) -> Iterator[Row]:
        """The rows that come within so many seconds."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                yield self.row(left)
            except TimedOut:
                return

    def close(self) -> None:
        """Stop it as a server does: first its socket, then the command."""
        if not self._host.forget(self):
            return
        self._pull.close()
        self._host.stop_symbol(self._symbol)


class Sink(Started):
    """A sink of the plugin, started; it is sent rows and may acknowledge them.

    With the option of the release in its configuration (``requireAck`` in 2.x, ``requiredACKs`` in
    1.14) each row waits for its acknowledgement, as in the server.
    """

    def __init__(self, host: "Host", name: str, config: dict[str, Any], meta: Meta) -> None:
        super().__init__(host, name)
        self.acknowledged = 0
        """Rows acknowledged so far."""
        self._unsettled = False
        self._symbol = Symbol(name, "sink", meta, config=config)
        option = host.profile.portable_ack_option
        self._waits = acknowledgements.waits(option, config)
        host.note(acknowledgements.misplaced(option, config))
        self._acks: Pull | None = None
        path = host.socket(meta.file)
        if listens(path):
            raise InUse(f"{path} is in use: a server or another host runs a sink there, end it")
        if option:
            self._acks = Pull(host.plug, host.socket(meta.acknowledgements))
        try:
            host.start(self._symbol)
            self._push = self._dial(path)
        except BaseException:
            with suppress(PluginError):
                host.stop_symbol(self._symbol)
            if self._acks is not None:
                self._acks.close()
            path.unlink(missing_ok=True)
            raise

    def collect(self, row: Any, seconds: float = _CALL_WITHIN) -> str:
        """Send a row; the error of its acknowledgement where one is waited for, else empty.

        Raises TimedOut, Died, BadMessage, PluginError.
        """
        if not self._host.runs(self):
            raise PluginError(f"sink {self.name}: it was closed, here and not by the plugin")
        try:
            self._push.send(messages.dumps(row), seconds)
        except OSError as error:
            raise self._gave_up() from error
        if self._waits:
            return self.acknowledgement(seconds)
        self._unsettled = True
        self._note_acknowledgements()
        return ""

    def settle(self) -> None:
        """Wait until the plugin has read the rows; raises Died or PluginError where it gave up.

        The end of a ``with`` block does it too. Rows that are not acknowledged have no answer: what
        goes wrong with the last of them is seen if it does so within a moment.
        """
        if not self._unsettled:
            return
        self._unsettled = False
        self._push.drain(_READS_WITHIN)
        closed = self._push.is_closed_within(_PAUSE_OF_A_ROW)
        self._note_acknowledgements()
        if closed:
            raise self._gave_up()

    def __exit__(self, *raised: object) -> None:
        try:
            if not any(raised):
                self.settle()
        finally:
            self.close()

    def _gave_up(self) -> PluginError:
        """Why its socket is closed; raises Died where the process has ended."""
        self._host.check_alive(f"sink {self.name}", LINGER)
        return PluginError(
            f"sink {self.name} closed its socket, and its process lives: its collect() or open() "
            f"has raised{hazards.printed(self._host.log)}",
            self._host.log,
        )

    def resume(self) -> None:
        """Connect to the new process."""
        self._push.close()
        self._push = self._dial(self._host.socket(self._symbol.meta.file))

    def _note_acknowledgements(self) -> None:
        if self._acks is not None and self._acks.queued:
            option = self._host.profile.portable_ack_option
            self._host.note(acknowledgements.unread(self.name, option))

    def acknowledgement(self, seconds: float) -> str:
        """The next acknowledgement: its error, empty where all is well; raises TimedOut."""
        if self._acks is None:
            raise PluginError(f"sinks acknowledge since 1.14.0, not to {self._host.release}")
        try:
            data = self._acks.receive(seconds)
        except TimedOut:
            raise TimedOut(
                f"sink {self.name} does not acknowledge a row within {seconds:g} seconds: call "
                "ack_ok() or ack_error() in collect()",
                self._host.log,
            ) from None
        self._host.check(self._acks, data, f"sink {self.name}")
        self.acknowledged += 1
        return messages.read_acknowledgement(data or b"")

    def close(self) -> None:
        """Stop it as a server does: its sockets, then the command."""
        if not self._host.forget(self):
            return
        try:
            with suppress(PluginError):
                self.settle()
            self._push.close()
            if self._acks is not None:
                self._acks.close()
            self._host.stop_symbol(self._symbol)
        finally:
            # the plugin listened there, and a process that is killed removes nothing
            self._host.socket(self._symbol.meta.file).unlink(missing_ok=True)

    def _dial(self, path: Path) -> Push:
        latest = time.monotonic() + _DIAL_WITHIN
        while True:
            try:
                return Push(path)
            except OSError as error:
                self._host.check_alive(f"sink {self.name}")
                if time.monotonic() > latest:
                    raise PluginError(
                        f"sink {self.name} was started and does not listen on {path.name}",
                        self._host.log,
                    ) from error
            time.sleep(_PAUSE)
