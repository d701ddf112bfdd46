"""The files of a package: found by name, read within limits, parsed once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.archive import Archive
from kuiper_pack.package.document import MAX_DOCUMENT, Document, json_document, too_large
from kuiper_pack.package.entry import Entry

READ_LIMIT = 16 << 20
"""Bytes of one entry that are read at most, unless more is asked for."""

_Made = TypeVar("_Made")


class Files:
    """Entries with a way to their content: an archive, contents in memory, or a folder."""

    __slots__ = (
        *("_contents", "_documents", "_made", "_names"),
        *("archive", "entries", "path", "unread"),
    )

    def __init__(
        self,
        path: Path,
        entries: tuple[Entry, ...],
        archive: Archive | None = None,
        contents: Mapping[str, bytes] | None = None,
    ) -> None:
        self.path = path
        self.entries = entries
        self.archive = archive
        self._contents = contents
        self._names = {entry.name: entry for entry in entries}
        self._documents: dict[tuple[str, bool], Document | None] = {}
        self._made: dict[Hashable, Any] = {}
        self.unread: dict[Entry, str] = {}
        """Documents that somebody asked for and that are too large to be read, and in what."""

    def entry(self, name: str) -> Entry | None:
        """The last entry of this name."""
        return self._names.get(name)

    def read(self, what: str | Entry, limit: int = READ_LIMIT) -> bytes:
        """Up to ``limit`` bytes of the content of an entry, or of the last one of a name.

        Of broken content, what is readable. Raises KuiperPackError if there is no such entry or the
        package is gone.
        """
        entry = self._names.get(what) if isinstance(what, str) else what
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

    def once(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """What ``make`` makes of the files; asked again by the same ``key``, it is kept."""
        if key not in self._made:
            self._made[key] = make()
        made: _Made = self._made[key]
        return made

    def json(self, name: str) -> Document | None:
        """A JSON file (the last entry of that name); None if there is none."""
        return self._document(name, is_yaml=False)

    def glimpse(self, entry: Entry) -> Document | None:
        """A JSON file, or what can still be read of a damaged one, which no server reads."""
        if entry.problem is None or entry.size > MAX_DOCUMENT:
            return self.json(entry.name)
        return json_document(entry, self.read(entry, MAX_DOCUMENT))

    def yaml(self, name: str) -> Document | None:
        """A YAML file (the last entry of that name); None if there is none."""
        return self._document(name, is_yaml=True)

    def _document(self, name: str, *, is_yaml: bool) -> Document | None:
        key = name, is_yaml
        if key not in self._documents:
            entry = self._names.get(name)
            self._documents[key] = None if entry is None else self.parse(entry, is_yaml=is_yaml)
        return self._documents[key]

    def parse(self, entry: Entry, *, is_yaml: bool) -> Document:
        """The document in any entry, read anew."""
        document = self._parsed(entry, is_yaml=is_yaml)
        if document.unread is not None:
            self.unread[entry] = document.unread
        return document

    def _parsed(self, entry: Entry, *, is_yaml: bool) -> Document:
        if entry.size > MAX_DOCUMENT:
            return too_large(entry)
        if entry.problem is not None:
            return Document(entry, b"", None)  # nobody knows what it says
        data = self.read(entry, MAX_DOCUMENT)
        if is_yaml:
            from kuiper_pack.package.yamlio import yaml_document

            return yaml_document(entry, data)
        return json_document(entry, data)
