"""Which facts of a profile can make a difference to the installation of one package.

Releases that differ in nothing else install it alike, so that one prediction serves them all. A
fact that is not named here always counts.
"""

import stat
from functools import lru_cache
from typing import NamedTuple

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner.names import is_unsafe_entry
from kuiper_pack.planner.request import Request
from kuiper_pack.profiles import Profile

_LATER = (
    "contract",
    "module",
    "trimpath",
    "portable_status",
    "uploads",
    "native_update",
    "portable_update",
    "not_found",
    "escapes_delete_text",
    "mentions_restart",
    "marks_deleted",
    "deleted_may_return",
    "deletes_metadata",
    "configuration_must_exist",
    "deletes_sink_configuration",
    "refuses_odd_names",
    "product",
    "request_type",
    "package_of_types",
    "stores_requests",
    "guards_network",
    "download_seconds",
    "verifies_certificates",
    "script_runs_in_folder",
    "yaml",
    "prebuild",
    "prebuild_systems",
    "prebuild_without_host",
    "plugin_hosts",
    "prebuilt_sources",
    "prebuilt_sinks",
    "prebuilt_functions",
    "portable_unbuffered",
    "portable_in_folder",
    "portable_ack_option",
    "portable_acks_close",
    "portable_tells_timeouts",
    "portable_calls_repeat",
    "portable_commands_repeat",
    "portable_killed_when_deleted",
    "portable_restores",
    "portable_restarts_killed",
    "portable_ends_after",
    "portable_largest_message",
    "portable_starts_within",
)
"""What no prediction shows: only other requests do, or what a plugin finds when it runs."""

_OF_PORTABLES = (
    "portable",
    "portable_download_rooted",
    "portable_folders",
    "manifest_first",
    "counts_entries",
    "shows_script_output",
    "starts_portable",
    "unregisters_failed",
    "cleans_names",
    "virtual_env",
)
_OF_NATIVE = (
    "native",
    "function_lists",
    "checks_ids",
    "forbids_parent_urls",
    "native_download_rooted",
    "so_name",
    "metadata",
    "unpacks_all",
    "shell_paras_need_script",
    "etc_folder",
    "native_folders",
    "keeps_configuration",
    "counts_kept_configuration",
    "explains_file_count",
    "opens_so",
    "reverts",
    "functions_before_download",
)
_OF_SHELL_PARAS = ("shell_paras", "shell_paras_need_script")
_OF_FUNCTIONS = ("functions_before_download",)
_OF_DOCUMENTS = (
    "native_folders",
    "metadata",
    "keeps_configuration",
    "counts_kept_configuration",
)
_OF_URLS = ("file_urls", "forbids_parent_urls")
_SAME_FOR_PLAIN = ("merge", "rooted", "checked")
_PERMISSIONS = 0o777
_DEFAULTS = Profile()


class Concern(NamedTuple):
    """What of a package decides which facts count.

    ``plain``: every entry is a file or folder whose name cannot lead anywhere else. ``sound``: all
    versions of Go read the archive alike. ``etc``: it has a folder of that name. ``documents``:
    something of it goes to the folders etc or data of the server. ``sources``: configurations that
    could be there already. ``shell_paras`` and ``usual_url`` are about the request: it has the
    ones, and every release takes the other.
    """

    kind: Kind | None
    plain: bool
    sound: bool
    etc: bool
    documents: bool
    sources: frozenset[str]
    shell_paras: bool
    usual_url: bool


def concern_of(package: Package, request: Request | None = None) -> Concern:
    """The concern of a package that is sent with ``request``."""
    files = {entry.name for entry in package.entries}
    etc = any(name.startswith("etc/") for name in files)
    return Concern(
        package.kind,
        all(_is_plain(entry.name) and _is_usual(entry.mode) for entry in package.entries),
        package.archive is None or not package.archive.anomalies,
        etc,
        etc or package.kind is Kind.SOURCE or not files.isdisjoint({f"{package.name}.json", ""}),
        frozenset(
            name.removeprefix("sources/").removesuffix(".yaml")
            for name in files
            if name.endswith(".yaml")
        ),
        request is not None and bool(request.shell_paras),
        request is None
        or (request.file.startswith(("http:", "https:")) and ".." not in request.file),
    )


@lru_cache(maxsize=4096)
def relevant(facts: Profile, concern: Concern) -> Profile:
    """``facts`` with all that cannot matter to the package at its default."""
    changes: dict[str, object] = _defaults(_LATER)
    if concern.kind is Kind.PORTABLE:
        changes |= _defaults(_OF_NATIVE)
    else:
        changes |= _defaults(_OF_PORTABLES)
        if concern.kind is not Kind.FUNCTION:
            changes |= _defaults(_OF_FUNCTIONS)
        if not concern.etc:
            changes["etc_folder"] = _DEFAULTS.etc_folder
        if not concern.documents:
            changes |= _defaults(_OF_DOCUMENTS)
        if concern.sound:
            changes["go"] = _DEFAULTS.go
    if not concern.shell_paras:
        changes |= _defaults(_OF_SHELL_PARAS)
    if concern.usual_url:
        changes |= _defaults(_OF_URLS)
    if concern.plain:
        changes["skips_unsafe_entries"] = False
        if facts.unzip in _SAME_FOR_PLAIN:
            changes["unzip"] = _SAME_FOR_PLAIN[0]
    changes["shipped_sources"] = tuple(
        name for name in facts.shipped_sources if name in concern.sources
    )
    return facts._replace(**changes)  # type: ignore[arg-type]


def _defaults(names: tuple[str, ...]) -> dict[str, object]:
    return {name: getattr(_DEFAULTS, name) for name in names}


def _is_plain(name: str) -> bool:
    if ".." in name or "./" in name or "//" in name or name in ("", "."):
        return False
    return not is_unsafe_entry(name) and not name.endswith("/.")


def _is_usual(mode: int) -> bool:
    if stat.S_ISDIR(mode):
        return True
    return stat.S_ISREG(mode) and not stat.S_IMODE(mode) & ~_PERMISSIONS
