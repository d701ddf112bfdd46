"""Packages for the server to install: stubs made here, or around ready shared objects."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.names import upper_first
from kuiper_pack.portable.miniplugin import SECOND, files, second_program

NATIVE = (Kind.SOURCE, Kind.SINK, Kind.FUNCTION)
_WHEN = (2024, 1, 1, 0, 0, 0)
_FAST = 1
"""Shared objects have megabytes, and travel over loopback."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A native plugin that can be installed once in the life of a server that loads it.

    ``shared_object`` is the content of its file. The name and the file are those of its symbol, as
    the documentation wants them.
    """

    kind: Kind
    name: str
    shared_object: bytes

    @property
    def functions(self) -> list[str]:
        """The functions that it has beside the one of its own name; built plugins export them."""
        return [f"{self.name}A", f"{self.name}B"]

    @property
    def metadata(self) -> dict[str, bytes]:
        """The files that describe it to user interfaces, and for a source what they describe."""
        field = {"name": "place", "default": "here", "control": "text", "type": "string"}
        described = {**field, "hint": _in_languages("hint"), "label": _in_languages("label")}
        about = {"installed": False, "description": _in_languages(f"description of {self.name}")}
        members: dict[Kind, dict[str, Any]] = {
            Kind.SOURCE: {"properties": {"default": [described]}},
            Kind.SINK: {"properties": [described]},
            Kind.FUNCTION: {
                "functions": [
                    {"name": self.name, "example": f"{self.name}(a)", "hint": _in_languages("hint")}
                ]
            },
        }
        found = {f"{self.name}.json": json.dumps({"about": about, **members[self.kind]}).encode()}
        if self.kind is Kind.SOURCE:
            found[f"{self.name}.yaml"] = b"default:\n  place: here\n"
        return found

    def package(self, file: str, extra: Mapping[str, bytes] | None = None) -> bytes:
        """The zip: the shared object as ``file``, for a source its configuration, and ``extra``."""
        entries = {file: self.shared_object}
        if self.kind is Kind.SOURCE:
            entries[f"{self.name}.yaml"] = b"default: {}\n"
        return make_zip({**entries, **(extra or {})})


@dataclass(frozen=True, slots=True)
class Portable:
    """A portable plugin that really runs, wherever the server has Python: no SDK is wanted.

    Its source, sink and function have names of their own, as documented.
    """

    name: str

    @property
    def kind(self) -> Kind:
        """Portable."""
        return Kind.PORTABLE

    @property
    def source(self) -> str:
        """A source that counts."""
        return f"{self.name}Count"

    @property
    def sink(self) -> str:
        """A sink that prints what it gets."""
        return f"{self.name}Lines"

    @property
    def function(self) -> str:
        """A function that returns its argument."""
        return f"{self.name}Echo"

    def package(
        self,
        version: str = "1.0.0",
        changed: Mapping[str, bytes | None] | None = None,
        *,
        manifest: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The zip; ``changed`` has files to add or to replace, and with None those to leave out.

        So has ``manifest`` members of the manifest.
        """
        entries: dict[str, bytes | None] = {**files(self.name)}
        members = self.manifest | {"version": version} | dict(manifest or {})
        told = {name: one for name, one in members.items() if one is not None}
        entries[f"{self.name}.json"] = json.dumps(told).encode()
        entries |= changed or {}
        return make_zip({name: one for name, one in entries.items() if one is not None})

    def successor(self) -> bytes:
        """The zip of version 2.0.0: its source counts from a million, its function adds one."""
        return self.package("2.0.0", {SECOND: second_program()}, manifest={"executable": SECOND})

    @property
    def manifest(self) -> dict[str, Any]:
        """What its ``{name}.json`` says."""
        found: dict[str, Any] = json.loads(files(self.name)[f"{self.name}.json"])
        return found


def _in_languages(text: str) -> dict[str, str]:
    """A text as metadata has it."""
    return {"en_US": f"{text} in English", "zh_CN": f"{text} in Chinese"}


def so_file(name: str, version: str = "", *, upper: bool = False) -> str:
    """The file name of a plugin's shared object.

    With ``upper`` as documented before 0.9.1: like the symbol, and the version after "@v".
    """
    if upper:
        name, version = upper_first(name), version and f"v{version}"
    return f"{name}@{version}.so" if version else f"{name}.so"


def make_zip(entries: Mapping[str, bytes]) -> bytes:
    """A zip of regular files, the same bytes for the same entries."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name, _WHEN)
            info.create_system, info.external_attr = 3, 0o100644 << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED, _FAST)
    return stream.getvalue()


def stub(name: str) -> bytes:
    """The content of a shared object that no server can load, another one for each name."""
    return b"\x7fELF, but only by its first bytes: " + name.encode()


def ready(folder: Path) -> dict[Path, Kind | None]:
    """The shared objects in a folder, with the kind that their own folder is named after, or None.

    Raises KuiperPackError where there are none.
    """
    plurals = {kind.plural: kind for kind in NATIVE}
    found = {path: plurals.get(path.parent.name) for path in sorted(folder.rglob("*.so"))}
    if not found:
        raise KuiperPackError(f"{folder}: no .so file below it: give a folder of ready plugins")
    return found
