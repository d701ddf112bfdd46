"""Projects to build."""

import json
import os
import shutil
import subprocess
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what compiles with Go where there is no Go, or none like the newest server's."""
    reason = None
    for item in items:
        if item.get_closest_marker("go") is None:
            continue
        if reason is None:
            reason = _why_no_go()
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


def _why_no_go() -> str:
    if shutil.which("go") is None:
        return "Go is not installed"
    if shutil.which("gcc") is None:
        return "gcc, which links Go plugins, is not installed"
    environment = {**os.environ, "GOTOOLCHAIN": f"go{NEWEST_GO}"}
    done = subprocess.run(
        ["go", "version"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        return f"Go {NEWEST_GO} cannot be had: {done.stderr.strip()}"
    return ""
