"""A plugin package, read from a zip or a folder, or made in memory."""

from __future__ import annotations

import stat
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.anomaly import Budget
from kuiper_pack.package.archive import Archive
from kuiper_pack.package.detect import find_kind_and_name, plugin_name
from kuiper_pack.package.document import MAX_DOCUMENT, Document, json_document, too_large
from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.source import MemorySource

DEFAULT = Budget()
READ_LIMIT = 16 << 20


@dataclass(frozen=True)
class Package:
    """A package as plain data.

    ``entries`` are in the order of the central directory, or sorted for a folder. ``archive`` is
    None for folders and packages made in memory. ``kind`` is None and ``name`` "" where they can
    neither be found nor were given.
    """

    path: Path
    kind: Kind | None
    name: str
    entries: tuple[Entry, ...]
    archive: Archive | None = None
    _contents: Mapping[str, bytes] | None = field(default=None, repr=False)
    _cache: dict[str, Document | None] = field(default_factory=dict, repr=False, compare=False)
    _names: dict[str, Entry] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._names.update((entry.name, entry) for entry in self.entries)

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
        return _made(Path(path), tuple(entries), None, dict(files), kind, name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def entry(self, name: str) -> Entry | None:
        """The last entry of this name."""
        return self._names.get(name)

    def first(self, name: str) -> Entry | None:
        """The first entry of this name."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def read(self, what: str | Entry, limit: int = READ_LIMIT) -> bytes:
        """Up to ``limit`` bytes of the content of an entry, or of the last one of a name.

        Of broken content, what is readable. Raises KuiperPackError if there is no such entry or the
        package is gone.
        """
        entry = self.entry(what) if isinstance(what, str) else what
        if entry is None:
            raise KuiperPackError(f"{self.path}: there is no {what} in it")
        try:
            return self._read(entry, limit)
        except OSError as error:
            reason = error.strerror or str(error)
            raise KuiperPackError(f"{self.path}: cannot read {entry.name}: {reason}") from None

    def _read(self, entry: Entry, limit: int) -> bytes:
        if self._contents is not None:
            return self._contents.get(entry.name, b"")[:limit]
        if self.archive is not None:
            return self.archive.read(entry, limit)
        if entry.is_dir or entry.problem is not None:
            return b""
        with (self.path / entry.name).open("rb") as file:
            return file.read(limit)

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
        for entry in self.shared_objects:
            stem = entry.name.removesuffix(".so")
            if plugin_name(entry.name) == self.name[:1].lower() + self.name[1:] and "@" in stem:
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
        return self._document(name, is_yaml=False)

    def yaml(self, name: str) -> Document | None:
        """Any YAML file of the package (the last entry of that name), read once."""
        return self._document(name, is_yaml=True)

    def _document(self, name: str, *, is_yaml: bool) -> Document | None:
        if name not in self._cache:
            entry = self.entry(name)
            self._cache[name] = None if entry is None else self._parsed(entry, is_yaml)
        return self._cache[name]

    def _parsed(self, entry: Entry, is_yaml: bool) -> Document:
        if entry.size > MAX_DOCUMENT:
            return too_large(entry)
        data = self.read(entry, MAX_DOCUMENT)
        if is_yaml:
            from kuiper_pack.package.yamlio import yaml_document

            return yaml_document(entry, data)
        return json_document(entry, data)


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
        if stat.S_ISDIR(path.stat().st_mode):
            from kuiper_pack.package.folder import list_folder

            return _made(path, list_folder(path), None, None, kind, name)
        archive = Archive(path, budget)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
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


def _from_archive(path: Path, archive: Archive, kind: Kind | None, name: str | None) -> Package:
    if not archive.looks_like_zip:
        what = "empty" if archive.size == 0 else "neither a zip file nor a folder"
        raise KuiperPackError(f"{path}: {what}; name a plugin's zip, or the folder it is made from")
    return _made(path, archive.entries, archive, None, kind, name)


def _made(
    path: Path,
    entries: tuple[Entry, ...],
    archive: Archive | None,
    contents: Mapping[str, bytes] | None,
    kind: Kind | None,
    name: str | None,
) -> Package:
    package = Package(path, kind, name or "", entries, archive, contents)
    if kind is None or name is None:
        stem = path.stem if archive or contents else path.resolve().name
        kind, name = find_kind_and_name(
            entries, lambda entry: package.json(entry.name) or too_large(entry), stem, kind, name
        )
        return Package(path, kind, name, entries, archive, contents, package._cache)
    return package
