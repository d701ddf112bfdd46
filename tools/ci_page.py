"""Reads the examples of docs/ci.md, so that they can be tried as they stand there."""

import re
from pathlib import Path
from typing import Any

import yaml

PAGE = Path(__file__).parents[1] / "docs" / "ci.md"
_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(member: str) -> str:
    """The one YAML example that has ``member`` at its top, as it is written."""
    (found,) = [
        block
        for block in _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
        if member in yaml.safe_load(block)
    ]
    return str(found)


def example(member: str) -> dict[str, Any]:
    """The same as plain data."""
    data: dict[str, Any] = yaml.safe_load(text_of(member))
    return data
