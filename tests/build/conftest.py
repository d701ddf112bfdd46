"""Projects to build."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kuiper_pack.profiles import NEWEST, profile

NEWEST_GO = profile(NEWEST).go

ELF = b"\x7fELF\2\1\1" + bytes(57)

Maker = Callable[..., Path]


@pytest.fixture
def portable(tmp_path: Path) -> Maker:
    """Make a small Python portable called ``thermo``; more files and members can be given."""

    def make(
        where: str = "thermo", files: dict[str, str | bytes] | None = None, **manifest: Any
    ) -> Path:
        folder = tmp_path / where
        members = {
            "version": "1.0.0",
            "language": "python",
            "executable": "main.py",
            "functions": ["warm"],
            **manifest,
        }
        content = {
            "thermo.json": json.dumps(members),
            "main.py": "print('started')\n",
            "functions/warm.json": '{"about": {}, "functions": []}',
            **(files or {}),
        }
        for name, text in content.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder

    return make
