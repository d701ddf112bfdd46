"""The YAML most configurations are made of, read without a YAML library.

Nested block mappings with simple keys and simple one-line scalars, comments, blank lines. Anything
else, and anything that might be an error, is left to the real parser: importing that takes longer
than all other work on a small package.
"""

from __future__ import annotations

import re
from typing import Any

from kuiper_pack.package.node import Pairs, Place
from kuiper_pack.package.yamlresolve import resolve

MAX_LINES = 2000
_LINE = re.compile(
    r"( *)(?:([A-Za-z_][A-Za-z0-9_-]{0,99}):(?: +(?:"
    r"([A-Za-z0-9/](?:[A-Za-z0-9_./+-]|:(?=[A-Za-z0-9/]))*)"
    r'|"([A-Za-z0-9_./:+ -]*)"'
    r"|(\{\}|\[\])"
    r"))?)?(?: +#[ -~]*| *|(?<![^ ])#[ -~]*)"
)
_INDENT, _KEY, _PLAIN, _QUOTED, _EMPTY = range(1, 6)


class _Mapping:
    def __init__(self, offset: int, indent: int) -> None:
        self.offset = offset
        self.indent = indent
        self.keys: dict[str, int] = {}
        self.values: list[Any] = []
        self.places: list[Place] = []

    def closed(self) -> tuple[Pairs, Place]:
        place = Place(self.offset, tuple(self.places), tuple(self.keys.values()))
        return Pairs(zip(self.keys, self.values, strict=True)), place


def read_plain(data: bytes, *, version: int) -> tuple[Any, Place] | None:
    """The value and its place, or None where the real parser has to look."""
    if not data.isascii() or data.count(b"\n") > MAX_LINES:
        return None
    stack: list[_Mapping] = []
    at = 0
    for line in data.decode("ascii").split("\n"):
        found = _LINE.fullmatch(line)
        if found is None:
            return None
        if found[_KEY] and not _add(stack, found, at, version):
            return None
        at += len(line) + 1
    while len(stack) > 1:
        _close(stack)
    return stack[0].closed() if stack else None


def _add(stack: list[_Mapping], found: re.Match[str], at: int, version: int) -> bool:
    """Takes a line with a key; False where it does not fit what is open."""
    indent, start = found.end(_INDENT), at + found.start(_KEY)
    if not stack:
        stack.append(_Mapping(start, indent))
    elif indent > stack[-1].indent:
        outer = stack[-1]
        # Only a key without a value can have something below it.
        if outer.values[-1] is not None or outer.places[-1].inner != (_OPEN,):
            return False
        stack.append(_Mapping(start, indent))
    while indent < stack[-1].indent and len(stack) > 1:
        _close(stack)
    inner = stack[-1]
    if indent != inner.indent or found[_KEY] in inner.keys:
        return False
    inner.keys[found[_KEY]] = start
    raw: Any = None
    place = Place(at + found.end(_KEY) + 1, (_OPEN,))
    if found[_PLAIN]:
        raw, place = resolve(found[_PLAIN], version=version), Place(at + found.start(_PLAIN))
    elif found[_QUOTED] is not None:
        raw, place = found[_QUOTED], Place(at + found.start(_QUOTED) - 1)
    elif found[_EMPTY]:
        raw = Pairs() if found[_EMPTY] == "{}" else []
        place = Place(at + found.start(_EMPTY))
    inner.values.append(raw)
    inner.places.append(place)
    return True


_OPEN = Place(-1)
"""Marks the place of a key that has no value yet."""


def _close(stack: list[_Mapping]) -> None:
    value, place = stack.pop().closed()
    stack[-1].values[-1], stack[-1].places[-1] = value, place
