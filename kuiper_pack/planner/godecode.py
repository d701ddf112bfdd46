"""JSON into the fields of a struct, as Go's encoding/json does it, with its words on failure."""

from collections.abc import Mapping
from typing import NamedTuple

from kuiper_pack.package.jsonio import JSONSyntaxError, decode_stream, parse
from kuiper_pack.package.node import Node

_GO_WORDS = {"boolean": "bool"}
_EMBEDDED_PATHS_SINCE = (1, 24)


class DecodeError(ValueError):
    """The message is the one of encoding/json; ``node`` is the value at fault in what is JSON."""

    def __init__(self, message: str, node: Node | None = None) -> None:
        super().__init__(message)
        self.node = node


class Struct(NamedTuple):
    """A Go struct to decode into.

    ``fields`` maps JSON names to ``string``, ``*string`` or ``[]string``. ``embedded`` maps those
    that come from an embedded struct to its name: Go 1.24 and later say so in errors.
    """

    package: str
    name: str
    fields: Mapping[str, str]
    embedded: Mapping[str, str]


Value = str | tuple[str, ...] | None


def decode(
    data: bytes, struct: Struct, go: tuple[int, ...], *, stream: bool = False
) -> dict[str, Value]:
    """The fields that ``data`` sets, by JSON name; what it leaves out is left out.

    ``stream`` reads one value and ignores what follows, as json.Decoder does. Raises DecodeError.
    Unknown keys are ignored, keys match whatever their case, null sets nothing but a list or a
    pointer to nil.
    """
    try:
        node = decode_stream(data) if stream else parse(data)
    except JSONSyntaxError as error:
        raise DecodeError(error.message) from error
    return decode_node(node, struct, go)


def decode_node(node: Node, struct: Struct, go: tuple[int, ...]) -> dict[str, Value]:
    """The fields that a value sets, as ``decode``."""
    if node.kind == "null":
        return {}
    if node.kind != "object":
        words = cannot_unmarshal(node, f"Go value of type {struct.package}.{struct.name}")
        raise DecodeError(words, node)
    values: dict[str, Value] = {}
    failure: tuple[str, Node] | None = None
    for key, kind in struct.fields.items():
        for member in node.fold(key):
            problem = _set(values, key, kind, member.value)
            if problem is None:
                continue
            culprit, wanted = problem
            path = _path(struct, key, go)
            words = cannot_unmarshal(culprit, f"Go struct field {path} of type {wanted}")
            if failure is None or culprit.offset < failure[1].offset:
                failure = words, culprit
    if failure is not None:
        raise DecodeError(*failure)
    return values


def _set(values: dict[str, Value], key: str, kind: str, node: Node) -> tuple[Node, str] | None:
    if kind == "[]string":
        if node.kind == "null":
            values[key] = None
            return None
        if node.kind != "array":
            return node, kind
        before = values.get(key)
        old = before if isinstance(before, tuple) else ()
        items: list[str] = []
        culprit: Node | None = None
        for index, item in enumerate(node.items):
            if item.kind == "string":
                items.append(str(item.value))
            else:
                items.append(old[index] if index < len(old) else "")
                if item.kind != "null":
                    culprit = culprit or item
        values[key] = tuple(items)
        return (culprit, "string") if culprit is not None else None
    if node.kind == "string":
        values[key] = str(node.value)
        return None
    if node.kind == "null":
        if kind == "*string":
            values[key] = None
        return None
    return node, "string"


def _path(struct: Struct, key: str, go: tuple[int, ...]) -> str:
    if go >= _EMBEDDED_PATHS_SINCE and key in struct.embedded:
        return f"{struct.name}.{struct.embedded[key]}.{key}"
    return f"{struct.name}.{key}"


def cannot_unmarshal(node: Node, wanted: str) -> str:
    """What Go says of a value that does not fit the type that is ``wanted``."""
    return f"json: cannot unmarshal {_GO_WORDS.get(node.kind, node.kind)} into {wanted}"
