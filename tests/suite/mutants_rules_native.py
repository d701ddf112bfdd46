"""Servers whose rules lose native plugins too early."""

from collections.abc import Iterator

from kuiper_pack.server import Reply
from kuiper_pack.server.rules.rule import Rule
from tests.suite.mutants import Call, mutant


def users(call: Call, *names: str) -> Iterator[Rule]:
    """The rules that call one of the plugins, or give their rows to it."""
    for rule in [*call.service.book.rules.values()]:
        text = rule.definition.text
        if any(f"{name}(" in text or f'"{name}": ' in text for name in names):
            yield rule


def stops_its_rules(call: Call, type_of_plugins: str) -> Reply:
    """What a server answers that stops what uses a plugin of that type."""
    if call.names[0] == type_of_plugins:
        for rule in users(call, call.name):
            rule.stop()
    return call.sound()


@mutant("delete", "rules.native.drop")
def a_dropped_sink_stops_its_rules(call: Call) -> Reply:
    return stops_its_rules(call, "sinks")


@mutant("delete", "rules.native.drop-function")
def a_dropped_function_stops_its_rules(call: Call) -> Reply:
    return stops_its_rules(call, "functions")


@mutant("update", "rules.native.update")
def an_updated_sink_stops_its_rules(call: Call) -> Reply:
    return stops_its_rules(call, "sinks")
