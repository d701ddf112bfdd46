"""The written reports: lines for people, a document for programs, and safe text in both."""

import io
import json
from pathlib import Path

import jsonschema
import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import select
from kuiper_pack.report import FORMATS, writer
from kuiper_pack.report.pages import page
from kuiper_pack.rules.catalogue import catalogue, find
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.validation import Judgement, Verdict
from kuiper_pack.schemas import load
from kuiper_pack.spelling import printable

OLD, NEW = select(["2.0.0"]), select(["2.4.0"])
FINDINGS = (
    Finding("KPC01", Severity.ERROR, "no configuration", OLD + NEW, fix="add it"),
    Finding("KPC05", Severity.WARNING, "lost key", NEW, "random.yaml", 3, 5, 120),
    Finding("KPY05", Severity.NOTE, "list them", NEW, "a\x1b[31m.json"),
)
JUDGEMENTS = [
    Judgement(
        Path("dist/random.zip"), Verdict.INVALID, Kind.SOURCE, "random", "1.0", FINDINGS,
        releases=OLD + NEW,
    ),
    Judgement(Path("ok.zip"), Verdict.VALID, Kind.SINK, "ok", releases=OLD + NEW, passed=True),
    Judgement(Path("no.zip"), Verdict.UNREADABLE, reason="no.zip: empty"),
]  # fmt: skip


def written(name: str, judgements: list[Judgement] = JUDGEMENTS) -> str:
    stream = io.StringIO()
    writer(name)(judgements, stream)
    return stream.getvalue()


def test_text_has_a_line_for_each_finding_and_a_summary() -> None:
    assert written("text") == (
        "dist/random.zip: KPC01 error: no configuration [2.0.0, 2.4.0]\n"
        "    fix: add it\n"
        "dist/random.zip/random.yaml:3:5: KPC05 warning: lost key [2.4.0]\n"
        "dist/random.zip/a\\x1b[31m.json: KPY05 note: list them [2.4.0]\n"
        "unreadable: no.zip: empty\n"
        "3 packages for 2.0.0, 2.4.0: 1 error, 1 warning, 1 note, 1 unreadable\n"
    )


def test_text_says_when_nothing_was_found() -> None:
    assert written("text", JUDGEMENTS[1:2]) == "1 package for 2.0.0, 2.4.0: nothing found\n"


def test_a_reason_is_safe_to_print_in_every_format() -> None:
    path = "a\x1b[31m\u202e.zip"
    broken = [Judgement(Path(path), Verdict.UNREADABLE, reason=f"{path}: empty")]
    (package,) = json.loads(written("json", broken))["packages"]
    assert package["reason"] == f"{printable(path)}: empty" != f"{path}: empty"
    assert path not in written("text", broken)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_colours_and_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    writer("text")(JUDGEMENTS, stream)
    assert "\x1b[1;31mKPC01 error\x1b[0m: no configuration" in stream.getvalue()
    assert "a\\x1b[31m.json" in stream.getvalue()


def test_the_json_document_is_as_its_schema_says() -> None:
    document = json.loads(written("json"))
    jsonschema.validate(document, load("validate"))
    assert document["$schema"] == load("validate")["$id"]
    assert [one["verdict"] for one in document["packages"]] == ["invalid", "valid", "unreadable"]
    assert document["packages"][0]["findings"][1] == {
        "rule": "KPC05", "severity": "warning", "message": "lost key", "file": "random.yaml",
        "line": 3, "column": 5, "offset": 120, "servers": ["2.4.0"], "fix": None,
    }  # fmt: skip
    assert document["packages"][2]["reason"] == "no.zip: empty"
    assert document["summary"] == {
        "packages": 3, "errors": 1, "warnings": 1, "notes": 1, "unreadable": 1,
    }  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_names_that_are_no_text(name: str) -> None:
    finding = Finding("KPL11", Severity.ERROR, "it \udcff", NEW, file="\udcff\n\x00")
    odd = Judgement(Path("a\udcfe.zip"), Verdict.INVALID, None, "\udcff", "", (finding,))
    written(name, [odd]).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("größe.so", "größe.so"),
        ("a\nb", "a\\x0ab"),
        ("\udce4.so", "\\xe4.so"),
        ("\u202egpj", "\\u202egpj"),
        ("\U000e0001", "\\U000e0001"),
    ],
)
def test_what_is_no_visible_character_is_shown_as_a_number(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_page_has_a_heading_and_the_releases_it_concerns() -> None:
    assert page(find("KPL12")).startswith(
        "# KPL12: Folders inside of folders have no entries of their own\n\nError, for 2.4.0.\n\n"
    )


@pytest.mark.parametrize("rule", catalogue(), ids=lambda rule: rule.code)
def test_every_page_ends_with_one_line_feed(rule) -> None:  # type: ignore[no-untyped-def]
    assert page(rule).endswith("\n")
    assert not page(rule).endswith("\n\n")


def test_a_format_that_is_not_there_is_an_error() -> None:
    with pytest.raises(
        KuiperPackError, match=r'no format "jsonl": text, json, .* or gitlab; .*"json"'
    ):
        writer("jsonl")
