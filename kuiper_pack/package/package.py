"""A plugin package, read from a zip or a folder, or made in memory."""

from __future__ import annotations

import os
import re
import stat
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.anomaly import Budget
from kuiper_pack.package.archive import Archive
from kuiper_pack.package.detect import find_kind_and_name, plugin_name
from kuiper_pack.package.document import Document
from kuiper_pack.package.entry import Entry
from kuiper_pack.package.files import READ_LIMIT, Files
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.source import MemorySource

DEFAULT = Budget()
_PATTERN = re.compile(r"[*?[]")
"""What shells leave as it is where it fits no file."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package as plain data.

    ``entries`` are in the order of the central directory, or sorted for a folder. ``archive`` is
    None for folders and packages made in memory. ``kind`` is None and ``name`` "" where they can
    neither be found nor were given. ``go_sources`` are the files of a project's folder that its
    package is compiled from, and does not hold.
    """

    path: Path
    kind: Kind | None
    name: str
    entries: tuple[Entry, ...]
    archive: Archive | None
    files: Files = field(repr=False, compare=False)
    go_sources: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        files: Mapping[str, bytes],
        *,
        kind: Kind | None = None,
        name: str | None = None,
        path: Path | str = "package.zip",
        modes: Mapping[str, int] | None = None,
    ) -> Package:
        """A package in memory: names to contents; names that end in "/" are directories.

        ``modes`` holds permissions (or whole st_modes) other than 0644 and 0755 for directories.
        """
        entries = []
        for file, content in files.items():
            folder = file.endswith("/")
            mode = (modes or {}).get(file, 0o755 if folder else 0o644)
            if not stat.S_IFMT(mode):
                mode |= stat.S_IFDIR if folder else stat.S_IFREG
            is_dir = folder or stat.S_ISDIR(mode)
            size, crc = len(content), zlib.crc32(content)
            entries.append(Entry(file, is_dir, mode, size, size, crc))
        path = Path(path)
        return _made(Files(path, tuple(entries), None, dict(files)), path.stem, kind, name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.files.entry(name) is not None

    def entry(self, name: str) -> Entry | None:
        """The last entry of this name."""
        return self.files.entry(name)

    def first(self, name: str) -> Entry | None:
        """The first entry of this name."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def read(self, what: str | Entry, limit: int = READ_LIMIT) -> bytes:
        """Up to ``limit`` bytes of the content of an entry, or of the last one of a name.

        Of broken content, what is readable. Raises KuiperPackError if there is no such entry or the
        package is gone.
        """
        return self.files.read(what, limit)

    @property
    def shared_objects(self) -> tuple[Entry, ...]:
        """The ``.so`` files at the root, which could be the plugin of a native package."""
        return tuple(
            entry
            for entry in self.entries
            if entry.name.endswith(".so") and "/" not in entry.name and not entry.is_dir
        )

    @property
    def version(self) -> str:
        """The version as servers show it: a portable's as in its manifest, else after the "@".

        Of the shared object's version one leading v is dropped. "" if there is none.
        """
        if self.kind is Kind.PORTABLE:
            root = self.manifest.root if self.manifest else None
            members = root.fold("version") if root else ()
            value = members[-1].value.value if members else ""
            return value if isinstance(value, str) else ""
        wanted = self.name[:1].lower() + self.name[1:]
        for entry in self.shared_objects:
            stem = entry.name.removesuffix(".so")
            if plugin_name(entry.name) == wanted and "@" in stem:
                return stem.split("@", 1)[1].removeprefix("v")
        return ""

    @property
    def manifest(self) -> Document | None:
        """The ``{name}.json`` of a portable; None if it is missing or the package is native."""
        return self.json(f"{self.name}.json") if self.kind is Kind.PORTABLE else None

    @property
    def metadata(self) -> Document | None:
        """The ``{name}.json`` of a native package; None if there is none."""
        return None if self.kind is Kind.PORTABLE else self.json(f"{self.name}.json")

    @property
    def configuration(self) -> Document | None:
        """The ``{name}.yaml`` of a source; None if it is missing or the package is no source."""
        return self.yaml(f"{self.name}.yaml") if self.kind is Kind.SOURCE else None

    def json(self, name: str) -> Document | None:
        """Any JSON file of the package (the last entry of that name), read once."""
        return self.files.json(name)

    def yaml(self, name: str) -> Document | None:
        """Any YAML file of the package (the last entry of that name), read once."""
        return self.files.yaml(name)


def open_package(
    path: Path | str,
    *,
    kind: Kind | None = None,
    name: str | None = None,
    budget: Budget = DEFAULT,
) -> Package:
    """Reads the package at ``path``, a zip or a folder, within ``budget``.

    A damaged zip is a package too: its archive has an error. Raises KuiperPackError, one line, for
    what cannot be read or is neither.
    """
    path = Path(path)
    try:
        archive = Archive(path, budget)
    except (OSError, ValueError) as error:
        try:
            is_folder = path.is_dir()
        except (OSError, ValueError):
            is_folder = False
        if is_folder:
            return _from_folder(path, kind, name)
        reason = getattr(error, "strerror", None) or str(error)
        if _PATTERN.search(str(path)) and not os.path.lexists(path):
            raise KuiperPackError(
                f"{path}: no file matches; build the package first, or correct the pattern"
            ) from None
        raise KuiperPackError(f"{path}: cannot be read: {reason}") from None
    return _from_archive(path, archive, kind, name)


def package_of_bytes(
    data: bytes,
    *,
    path: Path | str = "package.zip",
    kind: Kind | None = None,
    name: str | None = None,
    budget: Budget = DEFAULT,
) -> Package:
    """The same for a zip in memory; ``path`` is only a name for messages."""
    return _from_archive(Path(path), Archive(MemorySource(data), budget), kind, name)


def _from_folder(path: Path, kind: Kind | None, name: str | None) -> Package:
    from kuiper_pack.package.folder import is_go_source, list_folder, without_go_sources

    package = _made(Files(path, list_folder(path)), path.resolve().name, kind, name)
    if "go.mod" in package and _is_compiled(package):
        kept = without_go_sources(package.entries)
        package = replace(
            package,
            entries=kept,
            files=Files(path, kept),
            go_sources=tuple(one.name for one in package.entries if is_go_source(one.name)),
        )
    zips = [one.name for one in package.entries if one.name.endswith((".zip", ".ZIP"))]
    if package.kind is None and zips and "/" not in zips[0]:
        raise KuiperPackError(
            f"{path}: a folder of zips, not of the files of a plugin; "
            f"name the zips themselves, like {path / zips[0]}"
        )
    return package


def _is_compiled(package: Package) -> bool:
    """Whether the package of a Go module holds what is compiled from it; not one for Python."""
    root = package.manifest.root if package.manifest is not None else None
    if package.kind is not Kind.PORTABLE or root is None:
        return package.kind is not Kind.PORTABLE
    return any(member.value.value == "go" for member in root.fold("language"))


def _from_archive(path: Path, archive: Archive, kind: Kind | None, name: str | None) -> Package:
    if not archive.looks_like_zip:
        what = "empty" if archive.size == 0 else "neither a zip file nor a folder"
        raise KuiperPackError(f"{path}: {what}; name a plugin's zip, or the folder it is made from")
    return _made(Files(path, archive.entries, archive), path.stem, kind, name)


def _made(files: Files, stem: str, kind: Kind | None, name: str | None) -> Package:
    kind, name = find_kind_and_name(files, stem, kind, name)
    return Package(files.path, kind, name, files.entries, files.archive, files)
