"""A JSON reader that knows where each value stands and fails in the words of Go's encoding/json."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from kuiper_pack.package import jsonplaces
from kuiper_pack.package.jsonscan import MAX_DEPTH, JSONSyntaxError, syntax_error
from kuiper_pack.package.node import Node, Pairs, Place, Text, line_starts

__all__ = ["JSONSyntaxError", "decode_stream", "parse"]


def parse(data: bytes) -> Node:
    """The one value that ``data`` holds, as json.Unmarshal of Go reads it.

    Bytes that are no UTF-8 become U+FFFD each, as do lone surrogates. Raises JSONSyntaxError.
    """
    found = _remembered(data) if len(data) <= _REMEMBERED else _read(data)
    if isinstance(found, JSONSyntaxError):
        raise found.with_traceback(None)
    return found


def decode_stream(data: bytes) -> Node:
    """The first value of ``data``, as one call of json.Decoder.Decode of Go reads it.

    What follows the value is not looked at. Raises JSONSyntaxError.
    """
    return _carefully(data, data.decode("utf-8", "surrogateescape"), stream=True)


def _read(data: bytes) -> Node | JSONSyntaxError:
    content = data.decode("utf-8", "surrogateescape")
    fast = _quickly(content)
    if fast is not None:
        return Node(fast[0], Text(content, _places))
    try:
        return _carefully(data, content, stream=False)
    except JSONSyntaxError as error:
        return error


_REMEMBERED = 1 << 20
_remembered = lru_cache(maxsize=2)(_read)
"""The releases that a package is judged for read the same manifest one after the other."""


def _places(content: str) -> Place:
    return jsonplaces.read(content, max_depth=MAX_DEPTH)[1]


def _places_of_first(content: str) -> Place:
    return jsonplaces.read(content, max_depth=MAX_DEPTH, whole=False)[1]


def _constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _decoder() -> Any:
    import json

    return json.JSONDecoder(object_pairs_hook=Pairs, parse_constant=_constant)


_cached: list[Any] = []


def _quickly(content: str) -> tuple[Any] | None:
    """The value by the standard library, where that reads like Go; else None."""
    if "\\ud" in content or "\\uD" in content:
        return None
    if not content.isascii() and _has_surrogates(content):
        return None
    if not _cached:
        _cached.append(_decoder())
    try:
        return (_cached[0].decode(content),)
    except (ValueError, RecursionError):
        return None


def _has_surrogates(content: str) -> bool:
    try:
        content.encode()
    except UnicodeEncodeError:
        return True
    return False


def _carefully(data: bytes, content: str, *, stream: bool) -> Node:
    try:
        raw, _ = jsonplaces.read(content, max_depth=MAX_DEPTH, whole=not stream)
    except jsonplaces.NotJSONError:
        pass
    else:
        return Node(raw, Text(content, _places_of_first if stream else _places))
    message, offset = syntax_error(data, stream=stream) or ("invalid JSON", 0)
    before = data[:offset].decode("utf-8", "surrogateescape")
    starts = line_starts(before)
    raise JSONSyntaxError(message, offset, len(starts), len(before) - starts[-1] + 1)
