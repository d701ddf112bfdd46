"""The formats for CI systems: valid by their schemas, whatever names and messages say."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import select
from kuiper_pack.rules.catalogue import catalogue
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.validation import Judgement, Verdict
from kuiper_pack.spelling import printable
from tests.report.readers import github, gitlab, junit, sarif, written

OLD, NEW = select(["2.0.0"]), select(["2.4.0"])
FINDINGS = (
    Finding("KPC01", Severity.ERROR, "no configuration", OLD + NEW, fix="add it"),
    Finding("KPC05", Severity.WARNING, "lost key", NEW, "random.yaml", 3, 5, 120),
    Finding("KPY05", Severity.NOTE, "list them", NEW, "a b/ü%.json"),
)
ZIP = Judgement(
    Path("dist/random-1.0.zip"), Verdict.INVALID, Kind.SOURCE, "random", "1.0", FINDINGS,
    releases=OLD + NEW,
)  # fmt: skip
FOLDER = Judgement(
    Path("random"), Verdict.INVALID, Kind.SOURCE, "random", "1.0", FINDINGS, releases=OLD + NEW,
    is_folder=True,
)  # fmt: skip
VALID = Judgement(Path("ok.zip"), Verdict.VALID, Kind.SINK, "ok", releases=NEW, passed=True)
NOTED = Judgement(
    Path("noted.zip"), Verdict.VALID, Kind.SINK, "noted", "", FINDINGS[2:], releases=NEW,
    passed=True,
)  # fmt: skip
UNREADABLE = Judgement(Path("no.zip"), Verdict.UNREADABLE, reason="no.zip: empty")
ALL = [ZIP, FOLDER, VALID, NOTED, UNREADABLE]


def test_sarif_tells_findings_of_zips_by_offset_and_of_folders_by_line() -> None:
    run = sarif([ZIP, FOLDER])
    in_zip, in_folder = run["results"][1], run["results"][4]
    assert in_zip["message"]["text"] == "random.yaml:3:5: lost key [2.4.0]"
    (location,) = in_zip["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "dist/random-1.0.zip", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1, "byteOffset": 120},
    }
    assert location["logicalLocations"] == [
        {
            "name": "random.yaml",
            "fullyQualifiedName": "dist/random-1.0.zip/random.yaml",
            "kind": "resource",
        }
    ]
    assert in_folder["message"]["text"] == "lost key [2.4.0]"
    assert in_folder["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "random/random.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 3, "startColumn": 5},
            }
        }
    ]


def test_sarif_describes_the_rules_that_found_something() -> None:
    run = sarif(ALL)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["KPC01", "KPC05", "KPY05", "unreadable"]
    assert rules[0]["shortDescription"]["text"].startswith("A source package has no")
    assert rules[0]["help"]["markdown"].startswith("# KPC01: ")
    assert [rule["defaultConfiguration"]["level"] for rule in rules[:2]] == ["error", "warning"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert [one["level"] for one in run["results"][:3]] == ["error", "warning", "note"]


def test_sarif_can_describe_every_rule() -> None:
    found = tuple(Finding(rule.code, rule.severity, "it", NEW) for rule in catalogue())
    run = sarif([Judgement(Path("a.zip"), Verdict.INVALID, findings=found)])
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["fullDescription"]["text"]
        assert "helpUri" not in rule


def test_sarif_names_the_packages_that_nothing_was_found_in() -> None:
    run = sarif([VALID])
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    (artifact,) = run["artifacts"]
    assert artifact["location"]["uri"] == "ok.zip"
    assert artifact["properties"]["verdict"] == "valid"


def test_sarif_paths_are_absolute_only_outside_of_the_current_folder() -> None:
    here, away = Path.cwd() / "a:b.zip", Path.cwd().parent / "c d.zip"
    run = sarif([Judgement(path, Verdict.VALID) for path in (here, away, Path())])
    uris = [artifact["location"]["uri"] for artifact in run["artifacts"]]
    assert uris == ["a%3Ab.zip", away.as_uri(), "."]


def test_a_message_with_a_link_or_a_placeholder_shows_none_in_sarif() -> None:
    finding = Finding("KPC01", Severity.ERROR, "[click](https://x.example) {0} {PLUGINS}", NEW)
    run = sarif([Judgement(Path("a.zip"), Verdict.INVALID, findings=(finding,))])
    text = run["results"][0]["message"]["text"]
    assert text == "[click] (https://x.example) {{0}} {PLUGINS} [2.4.0]"


def test_junit_has_a_case_for_each_package() -> None:
    cases = junit(ALL)
    assert [case.get("name") for case in cases] == [
        "dist/random-1.0.zip", "random", "ok.zip", "noted.zip", "no.zip",
    ]  # fmt: skip
    assert [child.tag for case in cases for child in case] == [
        "failure", "failure", "system-out", "system-out", "error",
    ]  # fmt: skip
    assert cases[0][0].get("message") == "1 error, 1 warning, 1 note"
    assert cases[0][0].text == written("text", [ZIP])
    root = ElementTree.fromstring(written("junit", ALL))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "2", "1")


def test_github_annotates_zips_and_the_files_of_folders() -> None:
    commands = github([ZIP, FOLDER, UNREADABLE])
    assert [name for name, _, _ in commands] == ["error", "warning", "notice"] * 2 + ["error"]
    assert commands[0][2] == "no configuration [2.0.0, 2.4.0]; fix: add it"
    assert commands[1][1:] == (
        {"title": "KPC05", "file": "dist/random-1.0.zip"},
        "random.yaml:3:5: lost key [2.4.0]",
    )
    assert commands[4][1:] == (
        {"title": "KPC05", "file": "random/random.yaml", "line": "3", "col": "5"},
        "lost key [2.4.0]",
    )
    assert commands[6][1:] == ({"title": "unreadable", "file": "no.zip"}, "no.zip: empty")


def test_github_escapes_what_would_end_a_command_or_begin_one() -> None:
    name = "a,b:c%\n::add-mask::x"
    finding = Finding("KPC01", Severity.ERROR, "100%0A\r\n::stop-commands::t", NEW, name, 1)
    for judgement in (
        Judgement(Path(name), Verdict.INVALID, findings=(finding,)),
        Judgement(Path("a"), Verdict.INVALID, findings=(finding,), is_folder=True),
    ):
        text = written("github", [judgement])
        assert text.count("\n") == 2
        assert text.startswith("::error ")
        ((_, parameters, message),) = github([judgement])
        assert parameters["file"].endswith(printable(name))
        assert printable("100%0A\r\n::stop-commands::t") in message


def test_gitlab_has_a_severity_for_each_of_ours() -> None:
    report = gitlab([FOLDER, VALID, UNREADABLE])
    assert [one["severity"] for one in report] == ["critical", "major", "info", "blocker"]
    assert report[1]["location"] == {"path": "random/random.yaml", "lines": {"begin": 3}}
    assert report[3]["check_name"] == "unreadable"
    assert gitlab([VALID]) == []


def fingerprints(judgements: list[Judgement]) -> list[str]:
    found = [one["fingerprint"] for one in gitlab(judgements)]
    results = [one["partialFingerprints"] for one in sarif(judgements)["results"]]
    assert [one["kuiperPack/v1"] for one in results] == found
    return found


def test_a_fingerprint_outlives_moved_lines_new_versions_and_new_servers() -> None:
    def at(version: str, line: int, servers: Any) -> list[str]:
        finding = Finding("KPC05", Severity.WARNING, "lost key", servers, "random.yaml", line)
        path = Path(f"dist/random-{version}-2.4.0-slim-amd64.zip")
        return fingerprints(
            [Judgement(path, Verdict.INVALID, Kind.SOURCE, "random", version, (finding,))]
        )

    assert at("1.0", 3, NEW) == at("1.1", 40, OLD + NEW)


def test_no_two_remarks_have_the_same_fingerprint() -> None:
    found = fingerprints([ZIP, ZIP, FOLDER, UNREADABLE, UNREADABLE])
    assert len(set(found)) == len(found) == 11


def test_a_crash_is_told_in_every_format() -> None:
    crash = KuiperPackError("a.zip: the rule KPC01 failed with ZeroDivisionError: by zero")
    judgement = Judgement(Path("a.zip"), Verdict.UNREADABLE, reason=str(crash), crash=crash)
    for name in ("text", "json", "sarif", "junit", "github", "gitlab"):
        assert "the rule KPC01 failed with ZeroDivisionError" in written(name, [judgement])
    assert sarif([judgement])["invocations"][0]["executionSuccessful"] is False


def test_no_remark_points_out_of_its_folder() -> None:
    odd = ("../../etc/passwd", "/etc/passwd", "a//b", "c/")
    found = tuple(Finding("KPC01", Severity.ERROR, "it", NEW, name) for name in odd)
    judgement = Judgement(Path("random"), Verdict.INVALID, findings=found, is_folder=True)
    assert [parameters["file"] for _, parameters, _ in github([judgement])] == [
        "random", "random/etc/passwd", "random/a/b", "random/c",
    ]  # fmt: skip


SPITEFUL = st.text(
    st.sampled_from(
        "ab/.%:,;=<>&\"'\\[](){}0\n\r\t\x00\x1b\x7f\x85\u2028\u202e\ufffe\udcff\ud800ü𐀀"
    ),
    min_size=1,
    max_size=12,
) | st.sampled_from(["]]>", "::error::x", "%0A", "..", "<!--", "&#0;", "{0}", "[a](b)", "-->"])
MAYBE = st.none() | st.integers(1, 10**9)
FOUND = st.builds(
    Finding,
    st.sampled_from([rule.code for rule in catalogue()]),
    st.sampled_from(Severity),
    SPITEFUL,
    st.sampled_from([OLD, NEW, OLD + NEW]),
    st.none() | SPITEFUL,
    MAYBE,
    MAYBE,
    MAYBE,
    st.none() | SPITEFUL,
)
JUDGED = st.builds(
    Judgement,
    SPITEFUL.map(Path),
    st.sampled_from([Verdict.VALID, Verdict.INVALID]),
    st.none() | st.sampled_from(Kind),
    SPITEFUL,
    SPITEFUL,
    st.lists(FOUND, max_size=4).map(tuple),
    st.none(),
    st.just(NEW),
    st.booleans(),
    st.booleans(),
) | st.builds(
    lambda path, reason: Judgement(path, Verdict.UNREADABLE, reason=reason),
    SPITEFUL.map(Path),
    SPITEFUL,
)
MANY = st.lists(JUDGED, min_size=1, max_size=3)


def told(judgements: list[Judgement]) -> Iterator[tuple[Judgement, Finding | None]]:
    for judgement in judgements:
        if judgement.verdict is Verdict.UNREADABLE:
            yield judgement, None
        for finding in judgement.findings:
            yield judgement, finding


@given(MANY)
def test_github_reads_back_every_remark_of_any_names(judgements: list[Judgement]) -> None:
    commands = github(judgements)
    expected = list(told(judgements))
    assert len(commands) == len(expected)
    for (_, parameters, message), (judgement, finding) in zip(commands, expected, strict=True):
        assert parameters["title"] == (finding.rule if finding else "unreadable")
        assert printable(finding.message if finding else judgement.reason or "") in message


@given(MANY)
def test_sarif_is_valid_for_any_names(judgements: list[Judgement]) -> None:
    run = sarif(judgements)
    assert len(run["results"]) == len(list(told(judgements)))
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert re.fullmatch(r"(file:///)?([\w.~/:-]|%[0-9A-F]{2})+", place["uri"], re.ASCII)
        assert result["message"]["text"].isprintable()


@given(SPITEFUL.filter(lambda name: "\ud800" not in name and ".." not in name.split("/")))
def test_a_sarif_uri_leads_back_to_the_file(name: str) -> None:
    path = Path("top", name.lstrip("/"))
    (artifact,) = sarif([Judgement(path, Verdict.VALID)])["artifacts"]
    raw = unquote_to_bytes(artifact["location"]["uri"])
    assert raw.decode("utf-8", "surrogateescape") == path.as_posix()


@given(MANY)
def test_junit_is_valid_for_any_names(judgements: list[Judgement]) -> None:
    cases = junit(judgements)
    assert len(cases) == len(judgements)
    for case, judgement in zip(cases, judgements, strict=True):
        assert case.get("name") == printable(judgement.path.as_posix())
        told_in = {"error", "failure", "system-out"} & {child.tag for child in case}
        assert len(told_in) == 1
        if judgement.verdict is Verdict.UNREADABLE:
            assert told_in == {"error"}
        else:
            assert (told_in == {"failure"}) is not judgement.passed


@given(MANY)
def test_gitlab_is_valid_for_any_names(judgements: list[Judgement]) -> None:
    report = gitlab(judgements)
    assert len(report) == len(list(told(judgements)))
    assert len({one["fingerprint"] for one in report}) == len(report)


@pytest.mark.parametrize("name", ["sarif", "junit", "gitlab", "json"])
def test_documents_are_ascii_so_that_no_console_spoils_them(name: str) -> None:
    assert written(name, ALL).isascii()
