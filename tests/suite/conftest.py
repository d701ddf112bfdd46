"""Journals of runs, and what they keep for others, stay in the folder of the test."""

from pathlib import Path

import pytest

from kuiper_pack.suite.places import CACHE, STATE


@pytest.fixture(autouse=True)
def journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "journals"
    monkeypatch.setenv(STATE, str(folder))
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    return folder
