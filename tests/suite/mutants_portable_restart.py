"""Servers that forget portable plugins with a restart, or end with the drop of one."""

import json
from pathlib import Path

from kuiper_pack.planner.state import Portable
from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


def folder(call: Call, name: str) -> Path:
    """Where a portable plugin is kept."""
    return Path(call.service.machine.folders.plugins, "portable", name)


@mutant("restart", "portable.restart.created")
def portables_are_forgotten(call: Call) -> None:
    call.sound()
    call.portables.clear()


@mutant("restart", "portable.restart.running")
def no_portable_runs_after_a_restart(call: Call) -> None:
    call.sound()
    for name in call.portables:
        call.service.machine.portables.stop(name)


@mutant("restart", "portable.restart.functions")
def functions_of_portables_are_forgotten(call: Call) -> None:
    call.sound()
    call.service.machine.state.portable_symbols.clear()


@mutant("restart", "portable.restart.dropped")
def dropped_portables_come_back(call: Call) -> None:
    call.memory.update(call.tried - call.portables.keys())
    call.sound()
    call.portables.update((name, Portable(name, "python", "")) for name in call.memory)


@mutant("answer", "portable.restart.create-again")
def a_restart_spends_the_names_of_dropped_portables(call: Call) -> Reply:
    process = id(call.service.machine.portables)
    name = call.asked.path.rpartition("/")[2]
    if call.asked.method == "POST" and call.asked.path == "/plugins/portables":
        name = call.body.get("name", "")
        if any(one.startswith(f"{name} ") for one in call.memory - {f"{name} {process}"}):
            return Reply(400)
    reply = call.sound()
    if call.asked.method == "DELETE" and reply.status == 200:
        call.memory.add(f"{name} {process}")
    return reply


@mutant("create_portable", "portable.restart.refused")
def a_refused_portable_is_left_behind(call: Call) -> Reply:
    reply = call.sound()
    if b"missing main.py" in reply.body:
        name = call.body["name"]
        manifest = {"language": "python", "executable": "main.py", "functions": ["any"]}
        folder(call, name).mkdir(exist_ok=True)
        folder(call, name).joinpath("main.py").write_bytes(b"")
        folder(call, name).joinpath(f"{name}.json").write_text(json.dumps(manifest))
    return reply


@mutant("restart", "portable.restart.updated")
def updates_of_portables_are_not_kept(call: Call) -> None:
    call.sound()
    for name, plugin in call.portables.items():
        if plugin.version == "2.0.0":
            call.portables[name] = plugin._replace(version="1.0.0")


@mutant("delete_portable", "portable.stop.ends")
def a_drop_with_a_query_is_refused(call: Call) -> Reply:
    return Reply(400) if call.asked.query.values else call.sound()
