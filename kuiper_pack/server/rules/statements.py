"""What SQL of streams and rules means here, as plain data."""

from collections.abc import Iterator
from typing import Any, NamedTuple


class Field(NamedTuple):
    """A column that a stream declares; ``type`` as servers describe it."""

    name: str
    type: str | dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """As servers describe it."""
        return {"FieldType": self.type, "Name": self.name}


class Stream(NamedTuple):
    """CREATE STREAM; ``options`` by their names in upper case."""

    name: str
    fields: tuple[Field, ...]
    options: dict[str, str]

    @property
    def type(self) -> str:
        """The type of its source; what none is given for reads MQTT."""
        return self.options.get("TYPE") or "mqtt"


class Column(NamedTuple):
    """A column of the row."""

    name: str


class Literal(NamedTuple):
    """A number, a text or a boolean."""

    value: bool | float | str


class Call(NamedTuple):
    """A call of a function; ``number`` counts the calls of the statement from 0."""

    function: str
    arguments: tuple["Expression", ...]
    number: int = 0


Expression = Column | Literal | Call


class Output(NamedTuple):
    """A column of the result."""

    name: str
    expression: Expression


class Comparison(NamedTuple):
    """WHERE; ``operator`` is one of = != < <= > >=."""

    left: Expression
    operator: str
    right: Expression


class Select(NamedTuple):
    """SELECT; ``everything`` is ``*``."""

    everything: bool
    outputs: tuple[Output, ...]
    stream: str
    where: Comparison | None

    @property
    def calls(self) -> tuple[Call, ...]:
        """All calls, from left to right, the outer ones first."""
        roots = [output.expression for output in self.outputs]
        if self.where is not None:
            roots += [self.where.left, self.where.right]
        return tuple(call for root in roots for call in _calls(root))


def _calls(expression: Expression) -> Iterator[Call]:
    if isinstance(expression, Call):
        yield expression
        for argument in expression.arguments:
            yield from _calls(argument)
