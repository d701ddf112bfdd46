"""The reference server answers as real servers were recorded to, and does the same to its files."""

from pathlib import Path

import pytest

from tests.server.replay import RUNS, SECTIONS, Replay, difference, serving
from tests.server.stand_in import interpreter

REPLAYED = {
    ("0.9.1", "default"): 273,
    ("1.4.4", "default"): 370,
    ("v1.14.7", "default"): 380,
    ("v2.4.0", "open"): 380,
    ("v2.4.0", "default"): 386,
    ("v2.4.0", "uploads"): 30,
}
"""How many exchanges there are that the server can answer."""


@pytest.mark.parametrize(("version", "mode"), RUNS)
def test_every_recorded_exchange_about_plugins_and_uploads_comes_out_as_recorded(
    version: str, mode: str, tmp_path: Path
) -> None:
    replayed = 0
    differences = {}
    files = tmp_path / "files"
    python = interpreter(tmp_path / "python")
    with serving(files) as host:
        for begun in SECTIONS:
            base = tmp_path / begun[0]
            replay = Replay(version, mode, base, files, host, python)
            with replay.server:
                for section in begun:
                    for exchange, answer, changes in replay.section(section):
                        replayed += 1
                        found = difference(exchange, answer, changes)
                        if found:
                            differences[f"{section} {exchange['id']}"] = found
    assert differences == {}
    assert replayed == REPLAYED[version, mode]
