"""Native plugins over the REST API: create, update, delete, register (api sections 4 to 7)."""

from collections.abc import Generator
from typing import Any

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.download import check_request, download
from kuiper_pack.planner.folders import join
from kuiper_pack.planner.goquote import html
from kuiper_pack.planner.names import check_id, upper_first
from kuiper_pack.planner.native_files import install_files
from kuiper_pack.planner.outcome import (
    METHOD_MISSING,
    NOT_FOUND,
    ROUTE_MISSING,
    Outcome,
    Plan,
    Refused,
    refusal,
)
from kuiper_pack.planner.parts import Part
from kuiper_pack.planner.request import (
    Request,
    decode_functions,
    decode_request,
    dumped_body,
    go_version,
)
from kuiper_pack.planner.state import DELETED, ServerState
from kuiper_pack.planner.steps import Check, Discard, Exit, Remove, RemoveTree, Step, Store

_FUNCTIONS = "pluginFuncs"
_REQUESTS = "nativePlugin"
_EXIT_CODE = 100
_OPEN_ENDED = ("/", "\\", "..")


def create(state: ServerState, kind: Kind, body: bytes) -> Plan:
    """POST /plugins/{kind}: 201, or what the release answers instead."""
    if not state.profile.native:
        return ROUTE_MISSING
    try:
        request = _decode(state, kind, body)
    except Refused as refused:
        return refusal(state.profile, refused)
    return (yield from install(state, kind, request))


def install(state: ServerState, kind: Kind, request: Request) -> Plan:
    """What POST does once the body is decoded."""
    profile = state.profile
    if not profile.native:
        return ROUTE_MISSING
    prefix = ""
    try:
        if profile.checks_ids:
            check_id(request.name)
        if profile.forbids_parent_urls and ".." in request.file:
            raise Refused(Cause.URL_FORBIDDEN, f"path: {request.file} should not contain ..")
        prefix = f"{kind.plural} plugins create command error"
        yield from _register(state, kind, request)
    except Refused as refused:
        return refusal(profile, refused, prefix)
    return Outcome(201, f"{kind.plural} plugin {request.name} is created")


def update(state: ServerState, kind: Kind, name: str, body: bytes) -> Plan:
    """PUT /plugins/{kind}/{name}: delete, then create what the body names (api section 6)."""
    profile = state.profile
    if not profile.native:
        return ROUTE_MISSING
    if not profile.native_update:
        return METHOD_MISSING
    prefix = ""
    try:
        if profile.checks_ids:
            check_id(name)
        request = _decode(state, kind, body)
        prefix = f"update {kind.plural} plugin {name} error, cannot delete old version"
        yield from _drop(state, kind, name)
        prefix = f"{kind.plural} plugins create command error"
        yield from _register(state, kind, request)
    except Refused as refused:
        return refusal(profile, refused, prefix)
    return Outcome(
        200,
        f"plugin {request.name} is updated and {profile.product} must restart "
        "for the change to take effect.",
    )


def delete(state: ServerState, kind: Kind, name: str, *, stop: bool = False) -> Plan:
    """DELETE /plugins/{kind}/{name}, with ``stop`` for ``?stop=1`` (api section 5)."""
    profile = state.profile
    if not profile.native:
        return ROUTE_MISSING
    prefix = ""
    try:
        if profile.checks_ids:
            check_id(name)
        prefix = f"delete {kind.plural} plugin {name} error"
        marked = yield from _drop(state, kind, name)
    except Refused as refused:
        return refusal(profile, refused, prefix)
    if stop and marked:
        yield Exit(_EXIT_CODE)
    words = f"{kind.plural} plugin {name} is deleted"
    if stop:
        words += f" and {profile.product} will be stopped"
    elif profile.mentions_restart:
        words += f" and {profile.product} must restart for the change to take effect."
    return Outcome(200, html(words) if profile.escapes_delete_text else words)


def register(state: ServerState, name: str, body: bytes) -> Plan:
    """POST /plugins/functions/{name}/register: replace the list of functions (api F-05 to F-13)."""
    profile = state.profile
    if not (profile.native and profile.function_lists):
        return ROUTE_MISSING
    prefix = ""
    try:
        if profile.checks_ids:
            check_id(name)
        prefix = f"register functions plugin {name} error"
        if name not in state.native[Kind.FUNCTION]:
            raise Refused(Cause.NOT_FOUND, "not found", code=NOT_FOUND)
        dump = dumped_body(go_version(profile)) if body else "{}"
        prefix = f"Invalid body: Error decoding the function list json {dump}"
        functions = decode_functions(profile, body)
        prefix = f"function plugins {name} regiser functions error"
        if not functions:
            raise Refused(Cause.FUNCTIONS_EMPTY, "property 'functions' must not be empty")
        _remove_symbols(state, state.function_lists.get(name, (name,)))
        state.function_lists[name] = functions
        yield Store(_FUNCTIONS, name, functions)
        _add_symbols(state, name, functions)
    except Refused as refused:
        return refusal(profile, refused, prefix)
    return Outcome(200, f"function plugin {name} function list is registered")


def _decode(state: ServerState, kind: Kind, body: bytes) -> Request:
    try:
        return decode_request(state.profile, kind, body)
    except Refused as refused:
        prefix = f"Invalid body: Error decoding the {kind.plural} plugin json: "
        raise refused.with_prefix(prefix) from None


def _register(state: ServerState, kind: Kind, request: Request) -> Part:
    profile = state.profile
    name = check_request(state, request)
    version = state.native[kind].get(name)
    if version == DELETED and not profile.deleted_may_return:
        raise Refused(
            Cause.MARKED_DELETED,
            f"invalid name {name}: the plugin is marked as deleted but {profile.product} is not "
            "restarted for the change to take effect yet",
        )
    if version is not None and version != DELETED:
        raise Refused(Cause.DUPLICATE, f"invalid name {name}: duplicate")
    functions: tuple[str, ...] = ()
    if kind is Kind.FUNCTION and profile.function_lists:
        functions = request.functions or (name,)
    if profile.functions_before_download:
        yield from _claim(state, name, request, functions)
    archive = yield from _bring(state, request.file, name)
    try:
        if not profile.functions_before_download:
            yield from _claim(state, name, request, functions)
        version = yield from install_files(state, kind, name, archive, request.shell_paras)
    except Refused as refused:
        yield Remove(archive)
        if refused.panics or refused.cause is Cause.FUNCTION_EXISTS:
            raise
        if profile.function_lists:
            # Whatever the kind: a source that fails takes the function of its name along.
            _remove_symbols(state, functions or (name,))
        words = "fail to install plugin: "
        if not profile.says_install:
            words = f"fail to unzip file {request.file}: "
        raise refused.with_prefix(words) from None
    if functions and request.functions:
        yield Store(_FUNCTIONS, name, request.functions)
    state.native[kind][name] = version
    if profile.stores_requests:
        yield Store(_REQUESTS, f"{kind.plural}_{name}", request.file)
    yield Remove(archive)


def _bring(state: ServerState, url: str, name: str) -> Generator[Step, Any, str]:
    rooted = state.profile.native_download_rooted
    return (yield from download(url, state.folders.plugins, name, rooted=rooted))


def _claim(state: ServerState, name: str, request: Request, functions: tuple[str, ...]) -> Part:
    if not functions:
        return
    if request.functions:
        state.function_lists[name] = request.functions
        yield Store(_FUNCTIONS, name, request.functions)
    _add_symbols(state, name, functions)


def _add_symbols(state: ServerState, plugin: str, functions: tuple[str, ...]) -> None:
    for function in functions:
        if function in state.symbols:
            raise Refused(
                Cause.FUNCTION_EXISTS,
                f"function name {function} already exists",
                subject=function,
            )
        state.symbols[function] = plugin


def _remove_symbols(state: ServerState, functions: tuple[str, ...]) -> None:
    for function in functions:
        state.symbols.pop(function, None)


def _drop(state: ServerState, kind: Kind, name: str) -> Generator[Step, Any, bool]:
    """Delete a plugin; False where it was deleted before and nothing is left to do."""
    profile = state.profile
    name = name.strip(" ")
    if not name:
        raise Refused(Cause.NAME_EMPTY, f"invalid name {name}: should not be empty")
    if profile.deleted_may_return and state.native[kind].get(name) == DELETED:
        return False
    so_path = yield from _find_so(state, kind, name)
    doomed = [so_path]
    etc_folder = join(state.folders.named(profile.native_folders[0]), kind.plural, name)
    if profile.etc_folder and (yield Check(etc_folder)) == "folder":
        doomed.append(etc_folder)
    yield from _drop_documents(state, kind, name)
    if kind is Kind.FUNCTION and profile.function_lists:
        _remove_symbols(state, state.function_lists.get(name, (name,)))
        if name in state.function_lists:
            del state.function_lists[name]
            yield Discard(_FUNCTIONS, name)
    if kind is Kind.SOURCE and profile.configuration_must_exist:
        folder = state.folders.named(profile.native_folders[0])
        doomed.append(join(folder, kind.plural, f"{name}.yaml"))
    problems = yield from _remove_doomed(state, doomed)
    if profile.stores_requests:
        yield Discard(_REQUESTS, f"{kind.plural}_{name}")
    if problems:
        raise Refused(Cause.REMOVE_FAILED, "\n".join(problems))
    if profile.marks_deleted:
        state.native[kind][name] = DELETED
    return True


def _drop_documents(state: ServerState, kind: Kind, name: str) -> Part:
    profile = state.profile
    for which in profile.native_folders:
        folder = join(state.folders.named(which), kind.plural)
        takes_yaml = kind is Kind.SOURCE and not profile.configuration_must_exist
        if takes_yaml or (kind is Kind.SINK and profile.deletes_sink_configuration):
            yield Remove(join(folder, f"{name}.yaml"))
        if profile.deletes_metadata:
            yield Remove(join(folder, f"{name}.json"))


def _remove_doomed(state: ServerState, doomed: list[str]) -> Generator[Step, Any, list[str]]:
    problems: list[str] = []
    for path in doomed:
        if (yield Check(path)) not in ("file", "folder"):
            problems.append(f"can't find {path}")
            continue
        step = RemoveTree(path) if state.profile.etc_folder else Remove(path)
        failure = yield step
        if failure is not None:
            problems.append(f"remove {path}: {failure.words}")
    return problems


def _find_so(state: ServerState, kind: Kind, name: str) -> Generator[Step, Any, str]:
    profile = state.profile
    if profile.refuses_odd_names and (
        name.startswith((".", "-")) or any(part in name for part in _OPEN_ENDED)
    ):
        raise Refused(Cause.NAME_INVALID, f"invalid soFileName {name}")
    version = state.native[kind].get(name)
    if version is None:
        raise Refused(
            Cause.NOT_FOUND, f"invalid name {name}: not exist", code=NOT_FOUND, subject=name
        )
    folder = join(state.folders.plugins, kind.plural)
    if profile.so_name != "any":
        mark = f"@v{version}" if version else ""
        return join(folder, f"{upper_first(name)}{mark}.so")
    file_name = f"{name}@{version}.so" if version else f"{name}.so"
    for candidate in (file_name, upper_first(file_name)):
        path = join(folder, candidate)
        if (yield Check(path)) in ("file", "folder"):
            return path
    raise Refused(
        Cause.NO_SHARED_OBJECT,
        f"cannot find .so file for plugin {name}",
        code=NOT_FOUND,
        subject=name,
    )
