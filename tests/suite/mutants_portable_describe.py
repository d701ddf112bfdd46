"""Servers whose descriptions of portable plugins are broken."""

import json
from typing import Any

from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


def described(call: Call, **other: Any) -> Reply:
    """A sound description but for some members; None leaves one out."""
    reply = call.sound()
    if reply.status != 200:
        return reply
    found = {**json.loads(reply.body), **other}
    return call.json({key: value for key, value in found.items() if value is not None})


@mutant("describe_portable", "portable.describe.members")
def a_description_of_portables_lacks_the_version(call: Call) -> Reply:
    return described(call, version=None)


@mutant("describe_portable", "portable.describe.whole", reading="reference")
def a_description_of_portables_lacks_functions(call: Call) -> Reply:
    return described(call, functions=[])


@mutant("describe_portable", "portable.describe.whole", reading="reference")
def a_description_of_portables_has_no_symbols(call: Call) -> Reply:
    return described(call, sources=None, sinks=None, functions=None)


@mutant("describe_portable", "portable.describe.unknown")
def any_portable_is_described(call: Call) -> Reply:
    reply = call.sound()
    return call.json({"name": call.name, "version": ""}) if reply.status == 404 else reply


@mutant("describe_portable", "portable.describe.unknown-404")
def to_describe_unknown_portables_is_a_bad_request(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=400) if reply.status == 404 else reply


@mutant("describe_portable", "portable.describe.native")
def native_plugins_are_described_as_portable(call: Call) -> Reply:
    for versions in call.known.values():
        if call.name in versions:
            return call.json({"name": call.name, "version": versions[call.name]})
    return call.sound()


@mutant("describe", "portable.describe.own-type")
def portables_are_described_as_native(call: Call) -> Reply:
    known = call.name in call.portables
    return call.json({"name": call.name, "version": "1.2.3"}) if known else call.sound()


@mutant("describe_portable", "portable.describe.version-with-v")
def the_v_of_a_portable_is_left_out(call: Call) -> Reply:
    plugin = call.portables.get(call.name)
    return described(call, version=plugin.version.removeprefix("v") if plugin else "")
