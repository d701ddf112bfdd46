"""Projects to build."""

import json
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from kuiper_pack.profiles import NEWEST, profile

NEWEST_GO = profile(NEWEST).go

ELF = b"\x7fELF\2\1\1" + bytes(57)


def has_zig() -> bool:
    """Whether Zig is installed, which links for every target."""
    return find_spec("ziglang") is not None or shutil.which("zig") is not None


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
