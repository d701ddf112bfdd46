"""A create request from a file, as users write it for ``--request``."""

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.jsonio import JSONSyntaxError, parse
from kuiper_pack.package.node import Member, Node
from kuiper_pack.planner.request import Request
from kuiper_pack.spelling import did_you_mean

_KEYS = {"name": "text", "file": "text", "functions": "list", "shellParas": "list"}


def read_request(data: bytes, path: str, *, name: str, file: str) -> Request:
    """The request in ``data``, read from ``path``; ``name`` and ``file`` stand in where missing.

    Stricter than a server, which ignores what it does not know: raises KuiperPackError, with line
    and column, for unknown keys and wrong types.
    """
    try:
        node = parse(data)
    except JSONSyntaxError as error:
        raise KuiperPackError(f"{path}:{error.line}:{error.column}: {error.message}") from error
    if node.kind != "object":
        raise KuiperPackError(f"{path}: a create request is a JSON object, not {node.kind}")
    values = {member.key: _value(path, member) for member in node.members}
    return Request(
        name=str(values.get("name", name)),
        file=str(values.get("file", file)),
        functions=_texts(values.get("functions")),
        shell_paras=_texts(values.get("shellParas")),
    )


def _value(path: str, member: Member) -> str | tuple[str, ...]:
    wanted = _KEYS.get(member.key)
    if wanted is None:
        hint = did_you_mean(member.key, _KEYS)
        raise _wrong(path, member, f'a create request has no "{member.key}"{hint}')
    if wanted == "text":
        if member.value.kind != "string":
            raise _wrong(path, member, f'"{member.key}" must be a string')
        return str(member.value.value)
    if member.value.kind != "array" or not all(map(_is_text, member.value.items)):
        raise _wrong(path, member, f'"{member.key}" must be a list of strings')
    return tuple(str(item.value) for item in member.value.items)


def _is_text(node: Node) -> bool:
    return node.kind == "string"


def _texts(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _wrong(path: str, member: Member, message: str) -> KuiperPackError:
    return KuiperPackError(f"{path}:{member.line}:{member.column}: {message}")
