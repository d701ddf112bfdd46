"""Servers that forget with a restart, or take wrong words for an order to end."""

from pathlib import Path

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.state import DELETED
from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


@mutant("restart", "native.restart.created")
def sinks_are_forgotten(call: Call) -> None:
    call.sound()
    call.known[Kind.SINK].clear()


@mutant("restart", "native.restart.dropped")
def what_was_dropped_comes_back(call: Call) -> None:
    gone = [(kind, name) for kind, names in call.known.items() for name in names]
    gone = [(kind, name) for kind, name in gone if call.known[kind][name] == DELETED]
    call.sound()
    for kind, name in gone:
        call.known[kind].setdefault(name, "")


@mutant("delete", "native.restart.create-again")
def the_configuration_of_a_dropped_source_stays(call: Call) -> Reply:
    """So no source of that name can be created (api C-33)."""
    reply = call.sound()
    if call.kind is Kind.SOURCE and reply.status == 200:
        for folder in ("etc", "data"):
            path = Path(call.service.machine.folders.named(folder), "sources", f"{call.name}.yaml")
            path.write_bytes(b"")
    return reply


@mutant("create", "native.restart.refused")
def what_was_refused_is_left_behind(call: Call) -> Reply:
    """As eKuiper did where install.sh failed (api C-30)."""
    reply = call.sound()
    if call.kind is Kind.SOURCE and b"expectFiles" in reply.body:
        folder = Path(call.service.machine.folders.plugins, "sources")
        (folder / f"{call.body['name']}.so").write_bytes(b"")
    return reply


@mutant("restart", "native.restart.updated")
def updates_are_forgotten(call: Call) -> None:
    call.sound()
    for versions in call.known.values():
        versions.update({name: "1.0.0" for name, its in versions.items() if its == "2.0.0"})


@mutant("restart", "native.restart.functions", "native.restart.registered")
def lists_of_functions_are_forgotten(call: Call) -> None:
    call.sound()
    for name in [name for name, plugin in call.functions.items() if name != plugin]:
        del call.functions[name]


@mutant("restart", "native.restart.implicit-function")
def plugins_without_a_list_have_no_function(call: Call) -> None:
    call.sound()
    for name in [name for name, plugin in call.functions.items() if name == plugin]:
        del call.functions[name]


@mutant("delete", "native.stop.ends")
def the_server_never_ends(call: Call) -> Reply:
    return call.sound(call.asked._replace(query={}))


@mutant("delete", "native.stop.word", release="0.9.1")
def the_server_never_ended(call: Call) -> Reply:
    return call.sound(call.asked._replace(query={}))


@mutant("delete", "native.stop.other-values")
def the_server_ends_for_any_value(call: Call) -> Reply:
    query = {"stop": ["1"]} if "stop" in call.asked.query else {}
    return call.sound(call.asked._replace(query=query))


@mutant("delete", "native.stop.restart")
def the_server_ends_for_another_word(call: Call) -> Reply:
    one = ["1"] in call.asked.query.values()
    return call.sound(call.asked._replace(query={"stop": ["1"]} if one else {}))
