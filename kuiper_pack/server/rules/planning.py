"""What a rule uses: its source, its functions, its sinks, and whether they are there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.yamlio import YAMLError, load
from kuiper_pack.planner.state import DELETED, ServerState
from kuiper_pack.server.rules.grammar import SqlError, read_select
from kuiper_pack.server.rules.statements import Column, Expression, Select, Stream
from kuiper_pack.server.rules.statements import Literal as Constant
from kuiper_pack.server.rules.symbols import Symbols
from kuiper_pack.server.rules.ways import Ways

Origin = Literal["built-in", "native", "portable"]
MEMORY = "memory"
_SOURCES = (MEMORY,)
_SINKS = ("log", "nop", MEMORY)
_NOT_RUN = ("mqtt", "simulator", "httppull", "httppush", "file", "edgex", "neuron", "redis")
"""Sources that servers bring along and this one does not run."""
UNDEFINED = 1000
_MISSING_PLUGIN = 2201


class RuleError(KuiperPackError):
    """A rule cannot be created or started; ``code`` is that of the answer."""

    def __init__(self, message: str, code: int = UNDEFINED) -> None:
        super().__init__(message)
        self.code = code


class Missing(RuleError):
    """A source or a sink is not there: releases find out when the rule runs, or earlier."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message, _MISSING_PLUGIN)
        self.kind = kind

    def refuses(self, ways: Ways) -> bool:
        """Whether a release refuses the rule before it runs."""
        return ways.refuses_sources if self.kind == "source" else ways.refuses_sinks


class Part(NamedTuple):
    """A source or a sink, and what it is configured with."""

    name: str
    origin: Origin
    config: dict[str, Any]
    action: int = 0
    """Which action of the rule names it, from 0; an action may name several sinks."""


class Planned(NamedTuple):
    """What a rule does; ``functions`` are those of portable plugins."""

    select: Select
    stream: Stream
    source: Part
    sinks: tuple[Part, ...]
    functions: tuple[str, ...]
    passes_rows: bool
    """False where a native plugin is used, whose code is not run here."""


class Planner:
    """Looks up what rules name.

    ``state`` and ``symbols`` tell what is there now, ``streams`` has the streams by name.
    """

    def __init__(
        self,
        ways: Ways,
        state: Callable[[], ServerState],
        symbols: Callable[[], Symbols],
        streams: dict[str, Stream],
    ) -> None:
        self._ways = ways
        self._state = state
        self._symbols = symbols
        self._streams = streams
        self._loaded: set[tuple[Kind, str]] = set()
        self._started: set[str] = set()
        """Functions of portable plugins that this process has started."""

    def check(self, sql: str) -> Select:
        """The statement, if all its functions are there and take their arguments.

        Raises RuleError in the words of the release.
        """
        if not sql.strip().lower().startswith("select"):
            raise RuleError(f"SQL {sql} is not a select statement.")
        try:
            select = read_select(sql)
            for call in select.calls:
                origin = self._function(call.function)
                if origin == "portable":
                    function = self._symbols().function(call.function)
                    self._started.add(call.function)
                    self._validate(call.function, function.validate, call.arguments)
        except RuleError:
            raise
        except SqlError as error:
            raise RuleError(f"Parse SQL {sql} error: {error}.", self._ways.sql_code) from error
        except KuiperPackError as error:
            raise RuleError(f"Parse SQL {sql} error: {error}.", self._ways.sql_code) from error
        return select

    def plan(self, select: Select, actions: list[dict[str, Any]]) -> Planned:
        """What the rule uses; raises RuleError, and Missing where it is not there."""
        stream = self._streams.get(select.stream)
        if stream is None:
            raise RuleError(
                f"fail to get stream {select.stream}, please check if stream is created",
                self._ways.plan_code,
            )
        names = [output.name for output in select.outputs]
        twice = [name for name in names if names.count(name) > 1]
        if twice and self._ways.names_once:
            raise RuleError(f"duplicate field definition {twice[0]}")
        source, sinks = self._parts(stream, actions)
        origins = {call.function: self._function(call.function) for call in select.calls}
        native = [part for part in (source, *sinks) if part.origin == "native"]
        for part in native:
            self._loaded.add((Kind.SOURCE if part is source else Kind.SINK, part.name))
        return Planned(
            select,
            stream,
            source,
            sinks,
            tuple(name for name, origin in origins.items() if origin == "portable"),
            not native and "native" not in origins.values(),
        )

    def _parts(
        self, stream: Stream, actions: list[dict[str, Any]]
    ) -> tuple[Part, tuple[Part, ...]]:
        """Source and sinks, in the order in which releases look for them."""
        source = None if self._ways.sinks_first else self._source(stream)
        sinks = tuple(
            self._sink(name, config)._replace(action=number)
            for number, action in enumerate(actions)
            for name, config in action.items()
        )
        return source or self._source(stream), sinks

    def _source(self, stream: Stream) -> Part:
        name = stream.type
        if name in _SOURCES:
            return Part(name, "built-in", {})
        config = self._configuration(stream)
        if self._is_loaded(Kind.SOURCE, name):
            return Part(name, "native", config)
        if self._symbols().find("source", name) is not None:
            return Part(name, "portable", config)
        if name in _NOT_RUN:
            raise Missing(f"this server does not run the source {name}: take memory", "source")
        if self._ways.refuses_sources:
            raise Missing(f"source type {name} not found", "source")
        raise self._missing("source", name)

    def _sink(self, name: str, config: Any) -> Part:
        config = config if isinstance(config, dict) else {}
        if name in _SINKS:
            return Part(name, "built-in", config)
        if self._is_loaded(Kind.SINK, name):
            return Part(name, "native", config)
        if self._symbols().find("sink", name) is not None:
            return Part(name, "portable", config)
        if self._ways.refuses_sinks:
            raise Missing(f"sink {name} is not defined", "sink")
        raise self._missing("sink", name)

    def _missing(self, kind: str, name: str) -> Missing:
        version = self._state().native[Kind(kind)].get(name)
        ways = self._ways
        words = ways.deleted_plugin if version == DELETED else ways.missing_plugin
        return Missing(words.format(kind=kind, name=name), kind)

    def _function(self, name: str) -> Origin:
        state = self._state()
        there = name in state.symbols
        if not state.profile.function_lists:
            there = _is_there(state, Kind.FUNCTION, name)
        if there:
            self._loaded.add((Kind.FUNCTION, name))
        if there or (self._ways.keeps_functions and (Kind.FUNCTION, name) in self._loaded):
            return "native"
        if self._symbols().find("function", name) is not None:
            return "portable"
        if self._ways.keeps_functions and name in self._started:
            return "portable"
        raise KuiperPackError(self._ways.missing_function.format(name=name))

    def _is_loaded(self, kind: Kind, name: str) -> bool:
        """Whether a native plugin is there, or its code still in the process (api section 5)."""
        state = self._state()
        loaded = (kind, name) in state.opened or (kind, name) in self._loaded
        return loaded or _is_there(state, kind, name)

    def _validate(
        self,
        name: str,
        validate: Callable[[list[Any]], None],
        arguments: tuple[Expression, ...],
    ) -> None:
        try:
            validate([_as_argument(one) for one in arguments])
        except KuiperPackError as error:
            raise KuiperPackError(f"{self._ways.validates.format(name=name)}{error}") from error

    def _configuration(self, stream: Stream) -> dict[str, Any]:
        """What the yaml of the source says: its key of the stream, laid over ``default``."""
        folders = self._state().folders
        for folder in (folders.etc, folders.data):
            try:
                root = load(Path(folder, "sources", f"{stream.type}.yaml").read_bytes())
            except (OSError, ValueError, YAMLError):
                continue
            sections = root.plain() if root is not None else None
            if not isinstance(sections, dict):
                continue
            key = stream.options.get("CONF_KEY", "").lower()
            chosen = [sections.get("default"), sections.get(key) if key else None]
            return {
                str(name): value
                for section in chosen
                if isinstance(section, dict)
                for name, value in section.items()
            }
        return {}


def _is_there(state: ServerState, kind: Kind, name: str) -> bool:
    return state.native[kind].get(name, DELETED) != DELETED


def _as_argument(expression: Expression) -> Any:
    """What a function is shown of an argument when a rule is read."""
    if isinstance(expression, Constant):
        return {"Val": expression.value}
    if isinstance(expression, Column):
        return {"StreamName": "$$default", "Name": expression.name}
    return {"Name": expression.function, "Args": [*map(_as_argument, expression.arguments)]}
