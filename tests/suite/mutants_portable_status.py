"""Servers that tell the status of portable plugins wrongly."""

import json
from typing import Any

from kuiper_pack.server import Reply
from kuiper_pack.server.messages import Asked
from tests.suite.mutants import Call, mutant

STATUS = "portable_status"


def told(call: Call, **other: Any) -> Reply:
    """A sound status but for some members; None leaves one out."""
    reply = call.sound()
    if reply.status != 200:
        return reply
    found = {**json.loads(reply.body), **other}
    return call.json({key: value for key, value in found.items() if value is not None})


@mutant(STATUS, "portable.status.members")
def a_status_has_no_references(call: Call) -> Reply:
    return told(call, refCount=None)


@mutant(STATUS, "portable.status.members")
def a_status_is_a_word(call: Call) -> Reply:
    reply = call.sound()
    return call.json("running") if reply.status == 200 else reply


@mutant("answer", "portable.status.path", reading="reference")
def the_status_is_in_the_description(call: Call) -> Reply:
    if not call.asked.path.startswith("/plugins/"):
        return call.sound()
    if call.asked.path.endswith("/status"):
        return Reply(404)
    reply = call.sound()
    status = call.sound(Asked("GET", f"{call.asked.path}/status"))
    if call.asked.method != "GET" or reply.status != 200 or status.status != 200:
        return reply
    return call.json({**json.loads(reply.body), **json.loads(status.body)})


@mutant(STATUS, "portable.status.pid")
def a_status_names_no_process(call: Call) -> Reply:
    return told(call, pid="unknown")


@mutant(STATUS, "portable.status.pid", reading="reference")
def a_status_names_a_process(call: Call) -> Reply:
    return told(call, pid=90)


@mutant(STATUS, "portable.status.running")
def portables_wait_for_a_rule(call: Call) -> Reply:
    return told(call, status="stop")


@mutant(STATUS, "portable.status.unused")
def unused_portables_are_referred_to(call: Call) -> Reply:
    reply = call.sound()
    return told(call, refCount={"rule": 1}) if b'"refCount":{}' in reply.body else reply


@mutant(STATUS, "portable.status.unknown")
def unknown_portables_have_a_status(call: Call) -> Reply:
    reply = call.sound()
    return call.json({"status": "stop"}) if reply.status == 404 else reply


@mutant(STATUS, "portable.status.unknown-404")
def the_status_of_unknown_portables_is_a_bad_request(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=400) if reply.status == 404 else reply


@mutant(STATUS, "portable.status.dropped")
def the_program_of_a_dropped_portable_goes_on(call: Call) -> Reply:
    """As in eKuiper before 1.7.0."""
    return told(call) if call.name in call.portables else told(call, status="running")


@mutant(STATUS, "portable.status.updated")
def the_program_of_an_updated_portable_is_not_started(call: Call) -> Reply:
    """As in eKuiper before 2.1.3."""
    plugin = call.portables.get(call.name)
    updated = plugin is not None and plugin.version == "2.0.0"
    return told(call, status="error") if updated else call.sound()
