"""What servers read the metadata of sources and sinks into: the structs of ``internal/meta``.

They are the same from 0.9.1 on, but for ``connection_related``, which came with 1.4.0.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Union

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.node import Node, fold

Shape = Union[str, "ListOf", "MapOf", Mapping[str, "Shape"]]
"""The word for a scalar (``any`` is anything), a list, a map, or the members of a struct."""


class ListOf(NamedTuple):
    """A list of one shape."""

    item: "Shape"


class MapOf(NamedTuple):
    """A map of any keys to one shape."""

    value: "Shape"


_LANGUAGES: Shape = {"en_US": "string", "zh_CN": "string"}
_ABOUT: Shape = {
    "trial": "boolean",
    "installed": "boolean",
    "author": dict.fromkeys(("name", "email", "company", "website"), "string"),
    "helpUrl": _LANGUAGES,
    "description": _LANGUAGES,
}
FIELD: Shape = {
    "name": "string",
    "default": "any",
    "control": "string",
    "connection_related": "boolean",
    "optional": "boolean",
    "type": "string",
    "hint": _LANGUAGES,
    "label": _LANGUAGES,
    "values": "any",
}
_OF_BOTH: Mapping[str, Shape] = {"about": _ABOUT, "libs": ListOf("string"), "node": "any"}
METADATA: Mapping[Kind, Shape] = {
    Kind.SINK: {**_OF_BOTH, "properties": ListOf(FIELD)},
    Kind.SOURCE: {**_OF_BOTH, "properties": MapOf(ListOf(FIELD)), "dataSource": "any"},
}
_WORDS = {"string": "a text", "boolean": "true or false"}


class Misfit(NamedTuple):
    """A value that is not of its shape: where it is, and what it should be, in words."""

    path: str
    node: Node
    wanted: str


def misfits(node: Node, shape: Shape, path: str = "") -> Iterator[Misfit]:
    """The values below ``node`` that Go would not read into ``shape``; null fits everything."""
    if shape == "any" or node.kind == "null":
        return
    if isinstance(shape, str):
        if node.kind != shape:
            yield Misfit(path, node, _WORDS[shape])
    elif isinstance(shape, ListOf):
        if node.kind != "array":
            yield Misfit(path, node, "a list")
        for number, item in enumerate(node.items):
            yield from misfits(item, shape.item, f"{path}[{number}]")
    elif node.kind != "object":
        yield Misfit(path, node, "an object")
    elif isinstance(shape, MapOf):
        for member in node.members:
            yield from misfits(member.value, shape.value, _below(path, member.key))
    else:
        for member in node.members:
            key = _field(member.key, shape)
            if key is not None:
                yield from misfits(member.value, shape[key], _below(path, key))


def _field(name: str, struct: Mapping[str, Shape]) -> str | None:
    """The member of a struct that Go stores the value of a key in, if any."""
    if name in struct:
        return name
    folded = fold(name)
    return next((key for key in struct if fold(key) == folded), None)


def fields(root: Node, kind: Kind) -> Iterator[Node]:
    """The fields that the metadata of a source or sink describes, without those in defaults."""
    for member in root.fold("properties"):
        lists = [member.value] if kind is Kind.SINK else [one.value for one in member.value.members]
        for listed in lists:
            yield from (item for item in listed.items if item.kind == "object")


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
