"""Answers as tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from kuiper_pack.client import Answer
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.state import DELETED
from kuiper_pack.remote.asked import Asked
from kuiper_pack.remote.plugins import entries, members, name_of
from kuiper_pack.remote.session import Session
from kuiper_pack.remote.tables import Table, spoken

_GOES = "deleted, goes with a restart"


def plugins(session: Session, lists: Mapping[Kind, Answer]) -> Table:
    """The plugins of these lists, with what the server says of each native one."""
    rows: list[tuple[str, ...]] = []
    for kind, answer in lists.items():
        for entry in sorted(entries(answer), key=name_of):
            name, found = name_of(entry), entry
            if not isinstance(found, dict):
                found = _described(session, kind, name)
            version = spoken(found.get("version"))
            version = _GOES if version == DELETED else version
            rows.append((kind.value, name, version, "; ".join(_provided(found))))
    return Table(("KIND", "NAME", "VERSION", "PROVIDES"), rows)


def plugin(kind: Kind, answer: Answer) -> Table:
    """What a server says of one plugin."""
    found = {"kind": kind.value} | members(answer)
    if found.get("version") == DELETED:
        found["version"] = _GOES
    return Table(("", ""), [(name, spoken(value)) for name, value in found.items()])


def statuses(answers: Mapping[str, Answer]) -> Table:
    """How portable plugins fare."""
    rows = []
    for name, answer in answers.items():
        found = members(answer)
        values = (found.get(one) for one in ("status", "refCount", "errMsg"))
        rows.append((name, *map(spoken, values)))
    return Table(("NAME", "STATUS", "RULES", "ERROR"), rows)


def functions(session: Session, listed: Answer) -> Table:
    """The functions of native plugins, each with its plugin."""
    rows = []
    for name in sorted(map(str, entries(listed))):
        answer = session.granted(session.client.describe_udf(name), Asked("udfs", name=name))
        rows.append((name, spoken(members(answer).get("plugin"))))
    return Table(("FUNCTION", "PLUGIN"), rows)


def function(answer: Answer) -> Table:
    """The plugin that a function comes from."""
    found = members(answer)
    return Table(("FUNCTION", "PLUGIN"), [(spoken(found.get("name")), spoken(found.get("plugin")))])


def ready_plugins(answers: Mapping[Kind, Answer]) -> Table:
    """The plugins that a server knows to be ready somewhere, with their URLs."""
    rows: list[tuple[str, ...]] = []
    for kind, answer in answers.items():
        found = members(answer)
        rows += [(kind.value, name, spoken(found[name])) for name in sorted(found)]
    return Table(("KIND", "NAME", "URL"), rows)


def uploads(answer: Answer) -> Table:
    """The paths of uploaded files on the server."""
    return Table(("",), [(one,) for one in sorted(map(str, entries(answer)))])


def _described(session: Session, kind: Kind, name: str) -> dict[str, Any]:
    try:
        found = session.client.describe(kind, name).json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _provided(found: dict[str, Any]) -> Iterator[str]:
    for symbols in ("sources", "sinks", "functions"):
        if found.get(symbols):
            yield f"{symbols} {spoken(found[symbols])}"
