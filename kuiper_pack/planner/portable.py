"""Portable plugins over the REST API: create, update, delete (api section 8.4)."""

from collections.abc import Generator
from typing import Any

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.download import check_request, download
from kuiper_pack.planner.folders import join
from kuiper_pack.planner.outcome import (
    METHOD_MISSING,
    ROUTE_MISSING,
    Outcome,
    Plan,
    Refused,
    refusal,
)
from kuiper_pack.planner.parts import Part
from kuiper_pack.planner.portable_files import install_files, target_of
from kuiper_pack.planner.request import Request, decode_request
from kuiper_pack.planner.state import Portable, ServerState
from kuiper_pack.planner.steps import Discard, Remove, RemoveTree, Step, Stop, Store

_REQUESTS = "portablePlugin"


def create(state: ServerState, body: bytes) -> Plan:
    """POST /plugins/portables: 201, or what the release answers instead."""
    if not state.profile.portable:
        return ROUTE_MISSING
    try:
        request = _decode(state, body)
    except Refused as refused:
        return refusal(state.profile, refused)
    return (yield from install(state, request))


def install(state: ServerState, request: Request) -> Plan:
    """What POST does once the body is decoded."""
    if not state.profile.portable:
        return ROUTE_MISSING
    try:
        yield from _register(state, request)
    except Refused as refused:
        return refusal(state.profile, refused, "portable plugin create command error")
    return Outcome(201, f"portable plugin {request.name} is created")


def update(state: ServerState, name: str, body: bytes) -> Plan:
    """PUT /plugins/portables/{name}: whatever the deletion says, create what the body names."""
    profile = state.profile
    if not profile.portable:
        return ROUTE_MISSING
    if not profile.portable_update:
        return METHOD_MISSING
    prefix = ""
    try:
        request = _decode(state, body)
        prefix = "portable plugin update command error"
        if name in state.portables:
            yield from _drop(state, state.portables[name], name)
        yield from _register(state, request)
    except Refused as refused:
        return refusal(profile, refused, prefix)
    return Outcome(200, f"portable plugin {request.name} is updated")


def delete(state: ServerState, name: str) -> Plan:
    """DELETE /plugins/portables/{name} (api P-26, P-27)."""
    profile = state.profile
    if not profile.portable:
        return ROUTE_MISSING
    prefix = f"delete portable plugin {name} error"
    plugin = state.portables.get(name)
    try:
        if plugin is None:
            raise Refused(Cause.NOT_FOUND, f"portable plugin {name} is not found", subject=name)
        failure = yield from _drop(state, plugin, name)
        if failure is not None:
            raise Refused(Cause.REMOVE_FAILED, failure)
    except Refused as refused:
        return refusal(profile, refused, prefix)
    return Outcome(200, f"portable plugin {name} is deleted")


def _decode(state: ServerState, body: bytes) -> Request:
    try:
        return decode_request(state.profile, Kind.PORTABLE, body)
    except Refused as refused:
        prefix = "Invalid body: Error decoding the portable plugin json: "
        raise refused.with_prefix(prefix) from None


def _register(state: ServerState, request: Request) -> Part:
    profile = state.profile
    name = check_request(state, request)
    if name in state.portables:
        raise Refused(Cause.DUPLICATE, f"invalid name {name}: duplicate")
    folder = join(state.folders.plugins, "portable")
    rooted = profile.portable_download_rooted
    archive = yield from download(request.file, folder, name, rooted=rooted)
    try:
        yield from install_files(state, name, archive, request.shell_paras)
    except Refused as refused:
        yield Remove(archive)
        raise refused.with_prefix("fail to install plugin: ") from None
    if profile.stores_requests:
        yield Store(_REQUESTS, name, request.file)
    yield Remove(archive)


def _drop(state: ServerState, plugin: Portable, name: str) -> Generator[Step, Any, str | None]:
    """Delete a plugin; the words of what went wrong at the end, or None."""
    profile = state.profile
    state.unlist_portable(name)
    for which in profile.portable_folders:
        folder = state.folders.named(which)
        for source in plugin.sources or ():
            yield Remove(join(folder, "sources", f"{source}.yaml"))
            yield Remove(join(folder, "sources", f"{source}.json"))
        for sink in plugin.sinks or ():
            if profile.deletes_sink_configuration:
                yield Remove(join(folder, "sinks", f"{sink}.yaml"))
            yield Remove(join(folder, "sinks", f"{sink}.json"))
        for function in plugin.functions or ():
            yield Remove(join(folder, "functions", f"{function}.json"))
    yield RemoveTree(target_of(state, name))
    if profile.stores_requests:
        yield Discard(_REQUESTS, name)
    if not profile.portable_killed_when_deleted:
        return None
    failure = yield Stop(name)
    if failure is not None and profile.stores_requests:
        return f"fail to kill portable plugin {name} process, please try to kill it manually"
    return None
