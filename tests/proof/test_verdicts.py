"""Real servers are judged: nothing fails that is not shown to be a defect of the release itself."""

import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kuiper_pack.server.manners import manners
from kuiper_pack.suite.causes import CAUSES
from kuiper_pack.suite.clause import SCRIPTS, STOP, Clause
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict
from tests.proof.ledger import KEPT, Ledger, Row, table, this_commit, write_table
from tests.proof.real_servers import OPEN, VARIABLE, Build, RealServer, builds
from tests.suite.judging import clauses, ids, judge

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
The clauses, restarts, stops and scripts included, against real servers on loopback, each of which
really loads what is installed where its release does. "As shipped" keeps the settings of the
release; "open" allows packages from private addresses and from any folder, "uploads only" forbids
both where the release can; "with tokens" lets nobody in without one. No clause may fail, whether it
is documented or only leaned on, but for known defects: what the release itself breaks. They are
named in the last column, and explained below; what stands on one is blocked. After each run every
plugin, stream, rule and file of the run was gone, and what had been there was there.
"""
_DEFECTS = """
## The known defects

What releases of eKuiper break themselves, by their source and as these servers did; a commit is one
of eKuiper, a letter with a number a case of its REST API. A server of another make that does the
same fails.

"""


@dataclass(frozen=True, slots=True)
class Mode:
    """Settings of a server, and how packages are to reach it."""

    name: str
    settings: Mapping[str, object]
    tokens: bool = False


SHIPPED = Mode("as shipped", {})
GUARDS = (
    Mode("open", OPEN),
    Mode("uploads only", {"basic.allowExternalFileAccess": False}),
)
TOKENS = Mode("with tokens", {"basic.authentication": True}, tokens=True)


def modes(build: Build) -> tuple[Mode, ...]:
    """The ways in which a release can be set up."""
    guards = GUARDS if build.facts.guards_network else ()
    return (SHIPPED, *guards, *((TOKENS,) if manners(build.release).tokens else ()))


CASES = [(build, mode) for build in builds() for mode in modes(build)]


@pytest.mark.proof
@pytest.mark.skipif(not builds(), reason=f"{VARIABLE} names no description of real servers")
@pytest.mark.parametrize(
    ("build", "mode"), CASES, ids=[f"{build.release}-{mode.name}" for build, mode in CASES]
)
def test_a_real_server_fails_nothing_but_its_known_defects(
    build: Build, mode: Mode, tmp_path: Path
) -> None:
    ledger = Ledger.of_this_commit("verdicts")
    row = ledger.once(_key(build, mode), partial(_judged, build, mode, tmp_path))
    _write_table()
    assert (row["failed"], row["unexplained"], row["residue"]) == (0, "", ""), row["which"]


def test_each_known_defect_is_explained() -> None:
    assert [one.id for one in clauses() if one.defect_in and not _bugs(one)] == []


def _key(build: Build, mode: Mode) -> str:
    return f"{build.release}, {mode.name}"


def _judged(build: Build, mode: Mode, folder: Path) -> Row:
    build, token = _with_key(build, folder) if mode.tokens else (build, None)
    with RealServer(build, settings=mode.settings) as server:
        run = judge(
            f"http://127.0.0.1:{server.port}",
            restart=server.restart,
            native=build.native,
            allow=frozenset({STOP, SCRIPTS}),
            level="should",
            token=token,
        )
    counts = Counter(result.verdict for result in run.results.values())
    return {
        "server": _key(build, mode),
        "packages by": str(run.discovery.delivery),
        "passed": counts[Verdict.PASSED],
        "failed": counts[Verdict.FAILED],
        "blocked": counts[Verdict.BLOCKED],
        "unexplained": ", ".join(_blocked_by_something_else(run)),
        "known defects": counts[Verdict.KNOWN_DEFECT],
        "choices": counts[Verdict.CHOICE],
        "not applicable": counts[Verdict.NOT_APPLICABLE],
        "which": ", ".join(_named(run, Verdict.KNOWN_DEFECT, Verdict.FAILED, Verdict.BLOCKED)),
        "residue": "; ".join(run.residue),
    }


def _blocked_by_something_else(run: Run) -> list[str]:
    """The clauses that are blocked, though not by a known defect."""
    known = ids(run, Verdict.KNOWN_DEFECT)
    blocked = ids(run, Verdict.BLOCKED)
    return sorted(name for name in blocked if run.results[name].blocked_by not in known)


def _with_key(build: Build, folder: Path) -> tuple[Build, str]:
    """The server with a key in its settings, and a token that it signed."""
    key = generate_private_key(65537, 2048)
    etc = shutil.copytree(build.etc, folder / "etc")
    (etc / "mgmt").mkdir(exist_ok=True)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (etc / "mgmt" / "ours.pub").write_bytes(public)
    token = jwt.encode({"iss": "ours.pub", "aud": "eKuiper"}, key, "RS256")
    return replace(build, etc=etc), token


def _named(run: Run, *verdicts: Verdict) -> list[str]:
    return [
        name if result.verdict is Verdict.KNOWN_DEFECT else f"{name} ({result.reason})"
        for name, result in run.results.items()
        if result.verdict in verdicts
    ]


def _write_table() -> None:
    kept = Ledger(KEPT / f"verdicts@{this_commit()}.jsonl").rows
    rows = [kept[key] for key in (_key(*case) for case in CASES) if key in kept]
    write_table(
        "verdicts", "Verdicts on real servers", _TEXT, _COLUMNS, rows, appendix=_known_defects()
    )


def _known_defects() -> str:
    rows = [
        {
            "clause": one.id,
            "level": one.level.name,
            "releases": f"{since} {f'until before {until}' if until else 'to this day'}",
            "what they do": "; ".join(_bugs(one)),
        }
        for one in clauses()
        if one.defect_in
        for since, until in [one.defect_in]
    ]
    return _DEFECTS.lstrip() + table(("clause", "level", "releases", "what they do"), rows)


def _bugs(clause: Clause) -> list[str]:
    """What is known of the bugs in which releases break a clause, each with its source."""
    return [f"{cause.bug} ({cause.source})" for cause in CAUSES if clause.id in cause.clauses]
