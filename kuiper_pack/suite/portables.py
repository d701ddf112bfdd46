"""What clauses about portable plugins ask again and again."""

from typing import Any

from kuiper_pack.client.words import NO_PYTHON
from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.packages import Portable
from kuiper_pack.suite.polling import polled
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.subject import Server
from kuiper_pack.suite.verdict import Blocked, Unmet

PACKAGE = "extension/portable/overview.md, package"
"""The page that says what is in the zip of a portable plugin."""
MEMBERS = "portable.describe.members"
UNKNOWN = "portable.describe.unknown"
DROPS = "portable.drop.accepted"
RUNNING = "running"
"""The status of a plugin whose process runs."""
GIVEN_UP = ("error", "stop")
"""That of one whose process does not run, and is not about to."""
_SETTLES = 0.1
"""Seconds in which a process that was killed is noticed to have ended."""


def wants_python(reply: Reply) -> Reply:
    """The reply; raises Blocked where it says that the server finds no Python to run a plugin."""
    if not reply.ok and NO_PYTHON.search(reply.answer.text):
        raise Blocked("python", f"the server finds no Python: {reply.got}")
    return reply


def is_gone(server: Server, name: str) -> None:
    """Ask that a plugin is neither described nor listed."""
    __tracebackhide__ = True
    server.describe(Kind.PORTABLE, name).refused()
    reply = server.plugins(Kind.PORTABLE)
    if name in reply.plugins():
        raise Unmet(f"a list without {name}", reply.got)


def status_of(server: Server, portable: Portable) -> Reply:
    """Where its status stands: below its path, or documented, in its description (api 8.3)."""
    reply = server.status(portable)
    return reply if reply.ok else server.describe(Kind.PORTABLE, portable.name)


def references(server: Server, portable: Portable) -> tuple[dict[str, Any], Reply]:
    """The references of a plugin by rule, and the status that they are in."""
    reply = status_of(server, portable)
    found = reply.members().get("refCount")
    if not isinstance(found, dict):
        raise Unmet('a status with "refCount", an object', reply.got)
    return found, reply


def runs(server: Server, portable: Portable) -> None:
    """Ask that the process of a plugin runs, at the latest after some seconds."""
    __tracebackhide__ = True
    reply = _awaited(server, portable, True)
    if _word(reply) != RUNNING:
        raise Unmet(f'status "{RUNNING}"', reply.got)


def ends(server: Server, portable: Portable) -> None:
    """Ask that nothing is told of a plugin that runs, at the latest after some seconds."""
    __tracebackhide__ = True
    reply = _awaited(server, portable, False)
    if _word(reply) == RUNNING:
        raise Unmet(f'no status "{RUNNING}"', reply.got)


def drops_in_use(server: Server, portable: Portable) -> None:
    """Ask that a plugin is dropped, and wait until its status, if there is one, has settled.

    eKuiper before 2.1.3 may take a process that it still kills for one that runs.
    """
    __tracebackhide__ = True
    server.drop(Kind.PORTABLE, portable.name).accepted()
    before = ""

    def settled(reply: Reply, seconds: float) -> bool:
        nonlocal before
        same, before = reply.answer.text == before, reply.answer.text
        still = same and _word(reply) != RUNNING and seconds > _SETTLES
        return still or seconds > server.watched_for

    polled(server, lambda: server.status(portable), settled)


def calls(server: Server, function: str) -> Reply:
    """The answer to a rule that calls a function; Blocked where no stream can be made for it."""
    stream, rule = server.fresh(), server.fresh()
    sql = f'CREATE STREAM {stream} () WITH (TYPE="memory", DATASOURCE="{stream}", FORMAT="JSON")'
    reply = server.make("stream", stream, "/streams", {"sql": sql})
    if not reply.ok:
        raise Blocked("streams", f"no stream of type memory could be made: {reply.got}")
    select = f"SELECT {function}(number) AS it FROM {stream}"  # noqa: S608 - our own names
    body = {"id": rule, "sql": select, "actions": [{"log": {}}]}
    return wants_python(server.make("rule", rule, "/rules", body))


def _awaited(server: Server, portable: Portable, running: bool) -> Reply:
    def enough(reply: Reply, seconds: float) -> bool:
        word = _word(reply)
        patient = running and word not in GIVEN_UP
        within = server.ends_within if patient else server.watched_for
        return (word == RUNNING) is running or seconds > within

    return polled(server, lambda: status_of(server, portable), enough)


def _word(reply: Reply) -> object:
    return reply.members().get("status") if reply.ok else None
