"""YAML with the place of every key and value, and the values and refusals of Go's yaml.

PyYAML's C parser gives events; they are put together here, because its own composer ends the
process on deep nesting, and neither knows Go's merge keys nor refuses keys given twice.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kuiper_pack.package.document import Document, Problem
from kuiper_pack.package.entry import Entry
from kuiper_pack.package.node import Node, Pairs, Place, Text
from kuiper_pack.package.yamlresolve import UnfitError, resolve, resolve_tagged

if TYPE_CHECKING:
    from yaml.events import Event

MAX_DEPTH = 10000
"""Go: "exceeded max depth of 10000"."""
SLOW_DEPTH = 200
"""The same for builds of PyYAML without libyaml, whose parser takes ever longer with depth."""
MAX_VALUES = 50_000
"""A document with more values is not read: it takes seconds, and no configuration has them."""
_FEW_VALUES, _MANY_VALUES = 400_000, 4_000_000
"""Up to the one Go lets aliases make 99 % of the values, from the other on 10 %."""
MAX_MERGED = 200_000
"""A document whose merge keys copy more members is not read: each link of a chain copies all."""


class YAMLError(ValueError):
    """The text is refused; line and column count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class YAMLTooLargeError(YAMLError):
    """The text is too large for us, whatever Go says of it."""


def yaml_document(entry: Entry, data: bytes, *, version: int = 3) -> Document:
    """Reads a YAML file as Go's yaml does into a map; no root where the file is empty."""
    try:
        return Document(entry, data, load(data, version=version))
    except YAMLTooLargeError as error:
        return Document(entry, data, None, unread=error.message)
    except YAMLError as error:
        return Document(entry, data, None, Problem(error.message, error.line, error.column))


def load(data: bytes, *, version: int = 3) -> Node | None:
    """The first document in ``data``; None if there is none. ``version`` is that of Go's yaml.

    Merge keys are applied. Keys are text whatever they look like. What aliases refer to is shared.
    Raises YAMLError.
    """
    try:
        return _load(data, version)
    except YAMLError as error:
        if error.message not in _ONLY_GO:
            raise
        written = data
        for pattern, instead in _ONLY_GO.values():
            written = re.sub(pattern, instead, written)
        with contextlib.suppress(YAMLError):
            return _load(written, version)
        raise


_ONLY_GO = {
    "found unknown escape character": (rb"\\'", b"''"),
    "found unexpected ':'": (rb"([^\s,\[\]{}\"']+:)(?=[,\[\]{}])", rb'"\1"'),
}
"""What Go reads and libyaml does not: its complaint, and how to write it so that both read it.

In texts a character more is read than in Go, and places can be two further on in the line.
"""


def _load(data: bytes, version: int) -> Node | None:
    import yaml

    try:
        fast = getattr(yaml, "CSafeLoader", None)
        loader = (fast or yaml.SafeLoader)(data)
        depth = MAX_DEPTH if fast else SLOW_DEPTH
        try:
            built = _Builder(_events(loader), version, depth).document()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise YAMLError(str(error.problem or error.context), line, column) from None
    except yaml.reader.ReaderError as error:
        before = data[: error.position].decode("utf-8", "replace")
        column = len(before) - before.rfind("\n")
        raise YAMLError(str(error.reason), before.count("\n") + 1, column) from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise YAMLError(str(error).splitlines()[0], 1, 1) from None
    if built is None:
        return None
    raw, place = built
    return Node(raw, Text(_decoded(data), lambda _: place))


def _events(loader: Any) -> Iterator[Event]:
    while (event := loader.get_event()) is not None:
        yield event


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


class _Value:
    """A value being put together, or ready.

    ``count`` is the number of values in it, itself included and aliases repeated.
    """

    __slots__ = ("anchor", "count", "event", "items", "place", "raw", "text")

    def __init__(self, event: Any, raw: Any, place: Place, text: str = "") -> None:
        self.event = event
        self.raw = raw
        self.place = place
        self.text = text
        self.count = 1
        self.anchor: str | None = getattr(event, "anchor", None)
        self.items: list[_Value] = []


def _fail(event: Any, message: str, error: type[YAMLError] = YAMLError) -> YAMLError:
    mark = event.start_mark
    return error(message, mark.line + 1, mark.column + 1)


def _is_excessive(aliased: int, decoded: int) -> bool:
    """Whether Go refuses a document after so many values, ``aliased`` of them by aliases."""
    if aliased <= 100 or decoded <= 1000:
        return False
    share = (decoded - _FEW_VALUES) / (_MANY_VALUES - _FEW_VALUES)
    return aliased / decoded > 0.99 - 0.89 * min(max(share, 0), 1)


class _Builder:
    def __init__(self, events: Iterator[Event], version: int, depth: int) -> None:
        self.events = events
        self.version = version
        self.depth = depth
        self.anchors: dict[str, _Value] = {}
        self.opened = set[str]()
        self.left = MAX_VALUES
        self.decoded = 1  # the document
        self.aliased = 0
        self.merged = 0

    def document(self) -> tuple[Any, Place] | None:
        stack: list[_Value] = []
        root: tuple[Any, Place] | None = None
        event: Any
        for event in self.events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent" and event.version not in (None, (1, 1)):
                raise _fail(event, "found incompatible YAML document")
            if kind in ("StreamStartEvent", "DocumentStartEvent"):
                continue
            if kind in ("StreamEndEvent", "DocumentEndEvent"):
                break
            self.left -= 1
            if self.left < 0:
                raise _fail(event, f"more than {MAX_VALUES} values", YAMLTooLargeError)
            self.decoded += not kind.endswith("EndEvent")
            if kind in ("MappingStartEvent", "SequenceStartEvent"):
                if len(stack) == self.depth:
                    message = f"exceeded max depth of {self.depth}"
                    error = YAMLError if self.depth == MAX_DEPTH else YAMLTooLargeError
                    raise _fail(event, message, error)
                value = _Value(event, None, Place(event.start_mark.index))
                self.opened.update([value.anchor] if value.anchor else [])
                stack.append(value)
                continue
            if kind in ("MappingEndEvent", "SequenceEndEvent"):
                value = self.closed(stack.pop(), kind == "MappingEndEvent")
            elif kind == "AliasEvent":
                value = self.alias(event)
            else:
                if stack and stack[-1].event.flow_style and not event.style and "?" in event.value:
                    # Go ends a plain scalar of a flow collection there, newer libyaml goes on.
                    raise _fail(event, "did not find expected ',' or ']'")
                value = self.scalar(event)
            if value.anchor and kind != "AliasEvent":
                self.anchors[value.anchor] = value
                self.opened.discard(value.anchor)
            if stack:
                stack[-1].items.append(value)
            else:
                root = value.raw, value.place
        return root

    def scalar(self, event: Any) -> _Value:
        text = event.value
        try:
            if event.tag not in (None, "!"):
                raw = resolve_tagged(text, event.tag, version=self.version)
            elif event.implicit[0] and (event.tag is None or self.version == 3):
                raw = resolve(text, version=self.version)
            else:
                raw = text
        except UnfitError as unfit:
            raise _fail(event, str(unfit)) from None
        return _Value(event, raw, Place(event.start_mark.index), text)

    def alias(self, event: Any) -> _Value:
        name = event.anchor
        if name in self.opened:
            raise _fail(event, f"anchor '{name}' value contains itself")
        if name not in self.anchors:
            raise _fail(event, f"unknown anchor '{name}' referenced")
        target = self.anchors[name]
        self.decoded += target.count
        self.aliased += target.count
        if _is_excessive(self.aliased, self.decoded):
            raise _fail(event, "document contains excessive aliasing")
        value = _Value(event, target.raw, target.place, target.text)
        value.count += target.count
        value.items = target.items
        return value

    def closed(self, value: _Value, is_mapping: bool) -> _Value:
        value.count += sum(item.count for item in value.items)
        if is_mapping:
            self.mapping(value)
        else:
            value.raw = [item.raw for item in value.items]
            inner = tuple(item.place for item in value.items)
            value.place = Place(value.place.offset, inner)
        value.items = []
        return value

    def mapping(self, value: _Value) -> None:
        members: list[tuple[str, Any, int, Place]] = []
        merged: list[tuple[str, Any, int, Place]] = []
        lines: dict[str, int] = {}
        for key, inner in zip(value.items[::2], value.items[1::2], strict=True):
            if isinstance(key.raw, list):
                raise _fail(key.event, "a key must be a scalar")
            merge = key.text == "<<" and getattr(key.event, "style", None) in (None, "")
            if key.text in lines and self.version == 3:
                line = lines[key.text]
                message = f'mapping key "{key.text}" already defined at line {line}'
                raise _fail(key.event, message)
            lines[key.text] = key.event.start_mark.line + 1
            if merge:
                # Go does not count the merge key, and looks at all keys once more.
                value.count -= 1
                self.decoded += len(value.items) // 2 - 1
                self.merge(inner, members if self.version == 2 else merged)
            else:
                members.append((key.text, inner.raw, key.event.start_mark.index, inner.place))
        if self.version == 3:
            for member in merged:
                if member[0] not in lines:
                    lines[member[0]] = 0
                    members.append(member)
        value.raw = Pairs((name, raw) for name, raw, _, _ in members)
        value.place = Place(
            value.place.offset,
            tuple(place for _, _, _, place in members),
            tuple(at for _, _, at, _ in members),
        )

    def merge(self, source: _Value, into: list[tuple[str, Any, int, Place]]) -> None:
        sources = [(source.raw, source.place)]
        if isinstance(source.raw, list) and not isinstance(source.raw, Pairs):
            sources = list(zip(source.raw, source.place.inner, strict=True))
            if self.version == 2:
                sources.reverse()
        for raw, place in sources:
            if not isinstance(raw, Pairs):
                raise _fail(source.event, "map merge requires map or sequence of maps as the value")
            self.merged += len(raw)
            if self.merged > MAX_MERGED:
                message = f"more than {MAX_MERGED} merged members"
                raise _fail(source.event, message, YAMLTooLargeError)
            for (name, inner), at, spot in zip(raw, place.keys, place.inner, strict=True):
                into.append((name, inner, at, spot))
