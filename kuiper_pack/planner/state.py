"""What a server knows while it runs."""

from dataclasses import dataclass, field
from typing import NamedTuple

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.folders import Folders
from kuiper_pack.profiles import Profile

DELETED = "$deleted"
"""The version of a native plugin that is deleted while the server still runs (api D-06)."""


class Portable(NamedTuple):
    """A portable plugin as the server has registered it."""

    name: str
    language: str
    executable: str
    version: str = ""
    sources: tuple[str, ...] | None = None
    sinks: tuple[str, ...] | None = None
    functions: tuple[str, ...] | None = None
    virtual_env_type: str | None = None
    env: str | None = None


@dataclass(slots=True)
class ServerState:
    """One server: its release, its folders, and its registries.

    Plans read and change the registries as the server does; what outlives the process is on disk or
    in the key-value store, and changes by steps.
    """

    profile: Profile
    folders: Folders = field(default_factory=Folders)
    native: dict[Kind, dict[str, str]] = field(
        default_factory=lambda: {Kind.SOURCE: {}, Kind.SINK: {}, Kind.FUNCTION: {}}
    )
    """Version by name, per kind; ``DELETED`` where it waits for a restart."""
    symbols: dict[str, str] = field(default_factory=dict)
    """Plugin by function name."""
    function_lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The persisted function lists by plugin (table ``pluginFuncs``)."""
    portables: dict[str, Portable] = field(default_factory=dict)
    portable_symbols: dict[tuple[str, str], str] = field(default_factory=dict)
    """Plugin by kind (``sources``, ``sinks``, ``functions``) and symbol; the last one counts."""
    opened: set[tuple[Kind, str]] = field(default_factory=set)
    """Native plugins whose code is loaded in this process."""

    def list_portable(self, name: str, plugin: Portable) -> None:
        """Register a portable plugin and its symbols (api P-18)."""
        self.portables[name] = plugin
        self.portable_symbols.update(dict.fromkeys(_symbols(plugin), name))

    def unlist_portable(self, name: str) -> None:
        """Forget a portable plugin, and its symbols whoever provides them by now."""
        plugin = self.portables.pop(name, None)
        for symbol in _symbols(plugin) if plugin else ():
            self.portable_symbols.pop(symbol, None)


def _symbols(plugin: Portable) -> list[tuple[str, str]]:
    kinds = ("sources", plugin.sources), ("sinks", plugin.sinks), ("functions", plugin.functions)
    return [(kind, symbol) for kind, symbols in kinds for symbol in symbols or ()]
