"""The conformance suite: what it costs over bare requests, and who does not use it.

Plugins of pytest that others have installed are left out: their start is not ours.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import Command, Row, run
from benchmarks.server import process
from kuiper_pack.client import Answer
from kuiper_pack.suite.catalogue import clauses
from kuiper_pack.suite.clause import Clause
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.run import Run

_REPLAY = """\
import json, sys, requests
url, recorded = sys.argv[1:]
for method, path, body, headers in json.load(open(recorded)):
    try:
        requests.request(method, url + path, data=body.encode("latin-1"), headers=headers)
    except requests.RequestException:
        pass
"""
_EMPTY = "def test_nothing():\n    pass\n"


def conformance_suite(folder: Path, rounds: int) -> Iterator[Row]:
    """The suite without portable plugins, and the start of pytest with its plugin."""
    serve = [sys.executable, "-m", "kuiper_pack", "serve", "--port", "0"]
    recorded = folder / "recorded.json"
    with (
        process([*serve, "--data", folder / "judged"]) as (_, judged),
        process([*serve, "--data", folder / "replayed"]) as (_, replayed),
        Run(Options(f"http://127.0.0.1:{replayed}")) as kept,  # its packages are there till the end
    ):
        requests = _record(kept)
        recorded.write_text(json.dumps(requests))
        given = [
            "-p",
            "no:cacheprovider",
            "-k",
            "not portable and not rules",
            f"--rootdir={folder}",
            "-q",
        ]
        url = f"--kuiper-url=http://127.0.0.1:{judged}"
        pytest = [sys.executable, "-m", "pytest", "-p", "kuiper_pack.pytest_plugin"]
        ours: Command = [*pytest, "--pyargs", "kuiper_pack.conformance", url, *given]
        alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        bare: Command = [sys.executable, "-c", _REPLAY, f"http://127.0.0.1:{replayed}", recorded]
        seconds = _pair(partial(run, ours, alone), partial(run, bare), rounds)
    yield _row("the suite without portables", seconds, f"{len(requests)} requests bare", "1.3")
    (folder / "test_nothing.py").write_text(_EMPTY)
    start: Command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder]
    without = [*start, "-p", "no:kuiper_pack.pytest_plugin"]
    seconds = _pair(partial(run, start), partial(run, without), 5 * rounds)
    more = 1000 * (seconds[0] - seconds[1])
    yield "pytest that does not use it", f"{more:.0f} ms more", f"{seconds[1]:.2f} s", "", "20 ms"


def _record(kept: Run) -> list[tuple[str, str, str, dict[str, str]]]:
    """Every request of the clauses, as they are judged on a server."""
    found = []
    send: Callable[..., Answer] = kept.client.send

    def sent(method: str, path: str, **given: Any) -> Answer:
        body = given.get("body") or b""
        found.append((method, path, body.decode("latin-1"), dict(given.get("headers") or {})))
        return send(method, path, **given)

    kept.client.send = sent  # type: ignore[method-assign]
    kept.judge_all(
        {
            clause: partial(function, kept.server)
            for clause, function in clauses().items()
            if _is_measured(clause)
        }
    )
    kept.client.send = send  # type: ignore[method-assign]
    return found


def _is_measured(clause: Clause) -> bool:
    return "portable" not in clause.id and "rules" not in clause.id


def _pair(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int
) -> tuple[float, float]:
    """Medians in seconds of both, which are run alternately."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for act, taken in zip((ours, theirs), times, strict=True):
            begun = time.perf_counter()
            act()
            if turn:
                taken.append(time.perf_counter() - begun)
    return median(times[0]), median(times[1])


def _row(what: str, seconds: tuple[float, float], against: str, aim: str) -> Row:
    ours, theirs = seconds
    return what, f"{ours:.2f} s", f"{against}: {theirs:.2f} s", f"{ours / theirs:.2f}", aim
