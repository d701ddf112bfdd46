"""Tiny servers that share nothing with ours get exactly the verdicts that they deserve."""

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import ids, judge
from tests.suite.miniatures import Cabinet, Shelf
from tests.suite.web import web


def blocked(run: Run) -> dict[str | None, set[str]]:
    """The blocked clauses by what blocks them."""
    found: defaultdict[str | None, set[str]] = defaultdict(set)
    for name in ids(run, Verdict.BLOCKED):
        found[run.results[name].blocked_by].add(name)
    return dict(found)


def test_a_server_of_sources_and_sinks_only() -> None:
    class Bound(Shelf):
        plugins = {"sources": {}, "sinks": {}}  # noqa: RUF012

    with web(Bound) as url:
        run = judge(url)
    assert ids(run, Verdict.FAILED) == {
        "native.list.types",
        "native.create.status",
        "native.create.zip-suffix",
        "native.create.bad-name",
        "native.create.error-body",
        "native.describe.unknown-404",
        "native.describe.bad-name",
        "native.drop.says-restart",
        "native.drop.unknown-404",
        "native.update.accepted",
        "native.download.bad-request",
        "native.package.parameters-without-script",
        "native.package.two-shared-objects",
        "http.batch",
        "http.ping",
        "http.root",
        "http.unknown-path",
    }
    assert blocked(run) == {
        "native.create.error-body": {"http.error.quotes"},
        "http.unknown-path": {"security.names"},
        "native.package.two-shared-objects": {"native.package.predicted"},
        "native.list.types": {
            "native.concurrent.functions",
            "native.download.failed-functions",
            "native.create.same-name-other-type",
            "native.describe.functions",
            "native.udfs.array",
            "native.udfs.listed",
            "native.udfs.plugin",
            "native.udfs.implicit",
            "native.udfs.unknown",
            "native.udfs.unknown-404",
            "native.udfs.unique",
            "native.udfs.dropped",
            "native.register.accepted",
            "native.register.replaces",
            "native.register.unknown",
            "native.register.malformed-json",
            "native.register.empty-list",
            "native.register.unique",
        },
        "native.update.accepted": {
            "native.model",
            "native.update.version",
            "native.update.unknown",
            "native.update.unknown-404",
            "native.update.malformed-json",
            "native.update.refused-changes-nothing",
        },
    }
    assert ids(run, Verdict.PASSED) == {
        "native.create.accepted",
        "native.create.duplicate-name",
        "native.create.capital-file",
        "native.create.malformed-json",
        "native.create.no-name",
        "native.create.no-file",
        "native.create.unknown-scheme",
        "native.create.missing-package",
        "native.create.not-a-zip",
        "native.create.no-shared-object",
        "native.create.source-without-configuration",
        "native.create.other-file-name",
        "native.create.other-files",
        "native.create.answer-to-odd-name",
        "native.describe.members",
        "native.describe.version-without-v",
        "native.describe.any-version",
        "native.describe.no-version",
        "native.describe.unknown",
        "native.list.array",
        "native.list.content-type",
        "native.list.installed",
        "native.list.own-type",
        "native.list.dropped",
        "native.drop.accepted",
        "native.drop.others-stay",
        "native.drop.unknown",
        "native.drop.create-again",
        "native.concurrent.one-name",
        "native.concurrent.names",
        "native.concurrent.list",
        "native.concurrent.drop",
        "native.download.status",
        "native.download.broken-off",
        "native.download.page",
        "native.download.redirect",
        "native.download.redirect-loop",
        "native.download.slow",
        "native.download.failed-then-good",
        "native.package.configuration-in-a-folder",
        "native.package.cut-off",
        "native.package.drawn-bad",
        "native.package.drawn-good",
        "native.package.empty-zip",
        "native.package.etc",
        "native.package.in-a-folder",
        "native.package.other-case",
        "native.package.other-configuration-name",
        "native.package.refused-then-good",
        "http.body.any-type",
        "http.body.deep",
        "http.body.huge",
        "http.body.no-text",
        "http.body.other-members",
        "http.body.wrong-types",
        "http.escaped-letters",
        "http.json-type",
        "http.malformed",
        "http.names.long",
        "http.names.other-scripts",
        "http.unknown-method",
        "prebuild.answer",
        "prebuild.object",
        "prebuild.route",
        "prebuild.type",
        "prebuild.zip",
        "security.markup",
    }
    assert "functions are not listed" in run.discovery.notes
    assert run.residue == []


def test_a_server_by_the_letter_in_another_design() -> None:
    class Bound(Cabinet):
        records = ()

    with web(Bound) as url:
        run = judge(url, restart=Bound.restart, reading="documented")
    assert ids(run, Verdict.FAILED) == {
        "native.create.status",
        "native.create.zip-suffix",
        "native.create.error-body",
        "native.describe.bad-name",
        "native.drop.says-restart",
        "native.udfs.implicit",
        "native.register.empty-list",
        "native.download.bad-request",
        "native.package.parameters-without-script",
        "native.package.two-shared-objects",
        "http.batch",
        "http.ping",
        "http.root",
        "prebuild.route",
    }
    assert blocked(run) == {
        "native.create.error-body": {"http.error.quotes"},
        "native.package.two-shared-objects": {"native.package.predicted"},
    }
    assert {one for one in run.results if one.startswith("native.restart.")} <= ids(
        run, Verdict.PASSED
    )
    assert run.residue == []


@pytest.mark.parametrize("table", ["known-failure", "excluded"])
def test_an_implementer_who_says_what_is_missing_is_told_nothing_else(
    table: str, tmp_path: Path
) -> None:
    class Bound(Shelf):
        plugins = {"sources": {}, "sinks": {}}  # noqa: RUF012

    (tmp_path / "known.toml").write_text(
        f'[[{table}]]\nclause = "native.list.types"\nreason = "no functions"\n'
        f'[[{table}]]\nclause = "native.update.accepted"\nreason = "not yet"\n'
    )
    with web(Bound) as url:
        command = [sys.executable, "-m", "kuiper_pack", "conformance", url]
        ran = subprocess.run(
            [*command, "--expectations", "known.toml"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert ran.returncode == 0, ran.stdout
