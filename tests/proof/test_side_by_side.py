"""The reference server answers, and does to its files, what the real server of its release does."""

import random
import shutil
import tempfile
from functools import partial
from pathlib import Path

import pytest

from tests.proof.api_requests import RESTART, requests
from tests.proof.api_world import World
from tests.proof.artifacts import artifact_server
from tests.proof.ledger import KEPT, Ledger, Row, this_commit, write_table
from tests.proof.real_servers import VARIABLE, Build, builds
from tests.proof.side_by_side import BY_CHANCE, MODES, differences, real, reference
from tests.proof.tokens import with_tokens

SEQUENCES = {"open": 8, "shipped": 3, "uploads": 3, "auth": 3}
"""How many sequences there are in each mode."""
LENGTH = 200
SEED = "2026"
_COLUMNS = (
    "release", "mode", "sequences", "requests", "accepted", "refused", "restarts", "same",
    "different",
)  # fmt: skip
_TEXT = """
Sequences of requests drawn from a seed are sent to a real server and to the reference server of its
release. They go to every path of the plugin API, to streams and to rules, with what users send and
with what nobody should: other methods, paths and escapes, bodies that are no JSON or another JSON,
odd names, content types, origins and tokens. Compared are the status, all headers, the text, and
after each request which files came, went and changed: not what a changed file holds, but that both
servers changed it.

Not compared are times, addresses in memory, the order of lists, in batches too, the value of the
length, the counters of running rules, what is built in or describes it, plugins whose shared object
has another name, and what depends on threads in the servers: which of several keys that cannot be
deleted is told, and whether a portable that has ended is said to be stopped or killed. A sequence
ends before a restart after which it is by chance which of two plugins has a function, and goes on
after one when the portables are registered. Not drawn are what
[the reference server](../serve.md#what-is-different) says that it does not do or does otherwise.

Modes: *open* as the proofs need it, *shipped* with the settings of the release, *uploads* takes
files from the folder of uploads only, *auth* wants a token. It is repeated as the proof of
[predictions](predictions.md) is, with `tests/proof/test_side_by_side.py`.
"""
_RUNS = [
    (build, mode)
    for build in builds()
    for mode in MODES
    if mode == "open" or build.facts.uploads or (mode == "auth" and build.facts.portable)
]


@pytest.mark.proof
@pytest.mark.skipif(not builds(), reason=f"{VARIABLE} names no description of real servers")
@pytest.mark.parametrize(
    ("build", "mode"), _RUNS, ids=[f"{build.release.text} {mode}" for build, mode in _RUNS]
)
def test_the_reference_server_is_like_the_real_one(build: Build, mode: str) -> None:
    ledger = Ledger.of_this_commit(_ledger_name(build, mode))
    keys = [f"{SEED} {mode} {number}" for number in range(SEQUENCES[mode])]
    rows = [ledger.once(key, partial(judge, build, mode, key)) for key in keys]
    _write_table()
    assert {row["key"]: row["differ"] for row in rows if row["differ"]} == {}


def judge(build: Build, mode: str, key: str) -> Row:
    """Send a sequence to both servers."""
    counts = {"accepted": 0, "refused": 0, "restarts": 0, "same": 0, "different": 0}
    told: list[str] = []
    stem = "s" + "".join(filter(str.isalnum, f"{build.release.text}x{key}"))
    shared = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="kuiper-", dir=shared))
    try:
        (folder / "files").mkdir()
        with artifact_server(folder / "files") as url:
            rng = random.Random(key)
            sequence = [*requests(World(build, folder / "files", url, stem, rng), LENGTH)]
            if mode == "auth":
                sequence = [*with_tokens(rng, sequence, build.etc / "mgmt")]
            theirs = real(build, mode, sequence)
            ours = reference(build, mode, sequence, folder / "reference/a/b/c/d/e/kuiper")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if ours and ours[-1] is BY_CHANCE:
        ours.pop()
        theirs = theirs[: len(ours)]
    for request, one, other in zip(sequence, theirs, ours, strict=False):
        found = differences(build, request, one, other)
        if request is RESTART:
            counts["restarts"] += 1
        elif one.received.status is not None:
            counts["accepted" if one.received.status < 400 else "refused"] += 1
        counts["different" if found else "same"] += 1
        told += [f"{request}: {'; '.join(found)}"] if found else []
    if len(theirs) != len(ours):
        told.append(f"ended after {len(theirs)} not {len(ours)} requests")
    return {"key": key, "requests": len(theirs), **counts, "differ": " | ".join(told)}


def _ledger_name(build: Build, mode: str) -> str:
    return f"side-by-side-{build.release.text}-{mode}"


def _write_table() -> None:
    rows: list[Row] = []
    for build, mode in _RUNS:
        known = list(
            Ledger(KEPT / f"{_ledger_name(build, mode)}@{this_commit()}.jsonl").rows.values()
        )
        if not known:
            continue
        row: dict[str, str | int] = {"release": build.release.text, "mode": mode}
        row["sequences"] = len(known)
        for column in _COLUMNS[3:]:
            row[column] = sum(int(one[column]) for one in known)
        rows.append(row)
    write_table("side-by-side", "Real servers and the reference server", _TEXT, _COLUMNS, rows)
