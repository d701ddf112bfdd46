"""What server and plugin say to each other, as JSON; read as strictly as Go reads it."""

import json
import json.encoder
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

from kuiper_pack.portable.errors import BadMessage
from kuiper_pack.spelling import printable

HANDSHAKE = b"handshake"
OK = "ok"


@dataclass(frozen=True, slots=True)
class Meta:
    """Which operator of which rule a symbol runs for; together they name its sockets."""

    rule: str
    operator: str
    instance: int = 0

    @property
    def file(self) -> str:
        """The name of the socket that rows go through."""
        return f"{self.rule}_{self.operator}_{self.instance}.ipc"

    @property
    def acknowledgements(self) -> str:
        """The name of the socket that a sink acknowledges rows through."""
        return f"{self.rule}_{self.operator}_{self.instance}_ack.ipc"

    def as_json(self) -> dict[str, Any]:
        """The members that plugins read."""
        return {"ruleId": self.rule, "opId": self.operator, "instanceId": self.instance}


NO_RULE = Meta("", "", 0)
"""A function belongs to no rule when it is started."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol to start or to stop; ``kind`` is ``source``, ``sink`` or ``func``."""

    name: str
    kind: str
    meta: Meta
    datasource: str = ""
    config: dict[str, Any] | None = None


class Reply(NamedTuple):
    """What a function answered; without ``state`` the result is the reason."""

    state: bool
    result: Any


class Row(NamedTuple):
    """A row of a source; ``message`` is None where the plugin sent something else."""

    message: dict[str, Any] | None
    meta: dict[str, Any] | None


def command(verb: str, symbol: Symbol, *, always_meta: bool = True) -> bytes:
    """``start`` or ``stop`` of a symbol; the argument is JSON in a string.

    Without ``always_meta`` what belongs to no rule has no ``meta``.
    """
    control: dict[str, Any] = {"symbolName": symbol.name}
    if always_meta or symbol.meta != NO_RULE:
        control["meta"] = symbol.meta.as_json()
    control["pluginType"] = symbol.kind
    if symbol.datasource:
        control["dataSource"] = symbol.datasource
    if symbol.config:
        control["config"] = symbol.config
    return dumps({"cmd": verb, "arg": dumps(control).decode()})


def call(function: str, argument: Any) -> bytes:
    """A call of ``Validate`` or ``IsAggregate``."""
    return dumps({"func": function, "arg": argument})


def execution(arguments: list[Any], meta: Meta, function_id: int) -> bytes:
    """A call of ``Exec``: the arguments, and last which call of which rule it is."""
    given = dumps(arguments)[:-1]
    comma = b"," if arguments else b""
    return b'{"func":"Exec","arg":%s%s%s]}' % (given, comma, _context(meta, function_id))


@lru_cache(maxsize=64)
def _context(meta: Meta, function_id: int) -> bytes:
    """Which call it is, as JSON in a string."""
    return dumps(dumps({**meta.as_json(), "funcId": function_id}).decode())


def read_reply(data: bytes) -> Reply:
    """A function's answer; raises BadMessage."""
    found = loads(data, "the answer of the function")
    if not isinstance(found, dict):
        raise BadMessage(f"the answer of the function is no JSON object: {shown(data)}")
    state = member(found, "state")
    if state is not None and not isinstance(state, bool):
        raise BadMessage(f'"state" in the answer of the function is no boolean: {shown(data)}')
    return Reply(bool(state), member(found, "result"))


def read_row(data: bytes) -> Row:
    """A row of a source; raises BadMessage where a server cannot decode it."""
    found = loads(data, "the row")
    if found is None:
        return Row(None, None)
    if not isinstance(found, dict):
        raise BadMessage(f"the row is no JSON object: {shown(data)}")
    message, meta = member(found, "message"), member(found, "meta")
    if not isinstance(message, _OBJECT):
        raise _no_object("message", message, data)
    if not isinstance(meta, _OBJECT):
        raise _no_object("meta", meta, data)
    return Row(message, meta)


_OBJECT = (dict, type(None))


def _no_object(name: str, value: Any, data: bytes) -> BadMessage:
    return BadMessage(
        f'"{name}" of the row is {kind_of(value)}, and has to be an object: {shown(data)}'
    )


def read_acknowledgement(data: bytes) -> str:
    """The error in an acknowledgement, empty where all is well; raises BadMessage."""
    found = loads(data, "the acknowledgement")
    error = member(found, "error") if isinstance(found, dict) else None
    if (found is not None and not isinstance(found, dict)) or not isinstance(error, str | None):
        raise BadMessage(f'the acknowledgement is no {{"error": TEXT}}: {shown(data)}')
    return error or ""


def member(found: dict[str, Any], name: str) -> Any:
    """The member that Go takes for ``name``: the last one that fits, whatever its case."""
    if name in found:
        return found[name]
    return next((found[key] for key in reversed(found) if key.lower() == name), None)


def loads(data: bytes, what: str) -> Any:
    """Decode JSON; raises BadMessage for what Go would not take, NaN and Infinity included."""
    try:
        text = data.decode("utf-8", "replace")
        try:
            found, end = _DECODER.raw_decode(text)
        except ValueError:
            end = -1
        if end != len(text):  # space around it, or an error, which this one tells
            found = _DECODER.decode(text)
        return _mended(found) if "\\" in text and _HALF in text.lower() else found
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"{what} is no JSON, {error}: {shown(data)}") from error


def _mended(value: Any) -> Any:
    """The value as Go decodes it: half a surrogate pair is U+FFFD."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_mended(one) for one in value]
        case dict():
            return {_mended(name): _mended(one) for name, one in value.items()}
    return value


def dumps(value: Any) -> bytes:
    """Encode JSON as Go does, compactly; raises ValueError for what JSON cannot say."""
    try:
        text = _encoded(value)
        if ".0" in text or "e+" in text or (len(text) > _DIGITS and _MANY_DIGITS.search(text)):
            text = _encoded(as_go(value))
    except RecursionError as error:
        raise ValueError("it is nested too deeply, or contains itself") from error
    return text.encode("utf-8", "replace")


def as_go(value: Any) -> Any:
    """The value with its numbers as Go writes them: ``3.0`` is ``3``, ``1e20`` has 21 digits.

    Go keeps a whole number only up to 64 bits; beyond, it is a float64.
    """
    match value:
        case bool():
            return value
        case int() if not -(1 << 63) <= value < 1 << 63:
            return as_go(_float64(str(value)))
        case float() if value.is_integer() and abs(value) < _WITH_EXPONENT:
            return int(Decimal(repr(value)))
        case list() | tuple():
            return [as_go(one) for one in value]
        case dict():
            return {name: as_go(one) for name, one in value.items()}
    return value


def kind_of(value: Any) -> str:
    """The JSON type of a decoded value, in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
    return "an object"


def shown(data: bytes, most: int = 120) -> str:
    """The beginning of a message, safe to print."""
    more = "..." if len(data) > most else ""
    return printable(data[:most].decode("utf-8", "backslashreplace")) + more


def _float64(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits[:20]} is out of the range of float64")
    return number


def _whole(digits: str) -> int | float:
    """A whole number as Go decodes it, to a float64: beyond 2**53 it is another one."""
    if len(digits) < _DIGITS_OF_A_FLOAT:
        return int(digits)
    number = _float64(digits)
    exact = int(digits)
    return exact if exact == number else number


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number, and the server's decoder refuses it")


_HALF = "\\ud"
"""What half a surrogate pair begins with."""

_DIGITS_OF_A_FLOAT = 16
_DIGITS = 19
_MANY_DIGITS = re.compile(r"[0-9]{19}")
"""What may be more than 64 bits."""
_WITH_EXPONENT = 1e21
"""From here on Go writes a float64 with an exponent, like Python."""

# made once: rows come by the thousand
_DECODER = json.JSONDecoder(parse_float=_float64, parse_int=_whole, parse_constant=_no_number)
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
)


def _encoding() -> Callable[[Any], str]:
    """What encodes a value; the library makes it anew for each, and that costs more than a row."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:  # no CPython
        return _ENCODER.encode
    quoted = json.encoder.encode_basestring
    encode = make(None, _ENCODER.default, quoted, None, ":", ",", False, False, False)
    return lambda value: "".join(encode(value, 0))


_encoded = _encoding()
