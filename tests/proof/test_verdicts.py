"""Real servers are judged: nothing fails that is not shown to be a defect of the release itself."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import pytest

from kuiper_pack.suite.clause import STOP
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict
from tests.proof.ledger import KEPT, Ledger, Row, this_commit, write_table
from tests.proof.real_servers import OPEN, VARIABLE, Build, RealServer, builds
from tests.suite.judging import judge

_COLUMNS = (
    "server",
    "packages by",
    "passed",
    "failed",
    "blocked",
    "known defects",
    "choices",
    "not applicable",
    "which",
)
_TEXT = """
The clauses, restarts included, against real servers on loopback. "As shipped" keeps the settings of
the release; "open" allows packages from private addresses and from any folder, "uploads only"
forbids both where the release can. The last column names the known defects: what the release itself
breaks, as the page of each clause says (`kuiper-pack explain ID`). After each run every plugin and
file of the run was gone, and what had been there was there.
"""


@dataclass(frozen=True, slots=True)
class Mode:
    """Settings of a server, and how packages are to reach it."""

    name: str
    settings: Mapping[str, object]


SHIPPED = Mode("as shipped", {})
MODES = (
    Mode("open", OPEN),
    Mode("uploads only", {"basic.allowExternalFileAccess": False}),
)
CASES = [
    (build, mode)
    for build in builds()
    for mode in (SHIPPED, *(MODES if build.facts.guards_network else ()))
]


@pytest.mark.proof
@pytest.mark.skipif(not builds(), reason=f"{VARIABLE} names no description of real servers")
@pytest.mark.parametrize(
    ("build", "mode"), CASES, ids=[f"{build.release}-{mode.name}" for build, mode in CASES]
)
def test_a_real_server_fails_nothing_but_its_known_defects(build: Build, mode: Mode) -> None:
    ledger = Ledger.of_this_commit("verdicts")
    row = ledger.once(_key(build, mode), partial(_judged, build, mode))
    _write_table()
    assert (row["failed"], row["blocked"], row["residue"]) == (0, 0, ""), row["which"]


def _key(build: Build, mode: Mode) -> str:
    return f"{build.release}, {mode.name}"


def _judged(build: Build, mode: Mode) -> Row:
    with RealServer(build, settings=mode.settings) as server:
        run = judge(
            f"http://127.0.0.1:{server.port}",
            restart=server.restart,
            native=str(build.ready) if build.ready else "auto",
            allow=frozenset({STOP}),
            level="should",
        )
    counts = Counter(result.verdict for result in run.results.values())
    return {
        "server": _key(build, mode),
        "packages by": str(run.discovery.delivery),
        "passed": counts[Verdict.PASSED],
        "failed": counts[Verdict.FAILED],
        "blocked": counts[Verdict.BLOCKED],
        "known defects": counts[Verdict.KNOWN_DEFECT],
        "choices": counts[Verdict.CHOICE],
        "not applicable": counts[Verdict.NOT_APPLICABLE],
        "which": ", ".join(_named(run, Verdict.KNOWN_DEFECT, Verdict.FAILED, Verdict.BLOCKED)),
        "residue": "; ".join(run.residue),
    }


def _named(run: Run, *verdicts: Verdict) -> list[str]:
    return [
        name if result.verdict is Verdict.KNOWN_DEFECT else f"{name} ({result.reason})"
        for name, result in run.results.items()
        if result.verdict in verdicts
    ]


def _write_table() -> None:
    kept = Ledger(KEPT / f"verdicts@{this_commit()}.jsonl").rows
    rows = [kept[key] for key in (_key(*case) for case in CASES) if key in kept]
    write_table("verdicts", "Verdicts on real servers", _TEXT, _COLUMNS, rows)
