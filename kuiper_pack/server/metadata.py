"""Descriptions of sources, sinks and functions, from the files that packages brought.

Only plugins are described: what a release has built in is described by files that it is shipped
with, which are none of ours. As in the servers, files are read when the server starts and when a
plugin is installed, and remembered; up to 1.7.1 longer than the plugin is there.
"""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from kuiper_pack.package.jsonio import JSONSyntaxError, parse
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.yamlio import YAMLError, load
from kuiper_pack.planner.state import DELETED
from kuiper_pack.portable.messages import as_go
from kuiper_pack.profiles.builtins import builtins
from kuiper_pack.server.machine import Machine
from kuiper_pack.server.metadata_manners import MetadataManners

_TREES = ("etc", "data")
_KINDS = (Kind.SOURCE, Kind.SINK, Kind.FUNCTION)
_LARGEST = 8 << 20


class _Told(NamedTuple):
    """What a file says; ``stamp`` tells whether it is still the same."""

    members: dict[str, Any]
    stamp: tuple[int, int]


class Metadata:
    """What one process of a server knows; ``look`` whenever a plugin may have come or gone."""

    def __init__(self, machine: Machine, manners: MetadataManners) -> None:
        self._machine = machine
        self._manners = manners
        self.keys: dict[tuple[Kind, str], dict[str, Any]] = {}
        """The configurations of releases that keep them in ``etc`` and remember them."""
        self._told: dict[tuple[Kind, str], _Told] = {}
        self._installed: set[tuple[Kind, str]] = set()
        self._looking = threading.Lock()
        for kind in _KINDS:
            for name, path in self._files(kind).items():
                installed = self._is_installed(kind, name)
                if installed or not self._only_installed(kind):
                    self._read(kind, name, path)
                if installed:
                    self._installed.add((kind, name))

    def look(self) -> set[tuple[Kind, str]]:
        """Read about plugins that are new, and forget those that are gone, which are returned."""
        with self._looking:  # who looked first is not to have the last word
            return self._look()

    def _look(self) -> set[tuple[Kind, str]]:
        found = {
            (kind, name): path
            for kind in _KINDS
            for name, path in self._files(kind).items()
            if self._is_installed(kind, name)
        }
        for (kind, name), path in found.items():
            if (kind, name) not in self._installed or self._is_changed(kind, name, path):
                self._read(kind, name, path)
        gone = self._installed - found.keys() if self._manners.installed_only else set()
        for one in gone:
            self._told.pop(one, None)
        self._installed = {*found}
        return gone

    def listed(self, kind: Kind, lookups: bool = False) -> list[dict[str, Any]]:
        """The list of sources or sinks, by name; or of the sources that are for ``lookups``."""
        left_out = self._portable_sources() if lookups and self._only_installed(kind) else set()
        found = []
        for name in self._names(kind):
            described = self.described(kind, name)
            if described is None or name in left_out:
                continue
            entry = {"name": name, "about": described["about"]}
            if self._manners.types:
                entry["type"] = described["type"]
            found.append(entry)
        return found

    def described(self, kind: Kind, name: str) -> dict[str, Any] | None:
        """All about one source or sink; None if nothing is known."""
        told = self._members(kind, name)
        about = told.get("about")
        if not isinstance(about, dict):
            return None
        manners = self._manners
        shown: dict[str, Any] = {
            "about": _about(about, self._is_installed(kind, name)),
            "libs": told.get("libs"),
        }
        if kind is Kind.SOURCE:
            if manners.data_sources and told.get("dataSource") is not None:
                shown["dataSource"] = by_name(told["dataSource"])
            properties = told.get("properties")
            keys = properties if isinstance(properties, dict) else {}
            if manners.of_configurations:
                configuration = self.keys[kind, name]
                shown["properties"] = {
                    key: self._fields(keys["default"], values)
                    for key, values in sorted(configuration.items())
                }
            else:
                shown["properties"] = {
                    key: self._fields(fields, None) for key, fields in sorted(keys.items())
                }
        else:
            shown["properties"] = self._fields(told.get("properties"), None)
        if manners.nodes:
            shown["node"] = by_name(told.get("node"))
        if manners.types:
            shown["type"] = self._type(kind, name)
        return shown

    def fields_of(self, kind: Kind, name: str) -> list[str]:
        """The names of the fields that are described."""
        properties = self._members(kind, name).get("properties")
        listed = properties.get("default") if isinstance(properties, dict) else properties
        found = listed if isinstance(listed, list) else []
        return [one["name"] for one in found if isinstance(one, dict) and _is_named(one)]

    def functions(self) -> bytes:
        """The descriptions of all functions, as JSON."""
        if not self._manners.raw_functions:
            from kuiper_pack.server.gojson import dumps

            return dumps([*self._told_functions()] or None)
        texts = []
        for tree in _TREES:
            for path in self._in(tree, Kind.FUNCTION).values():
                with suppress(FileNotFoundError):  # its plugin is deleted meanwhile
                    texts.append(Path(path).read_bytes())
        return b"[" + b",".join(texts) + b"]"

    def _is_installed(self, kind: Kind, name: str) -> bool:
        """Whether a plugin, which is not deleted, has this source, sink or function."""
        state = self._machine.state
        version = state.native[kind].get(name)
        if version is not None and version != DELETED:
            return True
        if (kind.plural, name) in state.portable_symbols:
            return True
        return kind is Kind.FUNCTION and name in state.portables

    def configuration(self, tree: str, kind: Kind, name: str) -> dict[str, Any]:
        """The keys of the configuration in ``etc`` or ``data``; none where it cannot be read."""
        return self._loaded(tree, kind, name) or {}

    def _loaded(self, tree: str, kind: Kind, name: str) -> dict[str, Any] | None:
        path = Path(self._machine.folders.named(tree), kind.plural, f"{name}.yaml")
        try:
            node = load(path.read_bytes(), version=self._machine.profile.yaml)
        except (OSError, ValueError, YAMLError):
            return None
        found = node.plain() if node is not None else {}
        if not isinstance(found, dict) or not all(
            isinstance(fields, dict | None) for fields in found.values()
        ):
            return None
        return {key: fields or {} for key, fields in found.items()}

    def _names(self, kind: Kind) -> list[str]:
        return sorted(name for of, name in [*self._told] if of is kind)

    def _members(self, kind: Kind, name: str) -> dict[str, Any]:
        """What the file said; nothing where it is forgotten by now."""
        told = self._told.get((kind, name))
        return told.members if told else {}

    def _only_installed(self, kind: Kind) -> bool:
        return kind is Kind.SOURCE and self._manners.installed_only

    def _is_changed(self, kind: Kind, name: str, path: str) -> bool:
        told = self._told.get((kind, name))
        return told is None or told.stamp != _stamp(path)

    def _read(self, kind: Kind, name: str, path: str) -> None:
        """Read a file and, where that is remembered, the configuration; or stay with the last."""
        told = _Told(_members(Path(path)), _stamp(path))
        if kind is Kind.SOURCE and self._manners.kept_in == "etc":
            about = isinstance(told.members.get("about"), dict)
            keys = self._loaded("etc", kind, name) if about else None
            if self._manners.of_configurations:
                properties = told.members.get("properties")
                described = properties.get("default") if isinstance(properties, dict) else None
                if not described or not (keys or {}).get("default"):
                    return
            if keys is not None:
                self.keys[kind, name] = keys
        self._told[kind, name] = told

    def _portable_sources(self) -> set[str]:
        """The sources that are there for scans only: no portable one is for lookups."""
        state = self._machine.state
        symbols = {name for kinds, name in [*state.portable_symbols] if kinds == "sources"}
        return symbols - state.native[Kind.SOURCE].keys()

    def _type(self, kind: Kind, name: str) -> str:
        if name in builtins(self._machine.release, kind.plural):
            return "internal"
        if name in self._machine.state.native[kind]:
            return "native"
        return "portable" if self._is_installed(kind, name) else "none"

    def _files(self, kind: Kind) -> dict[str, str]:
        """The files by name; of two, the one that is read last."""
        return {name: path for tree in _TREES for name, path in self._in(tree, kind).items()}

    def _in(self, tree: str, kind: Kind) -> dict[str, str]:
        # as text: whatever changes plugins looks here, and rarely is anything new to be read
        folder = f"{self._machine.folders.named(tree)}/{kind.plural}"
        try:
            with os.scandir(folder) as found:
                names = [one.name for one in found if one.name.endswith(".json") and one.is_file()]
        except OSError:
            return {}
        return {name.removesuffix(".json") or name: f"{folder}/{name}" for name in sorted(names)}

    def _told_functions(self) -> Iterator[dict[str, Any]]:
        for name in self._names(Kind.FUNCTION):
            told = self._members(Kind.FUNCTION, name)
            about = told.get("about")
            if not isinstance(about, dict):
                continue
            shown: dict[str, Any] = {
                "about": _about(about, self._is_installed(Kind.FUNCTION, name))
            }
            if self._manners.named_functions:
                shown["name"] = told.get("name", "")
            listed = told.get("functions")
            shown["functions"] = [
                {
                    "name": one.get("name", ""),
                    "example": one.get("example", ""),
                    "hint": _language(one.get("hint")),
                }
                for one in (listed if isinstance(listed, list) else ())
                if isinstance(one, dict)
            ] or None
            yield shown

    def _fields(self, told: Any, values: Any) -> list[dict[str, Any]] | None:
        """Fields as they are shown; ``values`` are those of a key of the configuration."""
        if not isinstance(told, list):
            return None
        fields = [self._field(one, values) for one in told if isinstance(one, dict)]
        return fields or None

    def _field(self, told: dict[str, Any], values: Any) -> dict[str, Any]:
        default = told.get("default") if self._manners.keeps_defaults else None
        nested = isinstance(default, list)
        default = self._fields(default, None) if nested else by_name(default)
        name = told.get("name", "")
        exists = isinstance(values, dict) and name in values
        if exists:
            value = values[name]
            inner = told.get("default") if isinstance(value, dict) else None
            default = self._fields(inner, value) if isinstance(value, dict) else by_name(value)
        shown = {
            "exist": exists,
            "name": name,
            "default": default,
            "type": told.get("type", ""),
            "control": told.get("control", ""),
        }
        if self._manners.connections:
            shown["connection_related"] = told.get("connection_related", False)
        return shown | {
            "optional": told.get("optional", False),
            "values": by_name(told.get("values")),
            "hint": _language(told.get("hint")),
            "label": _language(told.get("label")),
        }


def _stamp(path: str) -> tuple[int, int]:
    try:
        found = Path(path).stat()
    except OSError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns


def _members(path: Path) -> dict[str, Any]:
    """The members of a file; none where it holds no JSON object."""
    try:
        with path.open("rb") as file:
            node = parse(file.read(_LARGEST))
    except (OSError, JSONSyntaxError):
        return {}
    found = node.plain()
    return found if isinstance(found, dict) else {}


def _is_named(told: dict[str, Any]) -> bool:
    return isinstance(told.get("name"), str)


def _about(told: dict[str, Any], installed: bool) -> dict[str, Any]:
    author = told.get("author")
    names = ("name", "email", "company", "website")
    return {
        "trial": told.get("trial", False),
        "installed": installed,
        "author": {name: author.get(name, "") for name in names}
        if isinstance(author, dict)
        else None,
        "helpUrl": _language(told.get("helpUrl")),
        "description": _language(told.get("description")),
    }


def _language(told: Any) -> dict[str, Any] | None:
    if not isinstance(told, dict):
        return None
    return {"en": told.get("en_US", ""), "zh": told.get("zh_CN", "")}


def by_name(value: Any) -> Any:
    """A value as Go writes it: members by name, whole numbers without a point."""
    return as_go(json.loads(json.dumps(value, sort_keys=True)))
