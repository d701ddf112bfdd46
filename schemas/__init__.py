"""JSON Schemas of every document that kuiper-pack reads or writes.

Each is a file ``NAME.schema.json`` here, and its ``$id`` is what documents name in ``$schema``.
"""

import json
from importlib.resources import files
from typing import Any


def identifier(name: str) -> str:
    """The ``$id`` of the schema ``name``, for the member ``$schema`` of a document."""
    return f"urn:kuiper-pack:schema:{name}:1"


def names() -> list[str]:
    """The names of all schemas, sorted."""
    suffix = ".schema.json"
    found = (file.name for file in files(__name__).iterdir())
    return sorted(name.removesuffix(suffix) for name in found if name.endswith(suffix))


def load(name: str) -> dict[str, Any]:
    """The schema ``name``, one of :func:`names`."""
    text = files(__name__).joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
