"""The reference server answers as real servers were recorded to, and does the same to its files."""

from collections import Counter
from pathlib import Path

import pytest

from tests.server.replay import RUNS, reason, recordings, replayed

LEFT_OUT = {
    "symbols of shared objects": 6,
    "shared objects of other builds": 18,
    "export of all data": 3,
}
"""How many exchanges are not sent again, by what is in the way."""


@pytest.mark.parametrize(("version", "mode"), RUNS)
def test_every_recorded_exchange_comes_out_as_recorded(
    version: str, mode: str, tmp_path: Path
) -> None:
    found = [*replayed(version, mode, tmp_path)]
    differences = {f"{one['section']} {one['id']}": what for one, what in found if what}
    assert differences == {}
    assert len(found) == sum(reason(one) is None for one in recordings(version, mode))


def test_what_is_not_sent_again_is_little_and_known() -> None:
    reasons = Counter(reason(one) for run in RUNS for one in recordings(*run))
    sent = reasons.pop(None)
    assert reasons == LEFT_OUT
    assert sent == 2147
