"""What a plugin offers to ``plugin.Lookup``: exported functions and variables, with their types."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from kuiper_pack.goplugin.errors import Malformed
from kuiper_pack.goplugin.gotypes import Method, Types
from kuiper_pack.goplugin.image import Image
from kuiper_pack.goplugin.relocations import Relocations

_MOST = 10_000
_FARTHEST = 40
"""Words before the table of exports within which the start of the types is."""


@dataclass(frozen=True, slots=True)
class Export:
    """One exported name of a plugin.

    Attributes:
        name: as the program says it.
        kind: a function or a variable; constants and types are not exported by plugins.
        type: its type as Go writes it, with import paths for package names, like
            ``func() github.com/lf-edge/ekuiper/contract/v2/api.Source``.
        type_kind: what the type is for package reflect: ``func``, ``struct``, ``ptr``, ...
        takes: the types of what a function takes; ``...T`` for the last one if it is variadic.
        gives: the types of what a function gives.
        methods: of a variable, all methods that a pointer to it has; Lookup gives that pointer.
    """

    name: str
    kind: Literal["func", "var"]
    type: str
    type_kind: str
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    methods: tuple[Method, ...] = ()


def read_exports(
    image: Image, relocations: Relocations, table: int, found: frozenset[str]
) -> tuple[Export, ...]:
    """The exports of a plugin, in the order of its table (``ptab``), a slice at ``table``.

    What the entries count from, the start of the types, is a pointer in one of the words before;
    which one depends on the Go version. It is the one with which all names are among ``found``,
    the names that the dynamic symbols offer.
    """
    width = image.pointer_size
    count = image.word(table + width)
    if count == 0:
        return ()
    if count > _MOST:
        raise Malformed(f"the plugin would export {count} names")
    content = image.read(relocations.pointer(table), 8 * count)
    entries = list(struct.iter_unpack(f"{image.order}ii", content))
    for place in range(table - width, table - _FARTHEST * width, -width):
        start = relocations.pointer(place)
        if not image.holds(start):
            continue
        for short_names in (False, True):
            types = Types(image, relocations, start, short_names=short_names)
            exports = _exports(types, entries)
            if exports and found.issuperset(one.name for one in exports):
                return exports
    raise Malformed("the types of what the plugin exports are not found")


def _exports(types: Types, entries: Iterable[tuple[int, int]]) -> tuple[Export, ...] | None:
    """The exports, None where ``types`` is not what the entries count from."""
    try:
        return tuple(
            _export(types, types.named_at(name), types.at(type_)) for name, type_ in entries
        )
    except Malformed:
        return None


def _export(types: Types, name: str, address: int) -> Export:
    described = types.describe(address)
    if described.kind == "func":
        takes, gives = types.signature(described)
        text = types.text(address)
        return Export(name, "func", text, "func", tuple(takes), tuple(gives))
    # A variable is exported as a pointer to it.
    if described.kind != "ptr":
        raise Malformed(f"{name} is exported, and is neither a function nor a variable")
    element = types.describe(types.element(described))
    return Export(
        name,
        "var",
        types.text(element.address),
        element.kind,
        methods=types.methods(described) if element.named else (),
    )
