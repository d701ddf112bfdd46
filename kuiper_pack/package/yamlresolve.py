"""What a plain YAML scalar means to Go's yaml, version 2 (servers up to 1.2.1) and 3 (since).

Not YAML 1.1 or 1.2 but a mixture: ``on`` and ``yes`` are strings in version 3 and booleans in
version 2, ``017`` and ``0o17`` are octal, ``08`` is a float, there is no base 60, and a number
beyond 64 bits is a float. Times are given as they are written.
"""

from __future__ import annotations

import base64
import binascii
import math
import re

from kuiper_pack.package.node import Scalar

_PREFIX = "tag:yaml.org,2002:"
_FIXED: dict[str, Scalar] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_FIXED_2: dict[str, Scalar] = {
    **_FIXED,
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_INTEGER = re.compile(
    r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]([0-7]+)|0([0-7]+)|([1-9][0-9]*|0))"
)
_BASES = (16, 2, 8, 8, 10)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SIMPLE_FLOAT = re.compile(r"\.[0-9]+(?:[eE][-+]?[0-9]+)?")


class UnfitError(ValueError):
    """The text cannot be what its tag says."""


def resolve(text: str, *, version: int = 3) -> Scalar:
    """The value of a plain scalar without a tag."""
    fixed = _FIXED if version == 3 else _FIXED_2
    if text in fixed:
        return fixed[text]
    first = text[0]
    if first == ".":
        return _finite(text) if _SIMPLE_FLOAT.fullmatch(text) else text
    if first in "+-0123456789":
        return _number(text)
    return text


def resolve_tagged(text: str, tag: str, *, version: int = 3) -> Scalar:
    """The value of a scalar with a tag; raises UnfitError where Go cannot decode it."""
    name = tag.removeprefix(_PREFIX) if tag.startswith(_PREFIX) else ""
    if name == "binary":
        try:
            return base64.b64decode(text, validate=True).decode("utf-8", "surrogateescape")
        except (binascii.Error, ValueError):
            raise UnfitError("!!binary value contains invalid base64 data") from None
    if name not in ("bool", "int", "float", "null"):
        return text
    value = resolve(text, version=version)
    found = {bool: "bool", int: "int", float: "float", str: "str"}.get(type(value), "null")
    if name == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if found != name:
        raise UnfitError(f"cannot decode !!{found} `{text}` as a !!{name}")
    return value


def _number(text: str) -> Scalar:
    plain = text.replace("_", "")
    found = _INTEGER.fullmatch(plain)
    if found:
        for base, digits in zip(_BASES, found.groups()[1:], strict=True):
            if digits and len(digits) < 100:
                value = int(digits, base)
                if found[1] == "-" and value <= 1 << 63:
                    return -value
                # A plus sign is only for signed numbers.
                if value < 1 << 63 or (found[1] == "" and value < 1 << 64):
                    return value
    if _FLOAT.fullmatch(plain):
        number = _finite(plain)
        return text if isinstance(number, str) else number
    return text


def _finite(text: str) -> Scalar:
    value = float(text)
    return text if math.isinf(value) else value
