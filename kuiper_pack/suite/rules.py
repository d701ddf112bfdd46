"""Rules that use plugins, as clauses make and watch them: by metrics, which any client sees."""

from collections.abc import Callable
from typing import Any

from kuiper_pack.client.words import NO_PYTHON
from kuiper_pack.suite.packages import Portable
from kuiper_pack.suite.polling import polled
from kuiper_pack.suite.portables import calls, wants_python
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.subject import Server
from kuiper_pack.suite.verdict import Blocked, Inapplicable, Unmet

NEW = "number >= 1000000"
"""What holds for the rows of the successor of a portable plugin only."""
_NO_STATUS = (404, 405, 501)
_ROWS = {"source": "_records_out_total", "sink": "_records_in_total", "taken": "_records_out_total"}


def calls_nothing(server: Server, function: str) -> None:
    """Ask that a rule that calls a function which is not there is refused, or gets nothing of it.

    Nobody prescribes when a server looks for the functions of a rule. Raises Inapplicable where it
    does so later and its rules tell nothing.
    """
    __tracebackhide__ = True
    if not (called := calls(server, function)).ok:
        called.refused()
        return
    stream = stream_of(server, server.installed_portable().source)
    name, reply = rule(server, stream, f"{function}(number) AS it")

    def settled(status: Reply) -> bool:
        return is_stopped(status) or bool(exceptions(status) or rows(status, "sink"))

    if reply.ok:
        status = awaited(server, name, settled, server.watched_for)
        shows(server, name, status)
        if not is_stopped(status) and not exceptions(status) and rows(status, "sink"):
            raise Unmet(f"no results of {function}, which is not there", status.got)


def stream_of(server: Server, kind: str) -> str:
    """The name of a new stream that reads a source."""
    name = server.fresh()
    options = f'TYPE="{kind}", DATASOURCE="any", FORMAT="JSON"'
    sql = f"CREATE STREAM {name} () WITH ({options})"
    server.make("stream", name, "/streams", {"sql": sql}).accepted()
    return name


def rule(server: Server, stream: str, what: str = "*", sink: str = "log") -> tuple[str, Reply]:
    """The id of a new rule that selects ``what`` from a stream, and what creating it answered.

    ``what`` may go on with WHERE.
    """
    columns, where, condition = what.partition(" WHERE ")
    name = server.fresh()
    sql = f"SELECT {columns} FROM {stream}{where}{condition}"  # noqa: S608 - our own names
    body = {"id": name, "sql": sql, "actions": [{sink: {}}]}
    return name, wants_python(server.make("rule", name, "/rules", body))


def reads(server: Server, portable: Portable, what: str = "*", sink: str = "log") -> str:
    """The id of a new rule that reads the source of a plugin, and gets rows."""
    __tracebackhide__ = True
    name, reply = rule(server, stream_of(server, portable.source), what, sink)
    reply.accepted()
    gets_rows(server, name)
    return name


def gets_rows(server: Server, name: str, end: str = "source", more_than: int = 0) -> Reply:
    """The status of a rule through one ``end`` of which more rows went than that, in some seconds.

    An end is ``source``, ``sink``, or ``taken`` for what a sink has taken. Raises Inapplicable
    where the server does not count rows, as its documentation has it.
    """
    __tracebackhide__ = True
    reply = awaited(server, name, lambda reply: (rows(reply, end) or 0) > more_than)
    found = rows(reply, end)
    if found is not None and found > more_than:
        return reply
    if NO_PYTHON.search(reply.answer.text):
        raise Blocked("python", f"the server finds no Python: {reply.got}")
    shows(server, name, reply)
    which = f"more than {more_than} rows" if more_than else "rows"
    raise Unmet(f"{which} at the {end.replace('taken', 'sink')} of the rule", reply.got)


def awaited(
    server: Server, name: str, holds: Callable[[Reply], bool], running_for: float | None = None
) -> Reply:
    """The status of a rule once something holds for it, or after the time that is given to it.

    A rule that runs is given the time of a server to end, or ``running_for`` seconds; one that is
    stopped is given less, and one that runs and counts no rows none.
    """
    longest = server.ends_within if running_for is None else running_for

    def enough(reply: Reply, seconds: float) -> bool:
        within = server.watched_for if is_stopped(reply) else longest
        return holds(reply) or tells_nothing(reply) or seconds > within

    return polled(server, lambda: status_of(server, name), enough)


def status_of(server: Server, name: str) -> Reply:
    """How a rule fares."""
    return server.send("GET", f"/rules/{name}/status")


def rows(reply: Reply, end: str) -> int | None:
    """How many rows a status counts at one end; None if it does not count them."""
    return _total(reply, end.replace("taken", "sink"), _ROWS[end])


def exceptions(reply: Reply) -> int:
    """How many exceptions a status counts."""
    return _total(reply, "", "_exceptions_total") or 0


def shows(server: Server, name: str, reply: Reply) -> None:
    """Raise Inapplicable where a rule is there, but its status tells nothing that is asked here."""
    if tells_nothing(reply) and server.send("GET", f"/rules/{name}").ok:
        raise Inapplicable(f"the status of a rule counts no rows: {reply.got}")


def tells_nothing(reply: Reply) -> bool:
    """Whether there is no status of rules, or only that the rule runs, not what it has done."""
    if reply.answer.status in _NO_STATUS:
        return True
    return "running" in _word(reply) and rows(reply, "source") is None


def is_stopped(reply: Reply) -> bool:
    """Whether a status says that the rule does not run; one that runs has only metrics in 1.x."""
    return "stop" in _word(reply)


def _word(reply: Reply) -> str:
    """What a status says in words: all that is no JSON, or one member."""
    members = _members(reply)
    return str(members.get("status") if members else reply.answer.text).lower()


def _total(reply: Reply, begins: str, ends: str) -> int | None:
    found = [
        value
        for key, value in _members(reply).items()
        if key.startswith(begins) and key.endswith(ends) and isinstance(value, int)
    ]
    return sum(found) if found else None


def _members(reply: Reply) -> dict[str, Any]:
    try:
        found = reply.answer.json()
    except ValueError:
        return {}
    return found if reply.ok and isinstance(found, dict) else {}
