"""Servers that forget with a restart, or take wrong words for an order to end."""

from pathlib import Path

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.state import DELETED
from kuiper_pack.server import Reply
from kuiper_pack.server.query import NO_QUERY, Query
from tests.suite.mutants import Call, mutant

_STOP = Query({"stop": ["1"]})


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
        call.shared_object(call.body["name"]).write_bytes(b"")
    return reply


@mutant("restart", "native.restart.capital-file")
def capital_files_are_forgotten(call: Call) -> None:
    call.sound()
    folder = Path(call.service.machine.folders.plugins, "sinks")
    small = {path.name.split("@")[0].removesuffix(".so") for path in folder.iterdir()}
    for name in call.known[Kind.SINK].keys() - small:
        del call.known[Kind.SINK][name]


@mutant("create", "native.restart.same-object")
def a_second_plugin_of_one_object_is_not_kept(call: Call) -> Reply:
    reply = call.sound()
    path = call.shared_object(call.body.get("name", ""))
    if reply.status == 201 and path.is_file():
        others = [one for one in path.parent.iterdir() if one != path]
        if path.read_bytes() in [one.read_bytes() for one in others]:
            path.unlink()
    return reply


@mutant("create", "native.restart.create-before", "native.model")
def what_is_created_again_is_not_kept(call: Call) -> Reply:
    name = call.body.get("name", "")
    again = call.versions.get(name) == DELETED
    reply = call.sound()
    if again and reply.status == 201:
        call.shared_object(name, call.versions[name]).unlink(missing_ok=True)
    return reply


@mutant("update", "native.restart.updated", "native.model")
def updates_are_not_kept(call: Call) -> Reply:
    before = call.versions.get(call.name, "")
    reply = call.sound()
    path = call.shared_object(call.name, call.versions.get(call.name, ""))
    if path.exists():
        path.rename(call.shared_object(call.name, before))
    return reply


@mutant("restart", "native.restart.functions", "native.restart.registered")
def lists_of_functions_are_forgotten(call: Call) -> None:
    call.sound()
    for name in [name for name, plugin in call.functions.items() if name != plugin]:
        del call.functions[name]


@mutant("register", "native.restart.replaced-functions")
def replaced_functions_are_kept(call: Call) -> Reply:
    before = call.service.machine.state.function_lists.get(call.name, ())
    reply = call.sound()
    if reply.status == 200:
        kept = (*before, *call.body["functions"])
        call.service.machine._store.put("pluginFuncs", call.name, kept)
    return reply


@mutant("delete", "native.restart.dropped-functions")
def a_dropped_plugin_with_a_list_is_kept(call: Call) -> Reply:
    functions = call.service.machine.state.function_lists.get(call.name)
    path = call.shared_object(call.name, call.versions.get(call.name, ""))
    reply = call.sound()
    if functions and reply.status == 200:
        path.write_bytes(b"")
        call.service.machine._store.put("pluginFuncs", call.name, functions)
    return reply


@mutant("restart", "native.restart.implicit-function")
def plugins_without_a_list_have_no_function(call: Call) -> None:
    call.sound()
    for name in [name for name, plugin in call.functions.items() if name == plugin]:
        del call.functions[name]


@mutant("delete", "native.stop.ends")
def the_server_never_ends(call: Call) -> Reply:
    return call.sound(call.asked._replace(query=NO_QUERY))


@mutant("delete", "native.stop.word", release="0.9.1")
def the_server_never_ended(call: Call) -> Reply:
    return call.sound(call.asked._replace(query=NO_QUERY))


@mutant("delete", "native.stop.other-values")
def the_server_ends_for_any_value(call: Call) -> Reply:
    query = _STOP if "stop" in call.asked.query.values else NO_QUERY
    return call.sound(call.asked._replace(query=query))


@mutant("delete", "native.stop.restart")
def the_server_ends_for_another_word(call: Call) -> Reply:
    one = ["1"] in call.asked.query.values.values()
    return call.sound(call.asked._replace(query=_STOP if one else NO_QUERY))
