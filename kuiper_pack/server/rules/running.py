"""A rule at work: a thread that takes rows from the source to the sinks."""

import operator
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.portable.messages import Meta
from kuiper_pack.server.rules.metrics import Operator
from kuiper_pack.server.rules.planning import MEMORY, Part, Planned
from kuiper_pack.server.rules.statements import Call, Column, Expression, Literal
from kuiper_pack.server.rules.symbols import (
    Collector,
    Function,
    Into,
    NoRows,
    Rows,
    Symbols,
    Topics,
    ignore,
    log,
)
from kuiper_pack.server.rules.ways import Ways

_LOOKS_EVERY = 0.02
_OPENS_WITHIN = 5.0
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Running:
    """One run of a rule.

    ``ended`` is told, in the thread of the run, why it ended by itself. ``stop`` ends it within the
    time that one call of a plugin may take, and leaves nothing behind.
    """

    def __init__(
        self,
        rule: str,
        planned: Planned,
        ways: Ways,
        symbols: Symbols,
        topics: Topics,
        ended: Callable[["Running", str], None],
    ) -> None:
        self._rule = rule
        self._planned = planned
        self._ways = ways
        self._symbols = symbols
        self._topics = topics
        self._ended = ended
        self._stopping = threading.Event()
        self._opened = threading.Event()
        self._functions: dict[str, Function] = {}
        self._collectors: list[Collector] = []
        self._name_operators()
        self._meta = Meta(rule, self._project.name.removeprefix("op_").removesuffix("_0"))
        self._thread = threading.Thread(target=self._run, name=f"rule {rule}", daemon=True)

    @property
    def stream(self) -> str:
        """The stream that it reads."""
        return self._planned.stream.name

    def start(self, *, wait: bool) -> None:
        """Start, and ``wait`` until source and sinks are open, or cannot be."""
        self._thread.start()
        if wait:
            self._opened.wait(_OPENS_WITHIN)

    def ask_to_stop(self) -> None:
        """Let it end, and do not wait."""
        self._stopping.set()

    def stop(self) -> None:
        """End it, and close what it uses."""
        self._stopping.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def operators(self) -> Iterator[Operator]:
        """All operators, in the order of a status."""
        yield self._source
        yield from self._before
        if self._filter is not None:
            yield self._filter
        yield self._project
        for chain in self._chains:
            yield from chain
        yield from self._sinks

    def edges(self) -> dict[str, list[str]]:
        """Which operator gives to which, by their names in the topology."""
        path = [self._source, *self._before, *filter(None, [self._filter]), self._project]
        pairs = [*pairwise(path)]
        for chain, sink in zip(self._chains, self._sinks, strict=True):
            whole = [self._project, *chain, sink]
            pairs += pairwise(whole)
        found: dict[str, list[str]] = {}
        for one, other in pairs:
            found.setdefault(_plain(one), []).append(_plain(other))
        return found

    def _name_operators(self) -> None:
        planned, ways = self._planned, self._ways
        name = planned.stream.name
        numbers = iter(range(2 if ways.preprocesses != "second" else 1, 99))
        self._source = Operator(f"source_{name}_0", connected=planned.source.origin == "built-in")
        self._before: list[Operator] = []
        if ways.preprocesses == "first":
            self._before.append(Operator(f"op_preprocessor_{name}_0"))
        elif ways.preprocesses == "second":
            self._before.append(Operator(f"op_{next(numbers)}_preprocessor_{name}_0"))
        elif ways.prepares and _limits(planned.source):
            self._before.append(Operator(f"op_{next(numbers)}_ratelimit_0"))

        def named(what: str) -> Operator:
            number = "" if ways.preprocesses == "first" else f"{next(numbers)}_"
            return Operator(f"op_{number}{what}_0")

        self._filter = named("filter") if planned.select.where is not None else None
        self._project = named("project")
        self._chains: list[list[Operator]] = []
        self._sinks: list[Operator] = []
        for sink in planned.sinks:
            here = f"{sink.name}_{sink.action}"
            chain = []
            if ways.prepares:
                chain.append(Operator(f"op_{here}_0_transform_0"))
                if sink.origin != "native" and sink.name != MEMORY:
                    chain.append(Operator(f"op_{here}_1_encode_0"))
            self._chains.append(chain)
            self._sinks.append(Operator(f"sink_{here}_0", connected=sink.origin == "built-in"))

    def _run(self) -> None:
        rows: Rows | None = None
        problem: str | None = None
        try:
            rows = self._open()
            self._opened.set()
            while not self._stopping.is_set():
                self._take(rows)
        except KuiperPackError as error:
            problem = str(error)
        finally:
            if rows is not None:
                rows.close()
            for collector in self._collectors:
                collector.close()
            # last, for who is told may start the rule again, with the same sockets
            if problem is not None:
                self._ended(self, problem)
            self._opened.set()

    def _open(self) -> Rows:
        for name in self._planned.functions:
            self._functions[name] = self._symbols.function(name)
        for sink in self._planned.sinks:
            self._collectors.append(self._collector(sink, f"{sink.name}_{sink.action}"))
        source, stream = self._planned.source, self._planned.stream
        datasource = stream.options.get("DATASOURCE", "")
        if source.origin == "built-in":
            return self._topics.read(datasource)
        if source.origin == "native":
            return NoRows()
        meta = Meta(self._rule, stream.name)
        return self._symbols.source(source.name, meta, datasource, source.config)

    def _collector(self, sink: Part, name: str) -> Collector:
        if sink.origin == "portable":
            return self._symbols.sink(sink.name, Meta(self._rule, name), sink.config)
        if sink.name == MEMORY and sink.origin == "built-in":
            topic = str(sink.config.get("topic", ""))
            return Into(lambda row: self._topics.publish(topic, row))
        if sink.name == "log" and sink.origin == "built-in":
            return Into(log(self._rule))
        return Into(ignore)

    def _take(self, rows: Rows) -> None:
        began = time.monotonic()
        try:
            row = rows.next(_LOOKS_EVERY)
        except KuiperPackError as error:
            self._source.failed(began, str(error))
            return
        if row is None or not self._planned.passes_rows:
            return
        began = time.monotonic()
        self._source.took(began)
        for one in self._before:
            one.took(began)
        result = self._result(row)
        if result is None:
            return
        for sink, collector, chain in zip(self._sinks, self._collectors, self._chains, strict=True):
            began = time.monotonic()
            for one in chain:
                one.took(began)
            try:
                collector.collect(self._as_taken(result, collector))
            except KuiperPackError as error:
                sink.failed(began, str(error))
            else:
                sink.took(began)

    def _as_taken(self, result: dict[str, Any], collector: Collector) -> Any:
        """Sinks of plugins take lists of rows before 2.0; topics have rows."""
        return [result] if self._ways.lists_rows and not isinstance(collector, Into) else result

    def _result(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """What sinks are given for a row; None for nothing."""
        if self._filter is not None:
            began = time.monotonic()
            try:
                if not self._holds(row):
                    self._filter.dropped(began)
                    return None
            except (KuiperPackError, TypeError) as error:
                self._filter.failed(began, f"run Where error: {error}")
                return None
            self._filter.took(began)
        began = time.monotonic()
        try:
            result = self._projected(row)
        except KuiperPackError as error:
            self._project.failed(began, f"run Select error: {error}")
            return {"error": f"run Select error: {error}"} if self._ways.lists_rows else None
        self._project.took(began)
        return result

    def _holds(self, row: dict[str, Any]) -> bool:
        where = self._planned.select.where
        if where is None:
            return True
        left, right = self._value(where.left, row), self._value(where.right, row)
        if left is None or right is None:
            return False
        return _COMPARE[where.operator](left, right)

    def _projected(self, row: dict[str, Any]) -> dict[str, Any]:
        select = self._planned.select
        result = {**row} if select.everything else {}
        for output in select.outputs:
            expression = output.expression
            if not isinstance(expression, Column) or expression.name in row:
                result[output.name] = self._value(expression, row)
        return result

    def _value(self, expression: Expression, row: dict[str, Any]) -> Any:
        if isinstance(expression, Literal):
            return expression.value
        if isinstance(expression, Column):
            return row.get(expression.name)
        return self._called(expression, row)

    def _called(self, call: Call, row: dict[str, Any]) -> Any:
        arguments = [self._value(one, row) for one in call.arguments]
        try:
            return self._functions[call.function].exec(arguments, self._meta, call.number)
        except KuiperPackError as error:
            raise KuiperPackError(f"call func {call.function} error: {error}") from error


def _limits(source: Part) -> bool:
    """Whether a rate is kept behind the source: 2.x does where a plugin's has an interval."""
    return source.origin == "portable" and bool(source.config.get("interval"))


def _plain(one: Operator) -> str:
    return one.name.removesuffix("_0")
