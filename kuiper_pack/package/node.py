"""Values of a JSON or YAML document, each with its place in the text.

Values are read at once; places are worked out when the first one is asked for, since most documents
are sound and nobody asks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

NodeKind = Literal["object", "array", "string", "number", "boolean", "null"]
Scalar = str | int | float | bool | None


class Pairs(list[tuple[str, Any]]):
    """The members of an object in the order of the text, equal keys included."""

    __slots__ = ()


class Place(NamedTuple):
    """Where a value begins, and the places of its items, or of its members' keys and values."""

    offset: int
    inner: tuple[Place, ...] = ()
    keys: tuple[int, ...] = ()


class Text:
    """The text of a document; turns offsets in characters into lines and columns, both from 1."""

    __slots__ = ("_find", "_root", "_starts", "content")

    def __init__(self, content: str, find: Callable[[str], Place]) -> None:
        self.content = content
        self._find = find
        self._root: Place | None = None
        self._starts: list[int] | None = None

    def root(self) -> Place:
        """The place of the document's value."""
        if self._root is None:
            self._root = self._find(self.content)
        return self._root

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character."""
        if self._starts is None:
            self._starts = line_starts(self.content)
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def line_starts(content: str) -> list[int]:
    """The offset of each line's first character; lines end with a line feed."""
    starts, found = [0], content.find("\n")
    while found >= 0:
        starts.append(found + 1)
        found = content.find("\n", found + 1)
    return starts


class Member:
    """A key of an object and its value; ``index`` counts the members of ``parent``.

    Not to be changed after it is made.
    """

    __slots__ = ("index", "key", "parent", "value")

    def __init__(self, key: str, value: Node, index: int, parent: Node) -> None:
        self.key = key
        self.value = value
        self.index = index
        self.parent = parent

    def __repr__(self) -> str:
        return f"Member({self.key!r}, {self.value!r})"

    @property
    def offset(self) -> int:
        """Where the key begins, in characters."""
        return self.parent.place.keys[self.index]

    @property
    def line(self) -> int:
        """Line of the key, from 1."""
        return self.parent.text.position(self.offset)[0]

    @property
    def column(self) -> int:
        """Column of the key in characters, from 1."""
        return self.parent.text.position(self.offset)[1]


class Node:
    """One value of a document: a scalar (``value``), an array (``items``), an object (``members``).

    Not to be changed after it is made. ``raw`` is a scalar, a list, or Pairs.
    """

    __slots__ = ("_index", "_parent", "raw", "text")

    def __init__(self, raw: Any, text: Text, parent: Node | None = None, index: int = 0) -> None:
        self.raw = raw
        self.text = text
        self._parent = parent
        self._index = index

    def __repr__(self) -> str:
        return f"Node({self.raw!r})"

    @property
    def kind(self) -> NodeKind:
        """The JSON type of the value."""
        raw = self.raw
        if isinstance(raw, str):
            return "string"
        if isinstance(raw, list):
            return "object" if isinstance(raw, Pairs) else "array"
        if raw is None:
            return "null"
        return "boolean" if isinstance(raw, bool) else "number"

    @property
    def value(self) -> Scalar:
        """The scalar; None also for arrays and objects."""
        raw = self.raw
        return None if isinstance(raw, list) else raw

    @property
    def items(self) -> tuple[Node, ...]:
        """The values of an array, else nothing."""
        raw = self.raw
        if not isinstance(raw, list) or isinstance(raw, Pairs):
            return ()
        return tuple(Node(item, self.text, self, index) for index, item in enumerate(raw))

    @property
    def members(self) -> tuple[Member, ...]:
        """The members of an object in the order of the text, else nothing."""
        raw = self.raw
        if not isinstance(raw, Pairs):
            return ()
        return tuple(self._member(index) for index in range(len(raw)))

    def _member(self, index: int) -> Member:
        key, raw = self.raw[index]
        return Member(key, Node(raw, self.text, self, index), index, self)

    @property
    def place(self) -> Place:
        """Where the value and what is in it begin."""
        path, node = [], self
        while node._parent is not None:
            path.append(node._index)
            node = node._parent
        place = self.text.root()
        for index in reversed(path):
            place = place.inner[index]
        return place

    @property
    def offset(self) -> int:
        """Where the value begins, in characters from the start of the text."""
        return self.place.offset

    @property
    def line(self) -> int:
        """Line of the value, from 1."""
        return self.text.position(self.offset)[0]

    @property
    def column(self) -> int:
        """Column of the value in characters, from 1."""
        return self.text.position(self.offset)[1]

    def member(self, key: str) -> Member | None:
        """The last member with exactly this key; None if there is none or this is no object."""
        if isinstance(self.raw, Pairs):
            for index in range(len(self.raw) - 1, -1, -1):
                if self.raw[index][0] == key:
                    return self._member(index)
        return None

    def get(self, key: str) -> Node | None:
        """The value of the last member with exactly this key."""
        member = self.member(key)
        return member.value if member else None

    def fold(self, key: str) -> tuple[Member, ...]:
        """The members Go's encoding/json stores in a struct field of this name, in their order.

        Keys are compared under Unicode simple folding; the last one wins, except that null leaves
        what an earlier one stored in a field that is no pointer.
        """
        if not isinstance(self.raw, Pairs):
            return ()
        wanted = fold(key)
        found = [
            index
            for index, (name, _) in enumerate(self.raw)
            if len(name) == len(wanted) and fold(name) == wanted
        ]
        return tuple(self._member(index) for index in found)

    def at(self, *path: str | int) -> Node | None:
        """The value below a path of keys and indexes."""
        node: Node | None = self
        for step in path:
            if node is None:
                return None
            if isinstance(step, str):
                node = node.get(step)
            else:
                node = node.items[step] if -len(node.items) <= step < len(node.items) else None
        return node

    def plain(self) -> Any:
        """The value as dicts, lists and scalars; of equal keys the last wins."""
        result: list[Any] = []
        work: list[tuple[Any, Any, Any]] = [(self.raw, result, 0)]
        result.append(None)
        while work:
            raw, target, key = work.pop()
            if isinstance(raw, Pairs):
                # Keys first, in order, so that a dict keeps the order of the text.
                target[key] = fresh = dict.fromkeys(name for name, _ in raw)
                work.extend((inner, fresh, name) for name, inner in reversed(raw))
            elif isinstance(raw, list):
                target[key] = [None] * len(raw)
                work.extend((inner, target[key], index) for index, inner in enumerate(raw))
            else:
                target[key] = raw
        return result[0]

    def walk(self) -> Iterator[Node]:
        """This node and all below it, parents first; what YAML aliases share comes once."""
        stack, seen = [self], set[int]()
        while stack:
            node = stack.pop()
            if isinstance(node.raw, list):
                if id(node.raw) in seen:
                    continue
                seen.add(id(node.raw))
            yield node
            stack.extend(reversed(node.items))
            stack.extend(member.value for member in reversed(node.members))

    def duplicates(self) -> Iterator[Member]:
        """Every member, at any depth, whose key an earlier member of its object has too."""
        if not _has_duplicates(self.raw):
            return
        for node in self.walk():
            if isinstance(node.raw, Pairs):
                keys = set[str]()
                for index, (key, _) in enumerate(node.raw):
                    if key in keys:
                        yield node._member(index)
                    keys.add(key)


def _has_duplicates(raw: Any) -> bool:
    """Whether an object in a value has a key twice; asked first, for hardly any has."""
    if not isinstance(raw, list):
        return False
    stack, seen = [raw], set[int]()
    while stack:
        value = stack.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Pairs):
            members = dict(value)
            if len(members) < len(value):
                return True
            stack += [one for one in members.values() if isinstance(one, list)]
        else:
            stack += [one for one in value if isinstance(one, list)]
    return False


def fold(key: str) -> str:
    """A key as Go's encoding/json compares keys with field names: under simple folding.

    The long s (U+017F) counts as s and the Kelvin sign (U+212A) as k, like in bytes.EqualFold.
    """
    if key.isascii():
        return key.lower()
    return key.replace("\u017f", "s").replace("\u212a", "k").lower()
