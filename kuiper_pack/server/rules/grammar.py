"""Reads CREATE STREAM and SELECT; what it cannot read is refused in words that say where.

Much less than eKuiper reads: one stream, no windows, no joins, no arithmetic.
"""

import math
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.server.rules.statements import (
    Call,
    Column,
    Comparison,
    Expression,
    Field,
    Literal,
    Output,
    Select,
    Stream,
)

if TYPE_CHECKING:
    from lark import Lark

_GRAMMAR = r"""
stream: _CREATE _STREAM NAME "(" [field ("," field)*] ")" _WITH "(" option ("," option)* ")" ";"?
field: NAME type
type: _ARRAY "(" type ")" -> array
    | _STRUCT "(" field ("," field)* ")" -> struct
    | NAME -> simple
option: NAME "=" (TEXT | BOOLEAN)

select: _SELECT output ("," output)* _FROM NAME where? ";"?
output: STAR -> everything
      | expression [_AS NAME] -> named
where: _WHERE expression OPERATOR expression
expression: NAME "(" [expression ("," expression)*] ")" -> call
          | NAME ["." NAME] -> column
          | (NUMBER | TEXT | BOOLEAN) -> literal

_CREATE.2: /create\b/i
_STREAM.2: /stream\b/i
_WITH.2: /with\b/i
_ARRAY.2: /array\b/i
_STRUCT.2: /struct\b/i
_SELECT.2: /select\b/i
_FROM.2: /from\b/i
_AS.2: /as\b/i
_WHERE.2: /where\b/i
STAR: "*"
OPERATOR: "=" | "!=" | "<=" | ">=" | "<" | ">"
BOOLEAN.2: /(true|false)\b/i
NUMBER: /-?[0-9]+(\.[0-9]+)?/
TEXT: /"[^"]*"|'[^']*'/
NAME: /[A-Za-z_][A-Za-z0-9_]*|`[^`]+`/
%ignore /\s+/
"""
_TYPES = ("bigint", "float", "string", "datetime", "boolean", "bytea")
_LONGEST = 10_000
_DEEPEST = 20
_SHOWN = 40
_STREAM = 'this server reads CREATE STREAM name (columns) WITH (OPTION="value", ...) only'
_SELECT = (
    "this server reads SELECT columns, literals and calls of plugin functions FROM one stream, "
    "and one comparison after WHERE"
)


class SqlError(KuiperPackError):
    """A statement that cannot be read, or not here; the message says what is found where."""


def read_stream(sql: str) -> Stream:
    """A CREATE STREAM statement; raises SqlError."""
    tree = _parsed("stream", sql, _STREAM)
    name, *others = tree.children
    fields: list[Field] = []
    options: dict[str, str] = {}
    for one in others:
        if one is None:
            continue
        if one.data == "field":
            fields.append(_field(one))
        else:
            key, value = one.children
            options[key.upper()] = _unquoted(value)
    return Stream(_name(name), tuple(fields), options)


def read_select(sql: str) -> Select:
    """A SELECT statement; raises SqlError."""
    tree = _parsed("select", sql, _SELECT)
    numbers = count()
    everything, stream, where = False, "", None
    outputs: list[Output] = []
    for one in tree.children:
        if one is None:
            continue
        if not hasattr(one, "data"):
            stream = _name(one)
        elif one.data == "everything":
            everything = True
        elif one.data == "named":
            found, alias = one.children
            expression = _expression(found, numbers)
            outputs.append(Output(_output_name(expression, alias, outputs), expression))
        else:
            left, operator, right = one.children
            where = Comparison(
                _expression(left, numbers), str(operator), _expression(right, numbers)
            )
    return Select(everything, tuple(outputs), stream, where)


@cache
def _parser(start: str) -> "Lark":
    try:
        from lark import Lark
    except ImportError:
        raise KuiperPackError(
            "streams and rules need lark: install it with `pip install 'kuiper-pack[server]'`"
        ) from None
    return Lark(_GRAMMAR, start=start, parser="lalr", maybe_placeholders=True)


def _parsed(start: str, sql: str, reads: str) -> Any:
    parser = _parser(start)
    from lark.exceptions import UnexpectedInput, UnexpectedToken

    if len(sql) > _LONGEST:
        raise SqlError(f"it is longer than {_LONGEST} characters: {reads}")
    try:
        return parser.parse(sql)
    except UnexpectedInput as error:
        rest = sql[error.pos_in_stream or 0 :].split(maxsplit=1)
        # a statement that ends too early is told where its last token began
        if not rest or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
            raise SqlError(f"found the end: {reads}") from error
        where = f'"{rest[0][:_SHOWN]}" in column {error.column}'
        raise SqlError(f"found {where}: {reads}") from error


def _field(tree: Any, depth: int = 0) -> Field:
    name, kind = tree.children
    return Field(_name(name), _type(kind, depth))


def _type(tree: Any, depth: int = 0) -> str | dict[str, Any]:
    _check(depth, _STREAM)
    if tree.data == "array":
        return {"Type": "array", "ElementType": _type(tree.children[0], depth + 1)}
    if tree.data == "struct":
        return {
            "Type": "struct",
            "Fields": [_field(one, depth + 1).as_json() for one in tree.children],
        }
    word = str(tree.children[0])
    if word.lower() not in _TYPES:
        raise SqlError(
            f'found "{word}", expect valid stream field types(BIGINT | FLOAT | STRINGS | DATETIME '
            "| BOOLEAN | BYTEA | ARRAY | STRUCT)."
        )
    return word.lower()


def _expression(tree: Any, numbers: Iterator[int], depth: int = 0) -> Expression:
    _check(depth, _SELECT)
    if tree.data == "column":
        owner, name = tree.children
        return Column(_name(name or owner))
    if tree.data == "literal":
        return Literal(_value(tree.children[0]))
    name, *arguments = tree.children
    number = next(numbers)
    inner = tuple(_expression(one, numbers, depth + 1) for one in arguments if one is not None)
    return Call(_name(name), inner, number)


def _check(depth: int, reads: str) -> None:
    if depth > _DEEPEST:
        raise SqlError(f"it is nested deeper than {_DEEPEST}: {reads}")


def _output_name(expression: Expression, alias: Any, before: list[Output]) -> str:
    if alias is not None:
        return _name(alias)
    if isinstance(expression, Column):
        return expression.name
    if isinstance(expression, Call):
        return expression.function
    return f"kuiper_field_{sum(isinstance(one.expression, Literal) for one in before)}"


def _value(token: Any) -> bool | float | str:
    if token.type == "NUMBER":
        return _number(str(token))
    return token.lower() == "true" if token.type == "BOOLEAN" else _unquoted(token)


def _number(digits: str) -> float:
    """A number; a whole one ends where 64 bits do, as in the servers. Raises SqlError."""
    if "." not in digits:
        return int(min(max(Decimal(digits), Decimal(-(1 << 63))), Decimal((1 << 63) - 1)))
    if math.isinf(float(digits)):
        raise SqlError(f'found "{digits}", invalid number value.')
    return float(digits)


def _name(token: Any) -> str:
    return str(token).strip("`")


def _unquoted(token: Any) -> str:
    return str(token)[1:-1] if token.type == "TEXT" else str(token).lower()
