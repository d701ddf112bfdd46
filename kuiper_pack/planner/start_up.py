"""What a server loads when it starts (api L-02, L-03, D-08; pkg V-05, P-20)."""

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.folders import join
from kuiper_pack.planner.manifest import check_manifest, decode_manifest
from kuiper_pack.planner.names import parse_so_name
from kuiper_pack.planner.native_files import open_so
from kuiper_pack.planner.outcome import Outcome, Plan, Refused
from kuiper_pack.planner.parts import Part
from kuiper_pack.planner.portable_files import register, target_of
from kuiper_pack.planner.state import ServerState
from kuiper_pack.planner.steps import Failure, ListFolder, ReadFile

STARTED = Outcome(200, "")


def start_up(state: ServerState) -> Plan:
    """Fill the empty registries of ``state`` from the folders, as a starting server does.

    ``state.function_lists`` is what the key-value store holds.
    """
    for kind in (Kind.SOURCE, Kind.SINK, Kind.FUNCTION):
        yield from _load_native(state, kind)
    if state.profile.function_lists:
        for plugin in state.native[Kind.FUNCTION]:
            for function in state.function_lists.get(plugin, (plugin,)):
                if function in state.symbols:
                    break
                state.symbols[function] = plugin
    if state.profile.portable:
        yield from _load_portables(state)
    return STARTED


def _load_native(state: ServerState, kind: Kind) -> Part:
    folder = join(state.folders.plugins, kind.plural)
    names = yield ListFolder(folder)
    if isinstance(names, Failure):
        return
    for entry in names:
        file_name = entry.rstrip("/")
        if not file_name.endswith(".so"):
            continue
        plugin, version = parse_so_name(state.profile, file_name)
        if state.profile.opens_so:
            try:
                yield from open_so(state, kind, plugin, join(folder, file_name))
            except Refused:
                continue
        state.native[kind][plugin] = version


def _load_portables(state: ServerState) -> Part:
    names = yield ListFolder(join(state.folders.plugins, "portable"))
    if isinstance(names, Failure):
        return
    for entry in names:
        if not entry.endswith("/"):
            continue
        name = entry.rstrip("/")
        data = yield ReadFile(join(target_of(state, name), f"{name}.json"))
        if isinstance(data, Failure):
            continue
        try:
            plugin = decode_manifest(state.profile, name, data)
            check_manifest(plugin, name)
            yield from register(state, name, plugin)
        except Refused:
            continue  # the servers only log it
