"""What rules have of native plugins, while these are dropped and updated."""

from collections.abc import Callable

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MUST, clause
from kuiper_pack.suite.packages import Plugin
from kuiper_pack.suite.pool import CAPABILITY
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.rules import awaited, gets_rows, is_stopped, rows, rule, stream_of
from kuiper_pack.suite.subject import CREATES, Server
from kuiper_pack.suite.verdict import Blocked, Unmet

DROP = "plugins.md, drop a plugin"
UPDATE = "plugins.md, update a plugin"
NEEDS = ("rules", "streams", CREATES, "rules.portable.source")
_LONGEST = 1.0
"""Seconds in which a rule gets its first rows, if it can get any."""


@clause(
    "rules.native.drop",
    MUST,
    documented=DROP,
    since="1.8.0-alpha.2",
    installs=1,
    needs=[*NEEDS, "native.drop.accepted"],
)
def test_a_rule_goes_on_with_a_dropped_sink(server: Server) -> None:
    """A rule that runs gives its rows to a native sink that is dropped, as it did before."""
    plugin = installed(server, Kind.SINK)
    goes_on(server, "*", plugin.name, lambda: server.drop(plugin.kind, plugin.name))


@clause(
    "rules.native.drop-function",
    MUST,
    documented=DROP,
    since="1.8.0-alpha.2",
    installs=1,
    needs=[*NEEDS, "native.drop.accepted", "native.udfs.implicit"],
)
def test_a_rule_goes_on_with_a_dropped_function(server: Server) -> None:
    """A rule that runs calls a native function that is dropped, as it did before."""
    plugin = installed(server, Kind.FUNCTION)
    what = f"{plugin.name}(number) AS it"
    goes_on(server, what, "log", lambda: server.drop(plugin.kind, plugin.name))


@clause(
    "rules.native.update",
    MUST,
    documented=UPDATE,
    since="1.11.0",
    installs=1,
    needs=[*NEEDS, "native.update.accepted"],
)
def test_a_rule_goes_on_with_an_updated_sink(server: Server) -> None:
    """A rule that runs goes on with the old version of a native sink that is updated."""
    plugin = installed(server, Kind.SINK)
    goes_on(server, "*", plugin.name, lambda: server.update(plugin, "2.0.0"))


def installed(server: Server, kind: Kind) -> Plugin:
    """A native plugin of its own."""
    plugin = server.take(kind)
    server.create(plugin, "1.0.0").accepted()
    return plugin


def goes_on(server: Server, what: str, sink: str, act: Callable[[], Reply]) -> None:
    """Ask that a rule that runs goes on when something happens to its plugin.

    Raises Blocked where the rule does not run before: with shared objects that no server can load.
    """
    __tracebackhide__ = True
    portable = server.portable()
    server.create_portable(portable).accepted()
    name, reply = rule(server, stream_of(server, portable.source), what, sink)
    within = min(_LONGEST, server.watched_for)
    status = awaited(server, name, lambda status: bool(rows(status, "sink")), within)
    if not reply.ok or is_stopped(status):
        raise Blocked(CAPABILITY, f"no rule runs with the plugin: {status.got}")
    before = rows(status, "sink")
    act().accepted()
    after = awaited(server, name, is_stopped, 0)
    if is_stopped(after):
        raise Unmet("a rule that is not stopped", after.got)
    if before:
        gets_rows(server, name, "sink", rows(after, "sink") or before)
