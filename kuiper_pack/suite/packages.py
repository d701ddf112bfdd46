"""Packages for the server to install: stubs made here, or around ready shared objects."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind

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

    def package(self, version: str = "", extra: Mapping[str, bytes] | None = None) -> bytes:
        """The zip: the shared object, for a source its configuration, and what is ``extra``."""
        file = f"{self.name}@{version}.so" if version else f"{self.name}.so"
        entries = {file: self.shared_object}
        if self.kind is Kind.SOURCE:
            entries[f"{self.name}.yaml"] = b"default: {}\n"
        return make_zip({**entries, **(extra or {})})


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
