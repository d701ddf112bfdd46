"""What rules have of portable plugins, while these are dropped, created again and updated."""

from collections.abc import Generator

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, MUST, SHOULD, clause
from kuiper_pack.suite.packages import Portable
from kuiper_pack.suite.portables import DROPS, UNKNOWN, drops_in_use, is_gone, references
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.rules import (
    NEW,
    awaited,
    calls_nothing,
    exceptions,
    gets_rows,
    is_stopped,
    reads,
    rule,
    shows,
    stream_of,
)
from kuiper_pack.suite.rules import status_of as status_of_rule
from kuiper_pack.suite.subject import CREATES_PORTABLE, Server
from kuiper_pack.suite.verdict import Unmet

USES = "extension/portable/overview.md, architecture"
DROP = "plugins.md, drop a plugin"
UPDATE = "plugins.md, update a plugin"
STATUS = "plugins.md, portable plugin status"
IMMEDIATE = "1.8.0-alpha.2"
"""What is said of rules whose plugin is dropped or updated is documented since then."""
NOTICES = "2.1.3"
"""Before that release eKuiper may take the process that it kills for the one of the new version."""
WAITS = ("2.0.0-alpha.10", "2.3.0-beta.6")
"""There eKuiper does not answer who stops a rule whose portable plugin is gone, for an hour."""
LONG_RUNNING = "2.0.0-beta.1"
RULES = ("rules", "streams")
READS = "rules.portable.source"
COUNTS = "rules.references.running"
IN_USE = "rules.drop.accepted"
CALLS = "rules.portable.function"


@clause(
    READS,
    MUST,
    documented=USES,
    since="1.4.0",
    needs=[*RULES, CREATES_PORTABLE],
)
def test_a_rule_reads_a_source(server: Server) -> None:
    """A rule that reads a source of a portable plugin gets its rows."""
    reads(server, installed(server))


@clause(
    CALLS,
    MUST,
    documented=USES,
    since="1.4.0",
    needs=[*RULES, READS, "portable.create.usable"],
)
def test_a_rule_calls_a_function(server: Server) -> None:
    """A rule that calls a function of a portable plugin gets its result for each row."""
    portable = installed(server)
    name = reads(server, portable, f"* WHERE {portable.function}(number) = number")
    fails_nowhere(gets_rows(server, name, "sink"))


@clause("rules.portable.sink", MUST, documented=USES, since="1.4.0", needs=[*RULES, READS])
def test_a_rule_gives_rows_to_a_sink(server: Server) -> None:
    """A rule gives its rows to a sink of a portable plugin, which takes them."""
    portable = installed(server)
    name = reads(server, portable, sink=portable.sink)
    fails_nowhere(gets_rows(server, name, "taken"))


@clause(
    COUNTS,
    MUST,
    documented=STATUS,
    since=LONG_RUNNING,
    needs=[*RULES, READS, "portable.status.members"],
)
def test_a_rule_that_runs_is_a_reference(server: Server) -> None:
    """The status of a portable plugin names each rule that uses its source, and how often."""
    portable = installed(server)
    name = reads(server, portable)
    found, reply = references(server, portable)
    count = found.get(name)
    if not isinstance(count, int) or count < 1:
        raise Unmet(f"{name} in refCount with a positive number", reply.got)
    if len(found) > 1:
        raise Unmet(f"no other rule than {name} in refCount", reply.got)


@clause(
    "rules.references.stopped",
    SHOULD,
    seen="api 14-4",
    since=LONG_RUNNING,
    needs=[*RULES, COUNTS],
)
def test_a_rule_that_is_stopped_is_no_reference(server: Server) -> None:
    """A rule that was stopped is no longer in the status of the plugin that it used."""
    portable = installed(server)
    name = reads(server, portable)
    server.send("POST", f"/rules/{name}/stop").accepted()
    awaited(
        server,
        name,
        lambda _: name not in references(server, portable)[0],
        server.watched_for,
    )
    found, reply = references(server, portable)
    if name in found:
        raise Unmet(f"a refCount without {name}", reply.got)


@clause("rules.references.count", MAY, seen="api 14-4", since=LONG_RUNNING, needs=[*RULES, COUNTS])
def test_what_counts_as_a_reference(server: Server) -> str:
    """How often a rule is counted that uses a source, a function and a sink of one plugin."""
    portable = installed(server)
    name = reads(server, portable, f"{portable.function}(number) AS it", portable.sink)
    gets_rows(server, name, "sink")
    return str(references(server, portable)[0].get(name))


@clause(
    IN_USE,
    MUST,
    documented=DROP,
    since=IMMEDIATE,
    needs=[
        *RULES,
        READS,
        DROPS,
        UNKNOWN,
        "portable.drop.immediate",
        "portable.status.members",
    ],
    defect_in=("2.0.0-alpha.6", "2.0.0-beta.1"),
)
def test_a_plugin_in_use_is_dropped_at_once(server: Server) -> None:
    """To drop a portable plugin that a rule uses is accepted, and takes effect immediately."""
    portable = installed(server)
    reads(server, portable)
    comes_back(server, portable)
    drops_in_use(server, portable)
    is_gone(server, portable.name)


@clause("rules.drop.rule-stays", MUST, documented=DROP, since=IMMEDIATE, needs=[*RULES, IN_USE])
def test_a_rule_outlives_its_plugin(server: Server) -> None:
    """A rule whose portable plugin is dropped is still there, and is not stopped."""
    portable = installed(server)
    name = reads(server, portable)
    comes_back(server, portable)
    drops_in_use(server, portable)
    server.send("GET", f"/rules/{name}").accepted()
    reply = status_of_rule(server, name).accepted()
    if is_stopped(reply):
        raise Unmet("a rule that is not stopped", reply.got)


@clause(
    "rules.drop.create-again",
    MUST,
    documented=DROP,
    since=IMMEDIATE,
    needs=[*RULES, "rules.drop.rule-stays", "portable.drop.create-again"],
)
def test_a_rule_goes_on_with_the_plugin_that_is_created_again(server: Server) -> None:
    """A rule whose plugin is dropped gets rows of the one that is created with its name."""
    portable = installed(server)
    name = reads(server, portable, f"* WHERE {NEW}")
    drops_in_use(server, portable)
    server.post(Kind.PORTABLE, portable.name, server.deliver(portable.successor())).accepted()
    gets_rows(server, name, "sink")


@clause(
    "rules.drop.restart-ends",
    SHOULD,
    seen="bug 61c6c5034",
    since=IMMEDIATE,
    needs=[*RULES, "rules.drop.rule-stays"],
    defect_in=WAITS,
)
def test_a_rule_without_its_plugin_can_be_restarted_and_deleted(server: Server) -> None:
    """The restart of a rule whose plugin was dropped is answered, and the rule can be deleted."""
    portable = installed(server)
    name = reads(server, portable)
    drops_in_use(server, portable)
    reply = server.send("POST", f"/rules/{name}/restart")
    if reply.answer.status is None:
        raise Unmet("an answer", reply.got)
    server.send("DELETE", f"/rules/{name}").accepted()


@clause(
    "rules.drop.function",
    MUST,
    documented=DROP,
    since=IMMEDIATE,
    needs=[*RULES, DROPS, "portable.create.usable"],
)
def test_a_function_goes_with_its_plugin(server: Server) -> None:
    """A new rule that calls a function of a portable plugin that was dropped gets nothing of it."""
    portable = installed(server)
    server.drop(Kind.PORTABLE, portable.name).accepted()
    calls_nothing(server, portable.function)


@clause(
    "rules.update.source",
    MUST,
    documented=UPDATE,
    since=IMMEDIATE,
    needs=[*RULES, READS, "portable.update.version"],
    defect_in=(IMMEDIATE, NOTICES),
)
def test_a_rule_reads_the_new_version(server: Server) -> None:
    """A rule that runs gets rows of the new version, once its portable plugin is updated."""
    portable = installed(server)
    name = reads(server, portable, f"* WHERE {NEW}")
    takes_effect(server, portable, name)


@clause(
    "rules.update.function",
    MUST,
    documented=UPDATE,
    since=IMMEDIATE,
    needs=[*RULES, CALLS, "rules.update.source"],
    defect_in=(IMMEDIATE, NOTICES),
)
def test_a_rule_calls_the_new_version(server: Server) -> None:
    """A rule that runs gets results of the new version, once its portable plugin is updated."""
    portable = installed(server)
    name = reads(server, portable, f"* WHERE {portable.function}(number) > number")
    takes_effect(server, portable, name)


@clause("rules.unknown.source", SHOULD, seen="api C-27", since="1.4.0", needs=[*RULES, READS])
def test_a_source_has_to_be_there(server: Server) -> None:
    """A rule that reads a source which no plugin has is refused, or does not run."""
    name, reply = rule(server, stream_of(server, server.portable().source))
    runs_never(server, name, reply.ok)


@clause("rules.unknown.sink", SHOULD, seen="api C-27", since="1.4.0", needs=[*RULES, READS])
def test_a_sink_has_to_be_there(server: Server) -> None:
    """A rule that gives its rows to a sink which no plugin has is refused, or does not run."""
    stream = stream_of(server, installed(server).source)
    name, reply = rule(server, stream, sink=server.portable().sink)
    runs_never(server, name, reply.ok)


@clause(
    "rules.restart.goes-on",
    SHOULD,
    seen="bug rules-after-restart",
    since="1.4.0",
    needs=[*RULES, CALLS, "portable.restart.functions"],
    defect_in=("2.0.0-beta.2", None),
)
def test_a_rule_goes_on_after_a_restart(server: Server) -> Generator[None, None, None]:
    """A rule with a source and a function of a portable plugin gets rows after a restart."""
    portable = installed(server)
    name = reads(server, portable, f"* WHERE {portable.function}(number) = number")
    yield
    fails_nowhere(gets_rows(server, name, "sink"))


def installed(server: Server) -> Portable:
    """A portable plugin of its own: what a rule does to one is no matter for other clauses."""
    __tracebackhide__ = True
    portable = server.portable()
    server.create_portable(portable).accepted()
    return portable


def comes_back(server: Server, portable: Portable) -> None:
    """Let a dropped plugin be there again when the rule is deleted.

    eKuiper from 2.0 to 2.3 does not answer before.
    """

    def again() -> None:
        if server.status(portable).ok:  # since 2.0: before that no rule waits
            server.create_portable(portable)

    server.before_tidy.append(again)


def takes_effect(server: Server, portable: Portable, name: str) -> None:
    """Ask that a rule which filters for it gets rows of the successor once that is there."""
    __tracebackhide__ = True
    server.put(Kind.PORTABLE, portable.name, server.deliver(portable.successor())).accepted()
    try:
        gets_rows(server, name, "sink")
    except Unmet:  # there may be no process
        server.before_tidy.append(lambda: server.drop(Kind.PORTABLE, portable.name))
        comes_back(server, portable)
        raise


def fails_nowhere(reply: Reply) -> None:
    """Ask that the status of a rule counts no exception."""
    __tracebackhide__ = True
    if exceptions(reply):
        raise Unmet("no exception in the rule", reply.got)


def runs_never(server: Server, name: str, created: bool) -> None:
    """Ask that a rule that was created, if it was, stops at the latest after some seconds."""
    __tracebackhide__ = True
    if created:
        reply = awaited(server, name, is_stopped, server.watched_for)
        if not is_stopped(reply):
            shows(server, name, reply)
            raise Unmet("a rule that is refused, or stopped", reply.got)
