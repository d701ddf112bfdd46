"""Journals of runs stay in the folder of the test."""

from pathlib import Path

import pytest

from kuiper_pack.suite.journal import STATE


@pytest.fixture(autouse=True)
def journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "journals"
    monkeypatch.setenv(STATE, str(folder))
    return folder
