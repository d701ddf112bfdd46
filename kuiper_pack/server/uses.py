"""What rules do with the symbols of portable plugins, whose processes come and go meanwhile."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.portable import BadMessage, CommandRefused, PluginError, TimedOut
from kuiper_pack.portable import Function as Started
from kuiper_pack.portable.messages import Meta, Reply
from kuiper_pack.server.errno_words import failure

if TYPE_CHECKING:
    from kuiper_pack.server.instance import Instance

LetGo = Callable[["Instance"], None]
"""Told when a symbol is used no more."""


class Use:
    """A source or a sink that a rule uses, until it is closed; it counts for its rule."""

    def __init__(
        self, instance: "Instance", meta: Meta, start: Callable[[], Any], let_go: LetGo
    ) -> None:
        self._instance = instance
        self._rule = meta.rule
        self._let_go = let_go
        if "/" in meta.file:  # it would lead out of the folder of sockets
            words = f"listen unix /tmp/{meta.file}: bind: no such file or directory"
            raise PluginError(f"can't listen on pull socket for ipc:///tmp/{meta.file}: {words}")
        with instance.lock:
            self._started = started(start)
            instance.uses += 1
            instance.add_reference(meta.rule)
        self._open = True

    def close(self) -> None:
        """Stop it, and let go of its sockets; never raises, and twice is fine."""
        if not self._open:
            return
        self._open = False
        with self._instance.lock:
            with suppress(KuiperPackError, OSError):  # it is gone with its process
                self._started.close()
            self._instance.uses -= 1
            self._instance.drop_reference(self._rule)
        self._let_go(self._instance)


class Rows(Use):
    """A source at work."""

    def __init__(
        self,
        instance: "Instance",
        symbol: str,
        meta: Meta,
        datasource: str,
        config: dict[str, Any],
        let_go: LetGo,
    ) -> None:
        def start() -> Any:
            return instance.host.source(symbol, datasource=datasource, config=config, meta=meta)

        super().__init__(instance, meta, start, let_go)

    def next(self, seconds: float) -> dict[str, Any] | None:
        """The next row, or None if none comes in time, also while there is no process.

        Raises PluginError for one that a server drops.
        """
        try:
            message: dict[str, Any] | None = self._started.row(seconds).message
        except (BadMessage, TimedOut) as error:
            if isinstance(error, BadMessage):
                raise
            return None
        except PluginError:  # the process ended; another one may come
            with self._instance.changed:
                self._instance.changed.wait(seconds)
            return None
        return message


class Collector(Use):
    """A sink at work."""

    def __init__(
        self,
        instance: "Instance",
        symbol: str,
        meta: Meta,
        config: dict[str, Any],
        let_go: LetGo,
    ) -> None:
        def start() -> Any:
            return instance.host.sink(symbol, config=config, meta=meta)

        super().__init__(instance, meta, start, let_go)

    def collect(self, row: Any) -> None:
        """Send a row, and wait for its acknowledgement if that was asked for.

        Raises PluginError with what the plugin says against the row. What is sent while there is no
        process is lost.
        """
        try:
            problem = self._started.collect(row)
        except PluginError:
            if self._instance.is_running:
                raise
            return
        if problem:
            raise PluginError(problem)


class Function:
    """A function of a plugin, shared by all rules that call it."""

    def __init__(self, instance: "Instance", symbol: str, *, tells_timeouts: bool) -> None:
        self._instance = instance
        self._tells_timeouts = tells_timeouts
        self._turn = threading.Lock()
        with instance.lock:
            self._started: Started = started(lambda: instance.host.function(symbol))

    def validate(self, arguments: list[Any]) -> None:
        """Raise PluginError in the words of the server where the arguments are refused."""
        problem = self._call(lambda: self._started.validate(arguments))
        if problem:
            raise PluginError(
                f"validate return state is false, got &{{State:false Result:{problem}}}"
            )

    def is_aggregate(self) -> bool:
        """Whether it works on groups of rows."""
        answer: bool = self._call(self._started.is_aggregate)
        return answer

    def exec(self, arguments: list[Any], meta: Meta, function_id: int) -> Any:
        """The result for one row; raises PluginError in the words of the server."""
        reply: Reply = self._call(
            lambda: self._started.exec(arguments, meta=meta, function_id=function_id)
        )
        if not reply.state and reply.result is not None:
            raise PluginError(str(reply.result))
        return reply.result

    def _call(self, call: Callable[[], Any]) -> Any:
        with self._turn:
            try:
                return call()
            except BadMessage:
                raise
            except PluginError as error:
                raise PluginError(self._timeout(), error.log) from error

    def _timeout(self) -> str:
        if not self._tells_timeouts:
            return "receive time out"
        name, status = self._instance.name, self._instance.status
        return f"time out, plugin {name} status {status.word}, message: {status.message}"


def started(start: Callable[[], Any]) -> Any:
    """What ``start`` starts; a refusal of the plugin is told in the words of the server."""
    try:
        return start()
    except CommandRefused as error:
        raise PluginError(f"receive error: {error.answer}", error.log) from error
    except (OSError, ValueError) as error:  # no socket can have that name
        raise PluginError(f"can't listen: {failure(error).words}") from error
