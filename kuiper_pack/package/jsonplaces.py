"""A JSON text read with the places of its values, for what the standard library does not say.

Run on valid documents when a place is asked for, and on documents whose values the standard library
reads otherwise than Go (lone surrogates, deep nesting, very long numbers).
"""

from __future__ import annotations

import re
from typing import Any

from kuiper_pack.package.node import Pairs, Place, Scalar

_PLAIN = r'[^"\\\x00-\x1f]*'
_TOKEN = re.compile(
    rf'"({_PLAIN}(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{{4}}){_PLAIN})*)"'
    r"|(-?(?:0|[1-9][0-9]*(?![0-9]))"
    r"(?:\.[0-9]+(?![0-9])|(?!\.))(?:[eE][+-]?[0-9]+(?![0-9])|(?![eE])))"
    r"|([\[\]{},:])"
    r"|(true|false|null)"
)
_STRING, _NUMBER, _MARK = 1, 2, 3
_BLANKS = re.compile(r"[ \t\r\n]*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_LONE = re.compile("[\ud800-\udfff]")
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


class NotJSONError(ValueError):
    """The text is no JSON; who says how it fails is jsonscan."""


class _Open:
    """An array or object that is being read."""

    def __init__(self, offset: int, is_object: bool) -> None:
        self.offset = offset
        self.closer = "}" if is_object else "]"
        self.values: list[Any] = []
        self.names: list[str] = []
        self.places: list[Place] = []
        self.keys: list[int] = []

    def close(self) -> tuple[Any, Place]:
        place = Place(self.offset, tuple(self.places), tuple(self.keys))
        if self.closer == "}":
            return Pairs(zip(self.names, self.values, strict=True)), place
        return self.values, place


class _Reader:
    def __init__(self, content: str, max_depth: int) -> None:
        self.content = content
        self.at = 0
        self.max_depth = max_depth

    def token(self) -> re.Match[str]:
        blanks = _BLANKS.match(self.content, self.at)
        found = _TOKEN.match(self.content, blanks.end() if blanks else self.at)
        if found is None:
            raise NotJSONError
        self.at = found.end()
        return found

    def document(self) -> tuple[Any, Place]:
        stack: list[_Open] = []
        while True:
            value, place = self.opened(stack)
            while stack:
                inner = stack[-1]
                inner.values.append(value)
                inner.places.append(place)
                mark = self.token()[0]
                if mark == ",":
                    break
                if mark != inner.closer:
                    raise NotJSONError
                value, place = stack.pop().close()
            else:
                return value, place
            if stack[-1].closer == "}":
                self.key(stack[-1], self.token())

    def opened(self, stack: list[_Open]) -> tuple[Any, Place]:
        """Reads up to a value that is complete: a scalar, or something empty."""
        found = self.token()
        while found.lastindex == _MARK:
            if found[0] not in "[{":
                raise NotJSONError
            if len(stack) == self.max_depth:
                raise NotJSONError
            inner = _Open(found.start(), found[0] == "{")
            stack.append(inner)
            found = self.token()
            if found[0] == inner.closer:
                return stack.pop().close()
            if inner.closer == "}":
                self.key(inner, found)
                found = self.token()
        return _scalar(found), Place(found.start())

    def key(self, inner: _Open, found: re.Match[str]) -> None:
        if found.lastindex != _STRING or self.token()[0] != ":":
            raise NotJSONError
        inner.names.append(_unescaped(found[_STRING]))
        inner.keys.append(found.start())


def read(content: str, *, max_depth: int, whole: bool = True) -> tuple[Any, Place]:
    """The value of a JSON text, and its place; ``whole``: nothing but blanks may follow it.

    ``content`` is UTF-8 decoded with surrogate escapes. Raises NotJSONError.
    """
    reader = _Reader(content, max_depth)
    result = reader.document()
    blanks = _BLANKS.match(content, reader.at)
    if whole and blanks is not None and blanks.end() != len(content):
        raise NotJSONError
    return result


def _scalar(found: re.Match[str]) -> Scalar:
    if found.lastindex == _STRING:
        return _unescaped(found[_STRING])
    if found.lastindex == _NUMBER:
        return number(found[_NUMBER])
    return _WORDS[found[0]]


def number(literal: str) -> int | float:
    """A number; whole ones of more than 400 digits become infinity, as no use is known for them.

    (Python refuses to read integers of more than 4,300 digits.)
    """
    whole = len(literal) < 400 and literal.lstrip("-").isdigit()
    return int(literal) if whole else float(literal)


def _unescaped(raw: str) -> str:
    if not raw.isascii():
        raw = _LONE.sub("\ufffd", raw)
    if "\\" not in raw:
        return raw
    value = _ESCAPE.sub(_character, raw)
    return _LONE.sub("\ufffd", _PAIR.sub(_paired, value))


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else _SHORT.get(found[2], found[2])


def _paired(found: re.Match[str]) -> str:
    high, low = ord(found[0][0]), ord(found[0][1])
    return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)
