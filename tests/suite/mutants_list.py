"""Servers whose lists are broken."""

import json

from kuiper_pack.planner.state import DELETED
from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


@mutant("list", "native.list.types")
def functions_have_no_endpoint(call: Call) -> Reply:
    return Reply(404) if call.names == ("functions",) else call.sound()


@mutant("list", "native.list.array")
def a_list_holds_objects(call: Call) -> Reply:
    if call.names != ("sinks",):
        return call.sound()
    return call.json([{"name": name} for name in json.loads(call.sound().body)])


@mutant("list", "native.list.content-type")
def a_list_is_declared_as_text(call: Call) -> Reply:
    return call.sound()._replace(headers={"Content-Type": "text/plain"})


@mutant("list", "native.list.installed")
def nothing_is_listed(call: Call) -> Reply:
    return call.json([])


@mutant("list", "native.list.own-type")
def all_types_are_listed_together(call: Call) -> Reply:
    return call.json([name for versions in call.known.values() for name in versions])


@mutant("list", "native.list.dropped", reading="reference")
def what_is_dropped_is_not_listed(call: Call) -> Reply:
    return call.json([name for name, version in call.versions.items() if version != DELETED])
