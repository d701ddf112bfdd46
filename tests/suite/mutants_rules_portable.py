"""Servers whose rules have too little, or too much, of portable plugins."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from kuiper_pack.server import Reply
from kuiper_pack.server.rules.rule import Rule
from tests.suite.mutants import Call, mutant

CREATE = "create_rule"
STATUS = "portable_status"
DROP = "delete_portable"
UPDATE = "update_portable"


def users(call: Call, plugin: str) -> Iterator[Rule]:
    """The rules that run and read the source of a portable plugin."""
    book = call.service.book
    for rule in [*book.rules.values()]:
        stream = book.streams.get(rule.stream or "")
        if stream is not None and stream.type.startswith(plugin) and rule.is_running:
            yield rule


def stopped(rules: Iterable[Rule]) -> None:
    """Let rules end."""
    for rule in rules:
        rule.stop()


def fails(call: Call, word: str) -> Reply:
    """The status of a rule; one whose text has that word before a name fails with every row."""
    reply = call.sound()
    rule = call.service.book.rules.get(call.name)
    if rule is None or word not in rule.definition.text:
        return reply
    found: dict[str, Any] = json.loads(reply.body)
    more = {key: 1 for key in found if key.endswith("_exceptions_total")}
    return call.json({**found, **more})


def referred(call: Call, **rules: int) -> Reply:
    """A sound status, with other references where there are any."""
    reply = call.sound()
    found = json.loads(reply.body) if reply.status == 200 else {}
    return call.json({**found, "refCount": rules}) if found.get("refCount") else reply


@mutant(CREATE, "rules.portable.source")
def no_rule_reads_a_portable(call: Call) -> Reply:
    known = {f"{name}Count" for name in call.portables}
    stream = call.service.book.streams.get(call.body.get("sql", "").partition(" FROM ")[2])
    return Reply(400) if stream and stream.type in known else call.sound()


@mutant("tell_rule", "rules.portable.source")
def rules_that_read_portables_are_stopped(call: Call) -> Reply:
    return call.json({"status": "stopped"}) if call.sound().status == 200 else call.sound()


@mutant("tell_rule", "rules.portable.function")
def functions_of_portables_fail_in_rules(call: Call) -> Reply:
    return fails(call, "Echo(number) = number")


@mutant("tell_rule", "rules.portable.sink")
def sinks_of_portables_fail_in_rules(call: Call) -> Reply:
    return fails(call, 'Lines": {}')


@mutant(STATUS, "rules.references.running")
def rules_are_no_references(call: Call) -> Reply:
    return referred(call)


@mutant(STATUS, "rules.references.running")
def rules_that_are_not_there_are_references(call: Call) -> Reply:
    reply = call.sound()
    count = json.loads(reply.body)["refCount"] if reply.status == 200 else {}
    return referred(call, **count, another=1)


@mutant("stop_rule", "rules.references.stopped")
def rules_stay_references(_: Call) -> Reply:
    return Reply(200)


@mutant(DROP, "rules.drop.accepted")
def a_portable_in_use_is_not_dropped(call: Call) -> Reply:
    return Reply(400) if any(users(call, call.name)) else call.sound()


@mutant(DROP, "rules.drop.accepted")
def the_drop_of_a_portable_in_use_is_refused_and_done(call: Call) -> Reply:
    """As in eKuiper between 2.0.0-alpha.6 and 2.0.0-beta.1."""
    in_use = any(users(call, call.name))
    reply = call.sound()
    return Reply(400) if in_use else reply


@mutant(DROP, "rules.drop.rule-stays")
def a_dropped_portable_stops_its_rules(call: Call) -> Reply:
    reply = call.sound()
    stopped(users(call, call.name))
    return reply


@mutant(DROP, "rules.drop.rule-stays")
def a_dropped_portable_takes_its_rules_along(call: Call) -> Reply:
    reply = call.sound()
    for rule in users(call, call.name):
        call.service.book.drop_rule(rule.definition.id)
    return reply


@mutant("create_portable", "rules.drop.create-again")
def rules_do_not_go_on_with_a_portable_that_is_created_again(call: Call) -> Reply:
    stopped(users(call, call.body.get("name", "no name")))
    return call.sound()


@mutant("restart_rule", "rules.drop.restart-ends")
def the_restart_of_a_rule_without_its_plugin_hangs(call: Call) -> Reply:
    """As in eKuiper before 1.8.0-alpha.2."""
    reply = call.sound()
    return reply if reply.status == 200 else Reply(None)


@mutant(CREATE, "rules.drop.function")
def functions_of_dropped_portables_are_called(call: Call) -> Reply:
    body = call.asked.body
    for name in call.tried - call.portables.keys():
        body = body.replace(f"{name}Echo(number)".encode(), b"number")
    return call.sound(call.asked._replace(body=body))


@mutant(UPDATE, "rules.update.source")
def the_update_of_a_portable_stops_its_rules(call: Call) -> Reply:
    stopped(users(call, call.name))
    return call.sound()


@mutant(UPDATE, "rules.update.function")
def the_update_of_a_portable_stops_what_calls_it(call: Call) -> Reply:
    stopped(rule for rule in users(call, call.name) if "Echo(" in rule.definition.text)
    return call.sound()


@mutant(CREATE, "rules.unknown.source")
def a_rule_may_read_any_source(call: Call) -> Reply:
    reply = call.sound()
    return Reply(201) if b"source type" in reply.body else reply


@mutant(CREATE, "rules.unknown.sink")
def a_rule_may_have_any_sink(call: Call) -> Reply:
    reply = call.sound()
    return Reply(201) if b"is not defined" in reply.body else reply


@mutant("restart", "rules.restart.goes-on", release="1.14.7")
def rules_on_portables_do_not_start_again(call: Call) -> None:
    for rule in users(call, ""):
        call.service.book.stop_rule(rule)
    call.sound()
