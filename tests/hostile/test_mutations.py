"""Damaged packages: always a verdict, the same one twice, and soon."""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from kuiper_pack.rules.catalogue import ours
from kuiper_pack.rules.engine import Judge
from kuiper_pack.rules.target import Target
from tests.hostile.mutation import Sample, mutated, samples, verdict
from tests.hostile.test_hostile import NOT_EVERYWHERE
from tests.proof.ledger import KEPT, Ledger, Row, this_commit, write_table

SEED = "2026"
SAMPLE = 200
"""Mutations of each package that every run of the tests tries."""
ALL = 20_000
"""The same for the proof."""
CHUNK = 1000
SECONDS = 5
"""What one verdict may take, of processor time."""
HANGING = 60
_COLUMNS = ("package", "mutations", "valid", "invalid", "unreadable", "slowest")
_TEXT = f"""
Ten packages as tools write them, each changed in {ALL:,} ways: bits and numbers, above all in
headers; pieces cut out, doubled, swapped, and taken from another package; contents and names
changed and packed rightly again. Each must get a verdict, the same twice, without a traceback and
within {SECONDS} seconds of processor time. The slowest took so many milliseconds.
"""

every_sample = pytest.mark.parametrize("sample", samples(), ids=[one.name for one in samples()])


@pytest.fixture(scope="module")
def judge() -> Judge:
    rules = [rule for rule in ours() if rule.code not in NOT_EVERYWHERE]
    return Judge(Target(), rules)


@every_sample
def test_a_package_that_tools_write_is_valid(sample: Sample, judge: Judge) -> None:
    assert verdict(sample.data, sample, judge)[0] == "valid"


@every_sample
def test_a_damaged_package_gets_the_same_verdict_twice(sample: Sample, judge: Judge) -> None:
    counts = try_out(sample, range(SAMPLE), judge)
    assert counts["mutations"] == SAMPLE
    assert counts["invalid"]


@pytest.mark.proof
@every_sample
def test_every_damaged_package_gets_the_same_verdict_twice(sample: Sample, judge: Judge) -> None:
    ledger = Ledger.of_this_commit(_ledger_name(sample))
    for start in range(0, ALL, CHUNK):
        ledger.once(str(start), partial(try_out, sample, range(start, start + CHUNK), judge))
    _write_table()


def try_out(sample: Sample, numbers: range, judge: Judge) -> Row:
    """Judge each mutation twice; how many there were of each verdict, and the slowest."""
    counts, slowest = Counter[str](), 0.0
    for number in numbers:
        seed = f"{SEED} {sample.name} {number}"
        data = mutated(sample, seed)
        with named(seed):
            start = time.process_time()
            first = verdict(data, sample, judge)
            taken = time.process_time() - start
            assert verdict(data, sample, judge) == first
        assert taken < SECONDS, seed
        counts[first[0]] += 1
        slowest = max(slowest, taken)
    return {
        "mutations": len(numbers),
        **{word: counts[word] for word in ("valid", "invalid", "unreadable")},
        "slowest": round(slowest * 1000),
    }


@contextmanager
def named(seed: str) -> Iterator[None]:
    """Say which mutation it was that failed, or that does not come to an end."""

    def stop(*_: object) -> None:
        raise TimeoutError

    if sys.platform != "win32":
        before = signal.signal(signal.SIGALRM, stop)
        signal.alarm(HANGING)
    try:
        yield
    except Exception as error:
        raise AssertionError(f"mutation {seed!r}: {error!r}") from error
    finally:
        if sys.platform != "win32":
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)


def _ledger_name(sample: Sample) -> str:
    return f"mutations-{sample.name.replace(' ', '-')}"


def _write_table() -> None:
    """Write what is known so far; the package that is done last writes all."""
    rows: list[Row] = []
    for sample in samples():
        kept = Ledger(KEPT / f"{_ledger_name(sample)}@{this_commit()}.jsonl").rows.values()
        sums = {name: sum(int(row[name]) for row in kept) for name in _COLUMNS[1:-1]}
        slowest = max((int(row["slowest"]) for row in kept), default=0)
        rows.append({"package": sample.name, **sums, "slowest": f"{slowest} ms"})
    write_table("mutations", "Damaged packages", _TEXT, _COLUMNS, rows)
