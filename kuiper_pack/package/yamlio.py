"""YAML of configurations, with places and the values Go's yaml gives."""

from __future__ import annotations

from kuiper_pack.package.document import Document
from kuiper_pack.package.entry import Entry


def yaml_document(entry: Entry, data: bytes) -> Document:
    """Reads a YAML file."""
    return Document(entry, data, None, None)
