"""Unpacking a native package: which file goes where, what counts, what a failure takes back."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from kuiper_pack.package.directory import CRASH
from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.folders import join
from kuiper_pack.planner.names import is_unsafe_entry, parse_so_name, so_names
from kuiper_pack.planner.outcome import Refused
from kuiper_pack.planner.parts import Part, unzip
from kuiper_pack.planner.state import ServerState
from kuiper_pack.planner.steps import (
    Archive,
    Check,
    Failure,
    OpenArchive,
    OpenSharedObject,
    Remove,
    RemoveTree,
    RunScript,
    Skip,
    Step,
)

SCRIPT = "install.sh"


@dataclass(slots=True)
class Unpacking:
    """One installation while it goes on."""

    state: ServerState
    kind: Kind
    name: str
    is_so: Callable[[str], bool]
    counted: list[str] = field(default_factory=list)
    """The files that count, in the order in which they were met."""
    revocable: list[str] = field(default_factory=list)
    """The files that a failure takes back."""
    so_path: str = ""
    version: str = ""
    plugin_of_so: str = ""
    saw_configuration: bool = False
    confs: list[str] = field(init=False)
    """The folders for configuration and metadata, below ``etc`` or ``data`` or both."""
    temporary: str = field(init=False)
    """Where install.sh and what it needs are unpacked."""

    def __post_init__(self) -> None:
        folders, profile = self.state.folders, self.state.profile
        self.temporary = join(folders.plugins, "temp", self.kind.plural, self.name)
        self.confs = [
            join(folders.named(which), self.kind.plural) for which in profile.native_folders
        ]

    @property
    def configuration(self) -> str:
        """The name of the entry that is the configuration; as on the servers "" for no source."""
        return f"{self.name}.yaml" if self.kind is Kind.SOURCE else ""

    @property
    def expected(self) -> int:
        """How many files must count (pkg L-05)."""
        return 1 + len(self.state.profile.native_folders) if self.kind is Kind.SOURCE else 1


def install_files(
    state: ServerState, kind: Kind, name: str, archive: str, shell_paras: tuple[str, ...]
) -> Generator[Step, Any, str]:
    """Unpack, run install.sh and open the shared object; return the version.

    Raises Refused after taking back what the release takes back (pkg L-15, I-08).
    """
    profile = state.profile
    temporary = join(state.folders.plugins, "temp", kind.plural, name)
    try:
        opened = yield OpenArchive(archive)
        if isinstance(opened, Failure):
            raise Refused(Cause.NOT_A_ZIP, opened.words, panics=opened.words == CRASH)
        has_script = any(entry.name == SCRIPT for entry in opened.entries)
        if profile.shell_paras_need_script and shell_paras and not has_script:
            raise Refused(
                Cause.SHELL_PARAS_WITHOUT_SCRIPT,
                f"have shell parameters : [{' '.join(shell_paras)}] but no install.sh file",
            )
        unpacking = Unpacking(state, kind, name, so_names(profile, name))
        yield from _install(unpacking, opened, shell_paras if profile.shell_paras else ())
    except Refused:
        if profile.unpacks_all:
            yield RemoveTree(temporary)
        raise
    if profile.unpacks_all:
        yield RemoveTree(temporary)
    return unpacking.version


def _install(unpacking: Unpacking, archive: Archive, shell_paras: tuple[str, ...]) -> Part:
    profile = unpacking.state.profile
    try:
        for entry in archive.entries:
            yield from _unpack(unpacking, entry)
        _check_count(unpacking, archive)
    except Refused as refused:
        yield from _revert_unpacking(unpacking, refused)
        raise
    if profile.install_script and any(entry.name == SCRIPT for entry in archive.entries):
        try:
            yield from _run_script(unpacking, shell_paras)
        except Refused:
            if profile.reverts == "lone-so-and-script":
                yield from _remove_all(unpacking.revocable)
            yield from _revert_lone_file(unpacking)
            raise
    if profile.opens_so:
        try:
            yield from open_so(
                unpacking.state, unpacking.kind, unpacking.plugin_of_so, unpacking.so_path
            )
        except Refused:
            yield from _remove_all(unpacking.revocable)
            raise


def _unpack(unpacking: Unpacking, entry: Entry) -> Part:
    profile, name = unpacking.state.profile, entry.name
    if profile.skips_unsafe_entries and is_unsafe_entry(name):
        yield Skip(entry, "unsafe name")
    elif name == unpacking.configuration:
        unpack = _unpack_configuration if name else _unpack_nameless
        yield from unpack(unpacking, entry)
    elif profile.metadata and name == f"{unpacking.name}.json":
        yield from _unpack_metadata(unpacking, entry)
    elif unpacking.is_so(name):
        folder = join(unpacking.state.folders.plugins, unpacking.kind.plural)
        unpacking.so_path = join(folder, name)
        yield from unzip(profile, entry, [folder], name)
        unpacking.counted.append(unpacking.so_path)
        unpacking.revocable.append(unpacking.so_path)
        unpacking.plugin_of_so, unpacking.version = parse_so_name(profile, name)
    elif profile.etc_folder and name.startswith("etc/"):
        renamed = name.replace("etc", unpacking.name, 1)
        yield from unzip(profile, entry, unpacking.confs, renamed)
    elif profile.unpacks_all:
        yield from unzip(profile, entry, [unpacking.temporary], name)
    else:
        yield Skip(entry, "not a file the server knows")


def _unpack_configuration(unpacking: Unpacking, entry: Entry) -> Part:
    profile = unpacking.state.profile
    unpacking.saw_configuration = True
    paths = [join(folder, entry.name) for folder in unpacking.confs]
    if profile.keeps_configuration and (yield Check(paths[0])) != "missing":
        if profile.counts_kept_configuration:
            unpacking.counted.append(paths[0])
        yield Skip(entry, "a configuration of that name is there already")
        return
    yield from unzip(profile, entry, unpacking.confs, entry.name)
    unpacking.counted.extend(paths)
    unpacking.revocable.extend(paths)


def _unpack_nameless(unpacking: Unpacking, entry: Entry) -> Part:
    """A sink or a function gets a file that has no path, or no name in its folder."""
    if unpacking.state.profile.unzip not in ("rooted", "checked", "one-level"):
        raise Refused(Cause.PATH_CLASH, "open : no such file or directory", entry=entry.name)
    yield from unzip(unpacking.state.profile, entry, unpacking.confs, entry.name)


def _unpack_metadata(unpacking: Unpacking, entry: Entry) -> Part:
    for folder in unpacking.confs:
        try:
            yield from unzip(unpacking.state.profile, entry, [folder], entry.name)
        except Refused as refused:
            yield Skip(entry, refused.message)  # the servers only log it
        else:
            unpacking.revocable.append(join(folder, entry.name))


def _check_count(unpacking: Unpacking, archive: Archive) -> None:
    if len(unpacking.counted) == unpacking.expected:
        return
    if unpacking.state.profile.explains_file_count:
        words = (
            f"expectFiles: {unpacking.expected}, got filenames:[{' '.join(unpacking.counted)}], "
            f"zipFiles: [{' '.join(entry.name for entry in archive.entries)}], "
            f"yamlFileChecked:{str(unpacking.saw_configuration).lower()}, "
            f"soFileChecked:{str(bool(unpacking.so_path)).lower()}"
        )
    else:
        words = "so file or conf file is missing"
    raise Refused(Cause.FILE_COUNT, f"invalid zip file: {words}")


def _run_script(unpacking: Unpacking, shell_paras: tuple[str, ...]) -> Part:
    folder = unpacking.temporary if unpacking.state.profile.script_runs_in_folder else None
    result = yield RunScript(join(unpacking.temporary, SCRIPT), shell_paras, folder)
    if result.error is not None:
        raise Refused(Cause.SCRIPT_FAILED, result.error, entry=SCRIPT)


def open_so(state: ServerState, kind: Kind, plugin: str, path: str) -> Part:
    """Load a shared object once per process and plugin name; raises Refused."""
    if (kind, plugin) in state.opened:
        return
    failure = yield OpenSharedObject(path)
    if failure is not None:
        raise Refused(Cause.OPEN_FAILED, f"cannot open {path}: {failure.words}", subject=path)
    state.opened.add((kind, plugin))


def _revert_unpacking(unpacking: Unpacking, refused: Refused) -> Part:
    profile = unpacking.state.profile
    if profile.reverts != "all-but-script":
        yield from _revert_lone_file(unpacking)
        return
    # Since a configuration is kept, an error while unpacking it hides from what reverts (pkg L-15).
    if profile.keeps_configuration and refused.entry == unpacking.configuration:
        return
    yield from _remove_all(unpacking.revocable)


def _revert_lone_file(unpacking: Unpacking) -> Part:
    if unpacking.state.profile.reverts == "all-but-script":
        return
    if unpacking.kind is Kind.SOURCE and len(unpacking.counted) == 1:
        yield Remove(unpacking.counted[0])


def _remove_all(paths: list[str]) -> Part:
    for path in paths:
        yield RemoveTree(path)
