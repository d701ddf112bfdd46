"""A symbol at work: what goes in, and what comes out as plain data, one result at a time."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.portable.errors import TimedOut
from kuiper_pack.portable.host import Host
from kuiper_pack.portable.program import Program
from kuiper_pack.spelling import did_you_mean

KINDS = ("source", "sink", "function")


@dataclass(frozen=True, slots=True)
class Exercise:
    """What is done with a symbol.

    ``inputs`` are argument lists of a function or rows of a sink; a source gives ``count`` rows at
    most, within ``seconds``.
    """

    kind: str
    symbol: str
    inputs: Iterable[Any] = ()
    config: dict[str, Any] | None = None
    datasource: str = ""
    count: int = 10
    seconds: float = 10.0


def symbol_of(program: Program, name: str | None, kind: str | None) -> tuple[str, str]:
    """The kind and the name of the symbol that is meant; raises KuiperPackError."""
    manifest = program.manifest
    known = [
        (one, symbol)
        for one, names in zip(
            KINDS, (manifest.sources, manifest.sinks, manifest.functions), strict=True
        )
        for symbol in names or ()
        if kind in (None, one)
    ]
    found = [pair for pair in known if name in (None, pair[1])]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{symbol} ({one})" for one, symbol in known) or "none"
    if name is None:
        raise KuiperPackError(f"{program.name}: name the symbol to run: {listed}")
    if found:
        raise KuiperPackError(f"{program.name}: {name} has more than one kind: say which, --kind")
    hint = did_you_mean(name, [symbol for _, symbol in known])
    raise KuiperPackError(f'{program.name}: no symbol "{name}"{hint}; it has {listed}')


def results(host: Host, exercise: Exercise) -> Iterator[dict[str, Any]]:
    """What the symbol makes of it.

    ``{"args", "result"}`` or ``{"args", "error"}`` for each call, ``{"message", "meta"}`` for each
    row of a source, ``{"row", "acknowledged"}`` and perhaps ``"error"`` for each row of a sink,
    where ``acknowledged`` is None if no acknowledgement is waited for. Raises PluginError.
    """
    if exercise.kind == "function":
        yield from _calls(host, exercise)
    elif exercise.kind == "source":
        yield from _rows(host, exercise)
    else:
        yield from _collected(host, exercise)


def _calls(host: Host, exercise: Exercise) -> Iterator[dict[str, Any]]:
    with host.function(exercise.symbol) as function:
        for arguments in exercise.inputs:
            if problem := function.validate(arguments):
                yield {"args": arguments, "error": f"validate: {problem}"}
                continue
            reply = function.exec(arguments)
            if reply.state:
                yield {"args": arguments, "result": reply.result}
            else:
                error = "no value" if reply.result is None else str(reply.result)
                yield {"args": arguments, "error": error}


def _rows(host: Host, exercise: Exercise) -> Iterator[dict[str, Any]]:
    deadline = time.monotonic() + exercise.seconds
    with host.source(
        exercise.symbol, datasource=exercise.datasource, config=exercise.config
    ) as source:
        for number in range(exercise.count):
            try:
                row = source.row(max(0.0, deadline - time.monotonic()))
            except TimedOut:
                if number == 0:
                    raise TimedOut(
                        f"source {exercise.symbol} gives no row within {exercise.seconds:g} "
                        "seconds: wait longer with --seconds, or look at its log",
                        host.log,
                    ) from None
                return
            yield {"message": row.message, "meta": row.meta}


def _collected(host: Host, exercise: Exercise) -> Iterator[dict[str, Any]]:
    with host.sink(exercise.symbol, config=exercise.config) as sink:
        for row in exercise.inputs:
            before = sink.acknowledged
            error = sink.collect(row)
            done = True if sink.acknowledged > before else None
            yield {"row": row, "acknowledged": done} | ({"error": error} if error else {})
