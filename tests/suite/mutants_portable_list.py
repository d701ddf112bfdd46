"""Servers whose lists of portable plugins are broken."""

import json

from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


@mutant("list_portables", "portable.list.array")
def no_portables_are_null(call: Call) -> Reply:
    """As in eKuiper before 1.4.0."""
    return call.sound() if call.portables else call.json(None)


@mutant("list_portables", "portable.list.content-type")
def the_list_of_portables_is_declared_as_text(call: Call) -> Reply:
    return call.sound()._replace(headers={"Content-Type": "text/plain"})


@mutant("list_portables", "portable.list.installed")
def no_portable_is_listed(call: Call) -> Reply:
    return call.json([])


@mutant("list_portables", "portable.list.installed")
def portables_are_listed_by_their_symbols(call: Call) -> Reply:
    return call.json([one for one in json.loads(call.sound().body) for _ in one["sinks"] * 2])


@mutant("list", "portable.list.own-type")
def portables_are_listed_as_what_they_provide(call: Call) -> Reply:
    return call.json([*call.versions, *call.portables])


@mutant("list_portables", "portable.list.entries")
def the_list_of_portables_says_no_version(call: Call) -> Reply:
    return call.json([{"name": name} for name in call.portables])


@mutant("list_portables", "portable.list.entries", reading="reference")
def portables_are_listed_by_name(call: Call) -> Reply:
    return call.json([*call.portables])
