"""How much of what was recorded of real servers the reference server repeats."""

import sys
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from tests.proof.ledger import KEPT, Ledger, Row, this_commit, write_table
from tests.server.replay import LEFT_OUT, RUNS, reason, recordings, replayed

if sys.platform == "win32":
    pytest.skip("there is no reference server on Windows", allow_module_level=True)

_COLUMNS = ("server", "mode", "exchanges", "as recorded", "different", *LEFT_OUT)
_TEXT = """
Requests to real servers and their answers were recorded, with the files that each request added,
changed or removed. The requests are sent to the reference server in the same order, with the same
packages. Compared are the status, the text, the headers that were recorded, and the files. Shared
objects are stand-ins, and so is the Python SDK. Not compared are the order of lists, addresses in
memory, times, and the counters of running rules; of descriptions only those of plugins. What is not
sent again is counted by what is in the way.
"""


@pytest.mark.proof
@pytest.mark.parametrize(("version", "mode"), RUNS)
def test_every_recorded_exchange_is_repeated(version: str, mode: str, tmp_path: Path) -> None:
    ledger = Ledger.of_this_commit("recordings")
    row = ledger.once(f"{version} {mode}", partial(_row, version, mode, tmp_path))
    kept = Ledger(KEPT / f"recordings@{this_commit()}.jsonl").rows
    names = [f"{version} {mode}" for version, mode in RUNS]
    rows = [kept[name] for name in names if name in kept]
    write_table("recordings", "Recordings and the reference server", _TEXT, _COLUMNS, rows)
    assert row["different"] == 0


def _row(version: str, mode: str, folder: Path) -> Row:
    """Counts of one server in one mode."""
    left_out = Counter(reason(one) for one in recordings(version, mode))
    different = [bool(found) for _, found in replayed(version, mode, folder)]
    return {
        "server": version.removeprefix("v"),
        "mode": mode,
        "exchanges": left_out.total(),
        "as recorded": different.count(False),
        "different": different.count(True),
        **{why: left_out[why] for why in LEFT_OUT},
    }
