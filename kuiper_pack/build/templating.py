"""The templates that kuiper-pack writes files from."""

import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    if sys.version_info >= (3, 11):
        from importlib.resources.abc import Traversable
    else:
        from importlib.abc import Traversable

_SUFFIX = ".tmpl"


def templates(folder: str) -> Iterator[tuple[str, str]]:
    """Path, without its ending, and text of every template of a folder."""
    return _walk(files("kuiper_pack.build") / "templates" / folder, "")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text of a template with ``@@key@@`` replaced by the value of each key."""
    for key, value in values.items():
        text = text.replace(f"@@{key}@@", value)
    return text


def _walk(folder: "Traversable", prefix: str) -> Iterator[tuple[str, str]]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            yield from _walk(item, f"{prefix}{item.name}/")
        elif item.name.endswith(_SUFFIX):
            yield prefix + item.name.removesuffix(_SUFFIX), item.read_text(encoding="utf-8")
