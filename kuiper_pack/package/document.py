"""A JSON or YAML file of a package, read."""

from __future__ import annotations

from typing import NamedTuple

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.jsonio import JSONSyntaxError, parse
from kuiper_pack.package.node import Node

MAX_DOCUMENT = 256 << 10
"""Larger files are not read: no real one comes near, and memory is bounded."""


class Problem(NamedTuple):
    """Why a document could not be read: one line, and its place (from 1)."""

    message: str
    line: int
    column: int


class Document(NamedTuple):
    """A file of the package as data: ``root`` where it could be read, else ``error``.

    ``root`` is also None for an empty YAML file, and for one that is larger than what is read:
    then ``unread`` says in what.
    """

    entry: Entry
    data: bytes
    root: Node | None
    error: Problem | None = None
    unread: str | None = None

    @property
    def file(self) -> str:
        """The name of the entry."""
        return self.entry.name


def too_large(entry: Entry) -> Document:
    """The document of a file that is larger than the budget."""
    return Document(entry, b"", None, unread=f"more than {MAX_DOCUMENT >> 10} KiB")


def json_document(entry: Entry, data: bytes) -> Document:
    """Reads a JSON file as Go's json.Unmarshal does."""
    try:
        return Document(entry, data, parse(data))
    except JSONSyntaxError as error:
        return Document(entry, data, None, Problem(error.message, error.line, error.column))
