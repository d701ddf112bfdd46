"""Servers that answer each request about portables well, and only some sequences badly."""

from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


def second_update(call: Call) -> bool:
    """Whether the plugin of the path was updated before."""
    again = call.name in call.memory
    call.memory.add(call.name)
    return again and call.name in call.portables


@mutant("update_portable", "portable.model")
def the_second_update_of_a_portable_is_one_too_many(call: Call) -> Reply:
    return Reply(409) if second_update(call) else call.sound()


@mutant("update_portable", "portable.model")
def the_second_update_of_a_portable_is_forgotten(call: Call) -> Reply:
    before, again = call.portables.get(call.name), second_update(call)
    reply = call.sound()
    if again and before is not None:
        call.portables[call.name] = before
    return reply


@mutant("create_portable", "portable.model")
def a_refused_package_drops_the_portable_of_its_name(call: Call) -> Reply:
    reply = call.sound()
    if reply.status == 400 and call.entries == ["readme.txt"]:
        call.service.machine.state.unlist_portable(call.body["name"])
    return reply


@mutant("update_portable", "portable.status.model")
def the_second_update_of_a_portable_ends_its_program(call: Call) -> Reply:
    again = second_update(call)
    reply = call.sound()
    if again and reply.status == 200:
        call.service.machine.portables._instances[call.name].give_up()
    return reply
