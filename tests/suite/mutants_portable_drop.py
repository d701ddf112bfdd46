"""Servers that drop portable plugins wrongly."""

from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant

DROP = "delete_portable"


def stays_until_it_is_dropped_again(call: Call) -> Reply:
    """A drop that is accepted and changes no list, and one that is refused and does."""
    plugin, again = call.portables.get(call.name), call.name in call.memory
    reply = call.sound()
    if plugin is None or reply.status != 200 or again:
        return Reply(400) if again else reply
    call.memory.add(call.name)
    call.portables[call.name] = plugin
    return reply


@mutant(DROP, "portable.drop.accepted")
def no_portable_can_be_dropped(call: Call) -> Reply:
    return Reply(405)


@mutant(DROP, "portable.drop.immediate")
def a_dropped_portable_stays_listed(call: Call) -> Reply:
    return stays_until_it_is_dropped_again(call)


@mutant(DROP, "portable.drop.gone", release="1.4.4")
def a_dropped_portable_stayed_listed(call: Call) -> Reply:
    return stays_until_it_is_dropped_again(call)


@mutant("create_portable", "portable.drop.create-again")
def a_dropped_portable_needs_a_restart(call: Call) -> Reply:
    dropped = call.tried - call.portables.keys()
    return Reply(400) if call.body.get("name") in dropped else call.sound()


@mutant(DROP, "portable.drop.others-stay")
def a_drop_takes_portables_of_that_version_along(call: Call) -> Reply:
    plugin = call.portables.get(call.name)
    reply = call.sound()
    for name, other in [*call.portables.items()]:
        if plugin is not None and other.version == plugin.version:
            del call.portables[name]
    return reply


@mutant(DROP, "portable.drop.status")
def the_drop_of_a_portable_is_answered_without_words(call: Call) -> Reply:
    reply = call.sound()
    return Reply(204) if reply.status == 200 else reply


@mutant(DROP, "portable.drop.unknown")
def unknown_portables_can_be_dropped(call: Call) -> Reply:
    reply = call.sound()
    return reply if call.name in call.tried else Reply(204)


@mutant(DROP, "portable.drop.twice")
def portables_can_be_dropped_twice(call: Call) -> Reply:
    reply = call.sound()
    return Reply(204) if reply.status == 400 and call.name in call.tried else reply
