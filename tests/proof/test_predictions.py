"""The planner says of every generated package what real servers do with it."""

import json
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import package_of_bytes
from kuiper_pack.planner import Prediction, Request, predict
from kuiper_pack.planner.folders import Folders
from kuiper_pack.profiles import Release
from tests.proof.artifacts import artifact_server
from tests.proof.ledger import KEPT, Ledger, Row, this_commit, write_table
from tests.proof.packages import KINDS, Case, cases, corners
from tests.proof.real_servers import VARIABLE, Build, RealServer, builds
from tests.proof.worlds import assumptions, program_starts

PACKAGES = 400
SEED = "2026"
_AT_ONCE = 2
_FOLDERS = Folders()
_BASE = "/kuiper"
_COLUMNS = ("release", "kind", "packages", "installed", "refused", "no answer", "agree", "differ")
_TEXT = """
Generated packages, each installed on a fresh real server and predicted by the planner. Compared are
the status, the text, and the files and empty folders that are there afterwards. Only the folders of
the server are put in place of its own; the planner is told the Go version of the build and, where a
shared object is none, a script is broken or a program does not start, the words that the system
finds for it.

To repeat it, describe your servers in a file as `tests/proof/real_servers.py` says and run
`KUIPER_PACK_SERVERS=servers.toml tox -e proof -- tests/proof/test_predictions.py`.
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a server said, and what was there before and after, with our folders for its own."""

    status: int | None
    text: str
    before: frozenset[str]
    after: frozenset[str]


@pytest.mark.proof
@pytest.mark.skipif(not builds(), reason=f"{VARIABLE} names no description of real servers")
@pytest.mark.parametrize("build", builds(), ids=[build.release.text for build in builds()])
def test_predictions_come_true(build: Build, tmp_path: Path) -> None:
    ledger = Ledger.of_this_commit(_ledger_name(build.release))
    with artifact_server(tmp_path) as url, ThreadPoolExecutor(_AT_ONCE) as pool:
        rows = list(
            pool.map(
                lambda case: ledger.once(case.key, partial(judge, build, case, tmp_path, url)),
                cases_of(build, PACKAGES),
            )
        )
    _write_table()
    differences = {f"{row['key']} {row['what']}": row["differ"] for row in rows if row["differ"]}
    assert differences == {}


def cases_of(build: Build, count: int) -> list[Case]:
    """The packages for a release, with names that no other release's plugins have."""
    kinds = KINDS if build.facts.portable else KINDS[:3]
    stem = "p" + "".join(character for character in build.release.text if character.isalnum())
    return [*cases(kinds, count, SEED, stem), *corners(kinds, SEED, stem)]


def judge(build: Build, case: Case, folder: Path, url: str) -> Row:
    """Install a package and compare."""
    python = str(build.python or "")
    archive = case.archive(build.shared_object(case.kind), python)
    seen, request = install(build, case, archive, folder, url)
    prediction = predicted(build, case, archive, request, message_of(seen.text))
    return {
        "key": case.key,
        "kind": case.kind.value,
        "what": ", ".join(case.what),
        "outcome": "no answer" if seen.status is None else str(seen.status // 100),
        "differ": difference(seen, prediction) if prediction else "",
    }


def install(
    build: Build, case: Case, archive: bytes, folder: Path, url: str
) -> tuple[Seen, Request]:
    """Install a package on a fresh server."""
    file_name = f"{case.key.replace(' ', '-')}.zip"
    with RealServer(build, 20 if program_starts(case) else 2) as server:
        if case.scheme == "http" or not build.facts.file_urls:
            path = folder / f"{build.release.text}-{file_name}"
            path.write_bytes(archive)
            file = f"{url}/{path.name}"
        else:
            file = server.file_url(file_name, archive)
        file = _address(case, file)
        seen = ask(server, case.kind, case.body | {"file": file})
        ours = file.replace(str(server.base), _BASE)
    return seen, Request(case.name, ours, case.functions, case.shell_paras)


def ask(server: RealServer, kind: Kind, body: dict[str, object]) -> Seen:
    """Send a create request and look at what it does, with our folders for the server's."""
    before = server.listing()
    status, text = server.request("POST", f"/plugins/{kind.plural}", body)
    after = server.listing()
    text = text.replace(str(server.base), _BASE)
    return Seen(status, text, _ours(before), _ours(after))


def _address(case: Case, url: str) -> str:
    folder, _, file = url.rpartition("/")
    return case.address.format(url=url, folder=folder, file=file)


def predicted(
    build: Build, case: Case, archive: bytes, request: Request, message: str
) -> Prediction | None:
    """The planner's answer; None for what is no package at all."""
    try:
        package = package_of_bytes(archive, kind=case.kind, name=case.name)
    except KuiperPackError:
        return None
    return predict(package, build.release, request, assume=assumptions(build, case, message))


def difference(seen: Seen, prediction: Prediction) -> str:
    """What was seen and not predicted, or the other way round; "" where all is the same."""
    found: list[str] = []
    text = _FOLDERS.shown(seen.text)
    if seen.status != prediction.status:
        found.append(f"status {seen.status} not {prediction.status}: {text}")
    if text != prediction.text:
        found.append(f"text {text!r} not {prediction.text!r}")
    added = set(seen.after - seen.before)
    planned = set(prediction.left)
    if seen.status is not None and seen.status < 300:
        added = {path for path in added if not path.endswith("/")}
        planned = set(prediction.writes)
    if added - planned:
        found.append(f"unforeseen {sorted(added - planned)}")
    if planned - seen.after:
        found.append(f"not there {sorted(planned - seen.after)}")
    return "; ".join(found)


def _ours(listing: frozenset[str]) -> frozenset[str]:
    return frozenset(_FOLDERS.shown(f"{_BASE}/{path}") for path in listing)


def message_of(text: str) -> str:
    """The words of a refusal, out of the JSON around them."""
    _, found, rest = text.partition('"message":')
    if not found:
        return text.removesuffix("\n")
    quoted = rest.removesuffix("}\n")
    try:
        return str(json.loads(quoted, strict=False))
    except ValueError:
        return quoted[1:-1]


def _known(release: Release) -> Iterable[Row]:
    return Ledger(KEPT / f"{_ledger_name(release)}@{this_commit()}.jsonl").rows.values()


def _ledger_name(release: Release) -> str:
    return f"predictions-{release.text}"


def _write_table() -> None:
    """Write what is known so far; the release that is done last writes all."""
    rows: list[Row] = []
    for build in builds():
        known = list(_known(build.release))
        for kind in KINDS:
            of_kind = [row for row in known if row["kind"] == kind.value]
            if of_kind:
                rows.append(_summary(build.release.text, kind.value, of_kind))
    write_table("predictions", "Predictions and real servers", _TEXT, _COLUMNS, rows)


def _summary(release: str, kind: str, rows: list[Row]) -> Row:
    outcomes = Counter(row["outcome"] for row in rows)
    differ = sum(bool(row["differ"]) for row in rows)
    return {
        "release": release,
        "kind": kind,
        "packages": len(rows),
        "installed": outcomes["2"],
        "refused": outcomes["4"],
        "no answer": outcomes["no answer"],
        "agree": len(rows) - differ,
        "differ": differ,
    }
