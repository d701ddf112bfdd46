"""Create requests, and how releases decode them."""

from typing import NamedTuple

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.godecode import DecodeError, Struct, Value, decode
from kuiper_pack.planner.outcome import Refused
from kuiper_pack.profiles import Profile

_NESTED_LOCKS_SINCE = (1, 24)


class Request(NamedTuple):
    """The body of a create or update request."""

    name: str
    file: str
    functions: tuple[str, ...] = ()
    shell_paras: tuple[str, ...] = ()


def decode_request(profile: Profile, kind: Kind, body: bytes) -> Request:
    """The request in ``body``; raises Refused with the words of the release (api C-02 to C-04)."""
    try:
        values = decode(body, _struct(profile, kind), go_version(profile), stream=True)
    except DecodeError as error:
        raise Refused(Cause.BODY, str(error)) from error
    return Request(
        name=text(values.get("name")),
        file=text(values.get("file")),
        functions=_items(values.get("functions")),
        shell_paras=_items(values.get("shellParas")),
    )


def decode_functions(profile: Profile, body: bytes) -> tuple[str, ...]:
    """The list in the body of a register request (api F-08); raises Refused."""
    struct = Struct("server", "functionList", {"functions": "[]string"}, {})
    try:
        return _items(decode(body, struct, go_version(profile), stream=True).get("functions"))
    except DecodeError as error:
        raise Refused(Cause.BODY, str(error)) from error


def dumped_body(go: tuple[int, ...]) -> str:
    """A request body as Go's %s prints it into an answer (api F-08); the addresses are made up."""
    lock = "{%!s(int32=0) %!s(uint32=0)}"
    if go >= _NESTED_LOCKS_SINCE:
        lock = f"{{{{}} {lock}}}"
    return (
        "&{%!s(*io.LimitedReader=&{0xc000000000 0}) <nil> %!s(*bufio.Reader=<nil>) "
        f"%!s(bool=false) %!s(bool=true) {lock} %!s(bool=true) %!s(bool=false) %!s(bool=false) "
        "%!s(func()=0x100000)}"
    )


def go_version(profile: Profile) -> tuple[int, ...]:
    """``1.25.4`` as (1, 25, 4)."""
    return tuple(map(int, profile.go.split(".")))


def text(value: Value) -> str:
    """A decoded string field; empty where it was not set."""
    return value if isinstance(value, str) else ""


def _items(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _struct(profile: Profile, kind: Kind) -> Struct:
    fields = {"name": "string", "file": "string"}
    if profile.shell_paras:
        fields["shellParas"] = "[]string"
    package, name = profile.package_of_types, profile.request_type
    if kind is Kind.FUNCTION and profile.function_lists:
        embedded = dict.fromkeys(fields, name)
        return Struct(package, "FuncPlugin", fields | {"functions": "[]string"}, embedded)
    return Struct(package, name, fields, {})
