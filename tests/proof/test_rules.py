"""Where a rule says error for a release, that release refuses the package or breaks on it."""

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.rules.catalogue import ours
from kuiper_pack.rules.finding import Severity
from kuiper_pack.rules.target import Target
from tests.proof.artifacts import artifact_server
from tests.proof.ledger import KEPT, Ledger, Row, this_commit, write_table
from tests.proof.real_servers import VARIABLE, Build, RealServer, builds, flows
from tests.proof.rule_packages import Pair, archive_of, pairs, plugin_of
from tests.rules.rule_cases import CASES, findings

_COMPILED = "its packages are made without Go here, and compiled in test_go_rules.py"
OWN = {
    "KPZ04": "about what kuiper-pack reads, not about servers",
    **dict.fromkeys(
        ("KPY01", "KPY02", "KPY03", "KPY07", "KPY09", "KPY11", "KPY12", "KPY13", "KPS13"), _COMPILED
    ),
    **dict.fromkeys(("KPS09", "KPS10", "KPS11"), "about images, which nothing here is"),
}
"""Rules whose errors no server can show, and why."""
AT_RUN_TIME = {
    "KPN06": "source",
    "KPC04": "configuration",
    "KPC06": "configuration",
    "KPC09": "source",
    "KPP12": "function",
    "KPP13": "function",
    "KPP26": "function",
}
"""Rules about plugins that install, with some releases at least, and what of them is tried then."""
_EMPTY = "empty configuration"
_PATIENCE = 20.0
_IMPATIENCE = 5.0
"""How long, in seconds, to wait for a rule to run that should, and for one that should not."""
_PAUSE = 0.05
_TEXT = """
Every rule that says *error* for a release, held to that release: the package that fails the rule
and the one that passes it, from `tests/rules`, are installed on a real server, filled with shared
objects that load and programs that start. *refuses*: it does not install the failing package.
*breaks*: it does, and then a rule on the server that uses the plugin does not run, or the source
runs without its configuration. In both cases it takes the passing package, and where the other one
breaks, this one works. A dash: the rule has no error for that release.

To repeat it, describe your servers in a file as `tests/proof/real_servers.py` says and run
`KUIPER_PACK_SERVERS=servers.toml tox -e proof -- tests/proof/test_rules.py`.
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a package: ``taken``, ``refuses`` or ``breaks``, and the words for it."""

    what: str
    words: str


@pytest.mark.proof
@pytest.mark.skipif(not builds(), reason=f"{VARIABLE} names no description of real servers")
@pytest.mark.parametrize("build", builds(), ids=[build.release.text for build in builds()])
def test_errors_are_true(build: Build, tmp_path: Path) -> None:
    ledger = Ledger.of_this_commit(_ledger_name(build))
    with artifact_server(tmp_path) as url:
        rows = [
            ledger.once(code, partial(_judge, build, code, pair, tmp_path, url))
            for code, pair in sorted(pairs(build).items())
            if code not in OWN and _is_error(code, pair.bad, build)
        ]
    _write_table()
    assert {row["key"]: row["differ"] for row in rows if row["differ"]} == {}


@pytest.mark.parametrize("code", OWN)
def test_what_no_server_can_show_is_a_rule(code: str) -> None:
    assert code in {rule.code for rule in ours()}
    assert len(OWN[code]) > 10


def _is_error(code: str, package: Package, build: Build) -> bool:
    case = CASES[code]
    target = Target([build.release], image=case.image, arch=case.arch, request=case.request)
    return any(
        one.rule == code and one.severity is Severity.ERROR for one in findings(package, target)
    )


def _is_sound(code: str, package: Package, build: Build) -> bool:
    case = CASES[code]
    target = Target([build.release], image=case.image, arch=case.arch, request=case.good_request)
    return not any(one.severity is Severity.ERROR for one in findings(package, target))


def _judge(build: Build, code: str, pair: Pair, folder: Path, url: str) -> Row:
    bad = _try(build, code, pair.bad, folder, url, failing=True)
    good = Seen("", "")
    if _is_sound(code, pair.good, build):
        good = _try(build, code, pair.good, folder, url, failing=False)
    differ = ""
    if bad.what == "taken":
        differ = f"the failing package is taken: {bad.words}"
    elif good.what not in ("taken", ""):
        differ = f"the passing package is not taken: {good.words}"
    return {"key": code, "bad": bad.what, "good": good.what, "words": bad.words, "differ": differ}


def _try(
    build: Build, code: str, package: Package, folder: Path, url: str, *, failing: bool
) -> Seen:
    """Install a package on a fresh server and, where that is the question, use the plugin."""
    case = CASES[code]
    request = case.request if failing else case.good_request
    body: dict[str, object] = {"name": package.name}
    if request is not None and request.shell_paras:
        body["shellParas"] = request.shell_paras
    archive = archive_of(package, build)
    with RealServer(build, 3 if failing else 20) as server:
        if build.facts.file_urls:
            body["file"] = server.file_url("package.zip", archive)
        else:
            (folder / f"{code}.zip").write_bytes(archive)
            body["file"] = f"{url}/{code}.zip"
        route = package.kind.plural if package.kind is not None else "wasm"
        status, text = server.request("POST", f"/plugins/{route}", body)
        if status is None or status >= 300:
            return Seen("refuses", f"{status} {text}".strip())
        probe = AT_RUN_TIME.get(code)
        if probe is None:
            return Seen("taken", text)
        within = _IMPATIENCE if failing else _PATIENCE
        return _use(server, build, package, probe, within)


def _use(server: RealServer, build: Build, package: Package, probe: str, within: float) -> Seen:
    """Whether a rule that uses the plugin runs, or its configuration is read."""
    source, field = package.name, "*"
    if probe == "function":
        source, field = plugin_of(build, Kind.SOURCE), "echo(1) AS x"
        helper = Package.of(
            {f"{source}.so": build.shared_object(Kind.SOURCE), f"{source}.yaml": b"default: {}\n"},
            kind=Kind.SOURCE,
            name=source,
        )
        file = server.file_url("helper.zip", archive_of(helper, build))
        status, text = server.request("POST", "/plugins/sources", {"name": source, "file": file})
        assert status == 201, text
    sql = f'CREATE STREAM demo () WITH (DATASOURCE="x", FORMAT="JSON", TYPE="{source}")'
    status, text = server.request("POST", "/streams", {"sql": sql})
    if status is None or status >= 300:
        return Seen("breaks", text)
    rule = {"id": "r1", "sql": f"SELECT {field} FROM demo", "actions": [{"log": {}}]}
    status, text = server.request("POST", "/rules", rule)
    if status is None or status >= 300:
        return Seen("breaks", text)
    end = time.monotonic() + within
    while time.monotonic() < end:
        status, text = server.request("GET", "/rules/r1/status")
        if probe == "configuration" and _EMPTY in _log(server):
            return Seen("breaks", _EMPTY)
        if flows(text):
            return Seen("taken", text)
        time.sleep(_PAUSE)
    return Seen("breaks", text)


def _log(server: RealServer) -> str:
    return "".join(
        path.read_text(encoding="utf-8", errors="replace")
        for path in (server.base / "log").iterdir()
        if path.is_file()
    )


def _ledger_name(build: Build) -> str:
    return f"rules-{build.release.text}"


def _write_table() -> None:
    """Write what is known so far; the release that is done last writes all."""
    known = {
        build.release.text: Ledger(KEPT / f"{_ledger_name(build)}@{this_commit()}.jsonl").rows
        for build in builds()
    }
    rows: list[Row] = []
    for rule in ours():
        cells = {
            release: _cell(found[rule.code]) if rule.code in found else "–"
            for release, found in known.items()
        }
        if set(cells.values()) != {"–"}:
            rows.append({"rule": rule.code, "what": rule.title, **cells})
    write_table("rules", "Errors and real servers", _TEXT, ("rule", "what", *known), rows)


def _cell(row: Row) -> str:
    return f"**{row['differ']}**" if row["differ"] else str(row["bad"])
