"""Unpacking a portable package: the manifest first, then the files, the script, the start."""

from collections.abc import Generator
from posixpath import dirname
from typing import Any

from kuiper_pack.package.directory import CRASH
from kuiper_pack.package.entry import Entry
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.folders import clean, join
from kuiper_pack.planner.manifest import decode_manifest, faults, missing_files
from kuiper_pack.planner.outcome import Refused, raise_first
from kuiper_pack.planner.parts import Part, unzip
from kuiper_pack.planner.state import Portable, ServerState
from kuiper_pack.planner.steps import (
    Archive,
    Check,
    Failure,
    MakeFolders,
    NotStarted,
    OpenArchive,
    ReadEntry,
    Remove,
    Resume,
    RunScript,
    Start,
    Step,
)

SCRIPT = "install.sh"
_SHARED = ("sources/", "sinks/", "functions/")
_LONGEST_SOCKET = 107
_VIRTUAL_ENVS = ("conda",)


def install_files(
    state: ServerState, name: str, archive_path: str, shell_paras: tuple[str, ...]
) -> Part:
    """Unpack, run install.sh, register and start; raises Refused after taking back what it can."""
    installed: dict[str, str] = {}
    try:
        yield from _install(state, name, archive_path, shell_paras, installed)
    except Refused:
        for path in installed.values():
            yield Remove(path)
        yield Remove(target_of(state, name))
        if state.profile.unregisters_failed:
            state.unlist_portable(name)
        raise


def target_of(state: ServerState, name: str) -> str:
    """The folder of a portable plugin."""
    return join(state.folders.plugins, "portable", name)


def _install(
    state: ServerState,
    name: str,
    archive_path: str,
    shell_paras: tuple[str, ...],
    installed: dict[str, str],
) -> Part:
    archive = yield OpenArchive(archive_path)
    if isinstance(archive, Failure):
        raise Refused(Cause.NOT_A_ZIP, archive.words, panics=archive.words == CRASH)
    plugin = yield from _read_manifest(state, name, archive)
    if wrong := list(faults(plugin, name)):
        files = {_unpacked(state, one) for one in archive.entries if not one.is_dir}
        raise_first([*wrong, *missing_files(plugin, name, files)])
    target = target_of(state, name)
    if (yield Check(target)) == "missing":
        failure = yield MakeFolders(target)
        if failure is not None:
            words = f"mkdir {failure.path or target}: {failure.words}"
            raise Refused(Cause.PATH_CLASH, words)
    yield from _unpack(state, target, archive, installed)
    raise_first(list(missing_files(plugin, name, installed)))
    if SCRIPT in installed:
        yield from _run_script(state, target, shell_paras)
    yield from register(state, name, plugin)


def _read_manifest(
    state: ServerState, name: str, archive: Archive
) -> Generator[Step, Any, Portable]:
    plugin: Portable | None = None
    wanted = f"{name}.json"
    for entry in archive.entries:
        if entry.name != wanted:
            continue
        data = yield ReadEntry(entry)
        if isinstance(data, Failure):
            words = data.words if entry.opens else f"invalid json file {wanted}: {data.words}"
            raise Refused(Cause.ENTRY_UNREADABLE, words, entry=wanted)
        plugin = decode_manifest(state.profile, name, data)
        if state.profile.manifest_first:
            break
    if plugin is None:
        words = f"missing or invalid json file {wanted}"
        if state.profile.counts_entries:
            words += f", found {len(archive.entries)} files in total"
        raise Refused(Cause.MANIFEST_MISSING, words, subject=wanted)
    return plugin


def _unpack(state: ServerState, target: str, archive: Archive, installed: dict[str, str]) -> Part:
    profile = state.profile
    for entry in archive.entries:
        name = _unpacked(state, entry)
        if name.startswith(_SHARED):
            folders = [state.folders.named(which) for which in profile.portable_folders]
        else:
            folders = [target]
        yield from unzip(profile, entry, folders, name)
        if not entry.is_dir:
            installed[name] = join(folders[-1], name)


def _unpacked(state: ServerState, entry: Entry) -> str:
    """The name that an entry is unpacked as."""
    return clean(entry.name) if state.profile.cleans_names else entry.name


def _run_script(state: ServerState, target: str, shell_paras: tuple[str, ...]) -> Part:
    folder = target if state.profile.script_runs_in_folder else None
    result = yield RunScript(join(target, SCRIPT), shell_paras, folder)
    if result.error is None:
        return
    words = result.error
    if state.profile.shows_script_output:
        words = f"err:{result.error} stdout:{result.stdout} stderr:{result.stderr}"
    raise Refused(Cause.SCRIPT_FAILED, words, entry=SCRIPT)


def register(state: ServerState, name: str, plugin: Portable) -> Part:
    """List a plugin and, since 2.0, start it; raises Refused."""
    executable = join(target_of(state, name), plugin.executable)
    found = yield Check(executable)
    if found not in ("file", "folder"):
        words = found.words if isinstance(found, Failure) else "no such file or directory"
        raise Refused(
            Cause.REQUIRED_FILE_MISSING,
            f"cannot find executable `{executable}` when loading portable plugins: "
            f"stat {executable}: {words}",
            subject=plugin.executable,
        )
    listed = plugin._replace(executable=executable)
    state.list_portable(name, listed)
    if state.profile.starts_portable:
        yield from start(listed)
    elif state.profile.portable_restores:
        yield Resume(listed)


def start(plugin: Portable) -> Part:
    """Start the process of a plugin; raises Refused."""
    socket = f"/tmp/plugin_{plugin.name}.ipc"  # noqa: S108 - the server's, not ours
    too_long = len(socket.encode("utf-8", "surrogateescape")) > _LONGEST_SOCKET
    if too_long or "/" in plugin.name:
        words = f"can't listen on rep socket: listen unix {socket}: bind: "
        words += "invalid argument" if too_long else "no such file or directory"
        yield NotStarted(plugin.name, words)
        cause = Cause.NAME_TOO_LONG if too_long else Cause.NAME_INVALID
        raise Refused(cause, f"can't create new control channel: {words}", subject=plugin.name)
    if plugin.language == "python" and plugin.virtual_env_type is not None:
        words = ""
        if plugin.virtual_env_type not in _VIRTUAL_ENVS:
            words = f"unsupported virtual type: {plugin.virtual_env_type}"
        elif plugin.env is None:
            words = "runtime error: invalid memory address or nil pointer dereference"
        if words:
            yield NotStarted(plugin.name, words)
            words = f"fail to start plugin {plugin.name}: {words}"
            raise Refused(Cause.START_FAILED, words, subject="virtualEnvType")
    failure = yield Start(plugin)
    if failure is not None:
        raise Refused(Cause.START_FAILED, failure.words, subject=dirname(plugin.executable))
