"""Servers that update portable plugins wrongly."""

from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant

UPDATE = "update_portable"


@mutant(UPDATE, "portable.update.accepted")
def no_portable_can_be_updated(call: Call) -> Reply:
    return Reply(405)


@mutant(UPDATE, "portable.update.version")
def updates_of_portables_wait_for_a_restart(call: Call) -> Reply:
    before = call.portables.get(call.name)
    reply = call.sound()
    if before is not None and call.name in call.portables:
        call.portables[call.name] = before
    return reply


@mutant(UPDATE, "portable.update.status")
def the_update_of_a_portable_is_answered_without_words(call: Call) -> Reply:
    reply = call.sound()
    return Reply(204) if reply.status == 200 else reply


@mutant(UPDATE, "portable.update.malformed-json")
def a_broken_body_updates_a_portable(call: Call) -> Reply:
    return call.sound() if call.body else Reply(200)


@mutant(UPDATE, "portable.update.malformed-json")
def a_broken_body_drops_a_portable(call: Call) -> Reply:
    if not call.body:
        call.service.machine.state.unlist_portable(call.name)
    return call.sound()
