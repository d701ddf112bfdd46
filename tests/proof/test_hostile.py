"""The planner says of every hostile archive what real servers do with it."""

import re
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner import Assumptions, Request, predict
from kuiper_pack.planner.steps import Failure, ScriptResult
from tests.hostile import contents, documents, ends
from tests.hostile.archives import dangers
from tests.hostile.danger import Hostile
from tests.proof.artifacts import artifact_server
from tests.proof.ledger import KEPT, Ledger, Row, this_commit, write_table
from tests.proof.real_servers import VARIABLE, Build, RealServer, builds
from tests.proof.test_predictions import ask, difference, message_of

LEFT_OUT = (contents.bombs, documents.scripts, ends.overlaps)
"""What would fill the disk, or be run by the server."""
_HIGHEST = b"../" * 4
"""What climbs further could leave the folder of the server."""
_OPENED = re.compile(r"cannot open \S+: (.*)", re.DOTALL)
_STARTED = re.compile(
    r"fail to install plugin: (plugin .* (?:stops with|control handshake).*"
    r"|can't create new control channel.*address in use.*)",
    re.DOTALL,
)
_COLUMNS = ("release", "archives", "installed", "refused", "no answer", "agree", "differ")
_TEXT = """
The hostile archives of `tests/hostile`, but for bombs, scripts and what climbs far, each installed
on a fresh real server and predicted by the planner. Compared are the status, the text, and the
files and empty folders that are there afterwards. Their shared objects are none and their programs
do not start: the planner is told the words for that, as far as a server comes so far.

To repeat it, describe your servers in a file as `tests/proof/real_servers.py` says and run
`KUIPER_PACK_SERVERS=servers.toml tox -e proof -- tests/proof/test_hostile.py`.
"""


@pytest.mark.proof
@pytest.mark.skipif(not builds(), reason=f"{VARIABLE} names no description of real servers")
def test_predictions_of_hostile_archives_come_true(tmp_path: Path) -> None:
    differences = {}
    with artifact_server(tmp_path) as url:
        for build in builds():  # one after the other: a portable's socket has a place of its own
            ledger = Ledger.of_this_commit(_ledger_name(build))
            for hostile in archives(build):
                row = ledger.once(hostile.name, partial(judge, build, hostile, tmp_path, url))
                if row["differ"]:
                    differences[build.release.text, hostile.name] = row["differ"]
    _write_table()
    assert differences == {}


def archives(build: Build) -> list[Hostile]:
    """The archives that a server can be asked about."""
    return [
        hostile
        for danger in dangers()
        if danger not in LEFT_OUT
        for hostile in danger()
        if _HIGHEST not in hostile.data
        and (build.facts.portable or hostile.kind is not Kind.PORTABLE)
    ]


def judge(build: Build, hostile: Hostile, folder: Path, url: str) -> Row:
    """Install an archive and compare."""
    with RealServer(build, 2) as server:
        if build.facts.file_urls:
            file = server.file_url("hostile.zip", hostile.data)
        else:
            (folder / "hostile.zip").write_bytes(hostile.data)
            file = f"{url}/hostile.zip"
        seen = ask(server, hostile.kind, {"name": hostile.plugin, "file": file})
        request = Request(hostile.plugin, file.replace(str(server.base), "/kuiper"))
    outcome = "no answer" if seen.status is None else str(seen.status // 100)
    try:
        package = hostile.package()
    except KuiperPackError:
        return {"outcome": outcome, "differ": ""}
    message = message_of(seen.text)
    assume = Assumptions(
        open=_words(_OPENED, message),
        start=_words(_STARTED, message),
        script=ScriptResult(),
        go=build.go,
    )
    prediction = predict(package, build.release, request, assume=assume)
    return {"outcome": outcome, "differ": difference(seen, prediction)}


def _words(pattern: re.Pattern[str], message: str) -> Failure | None:
    found = pattern.search(message)
    return Failure(found[1]) if found else None


def _ledger_name(build: Build) -> str:
    return f"hostile-{build.release.text}"


def _write_table() -> None:
    rows: list[Row] = []
    for build in builds():
        known = Ledger(KEPT / f"{_ledger_name(build)}@{this_commit()}.jsonl").rows.values()
        outcomes = Counter(row["outcome"] for row in known)
        differ = sum(bool(row["differ"]) for row in known)
        values = (
            build.release.text, len(known), outcomes["2"], outcomes["4"], outcomes["no answer"],
            len(known) - differ, differ,
        )  # fmt: skip
        rows.append(dict(zip(_COLUMNS, values, strict=True)))
    write_table("hostile", "Hostile archives and real servers", _TEXT, _COLUMNS, rows)
