"""The family Z: what is dangerous in a zip is told to those whom it concerns, and no louder."""

from dataclasses import replace
from pathlib import Path

import pytest

from kuiper_pack.package.package import Package
from kuiper_pack.profiles import select
from kuiper_pack.rules.catalogue import ours
from kuiper_pack.rules.engine import Judge
from kuiper_pack.rules.finding import TOLD, Finding
from kuiper_pack.rules.target import Target
from kuiper_pack.rules.validation import Order, Verdict, validate
from tests.package.zips import Member, build
from tests.rules.archive_cases import SO, TEXT, named, other_path, sink, zeros
from tests.rules.rule_cases import PYTHON, findings, portable
from tests.shared_objects import ELF

LINK = 0o120777 << 16


def told(package: Package, code: str, *servers: str) -> dict[str, list[str]]:
    """Severities of the findings of a rule, each with the releases it is told to."""
    target = Target(select(servers)) if servers else None
    found: dict[str, list[str]] = {}
    for one in findings(package, target):
        if one.rule == code:
            found.setdefault(one.severity.value, []).extend(one.text for one in one.servers)
    return found


def of(package: Package, code: str) -> list[Finding]:
    return [one for one in findings(package) if one.rule == code]


def test_a_name_from_the_root_is_unpacked_then_refused_then_left_out() -> None:
    package = named("/x")
    assert told(package, "KPZ12", "2.0.8", "2.2.0", "2.4.0") == {"warning": ["2.4.0", "2.0.8"]}
    assert told(package, "KPL10", "2.0.8", "2.2.0", "2.4.0") == {"error": ["2.2.0"]}
    lost, kept = of(package, "KPZ12")
    assert lost.message == "the name begins with a slash or backslash, and it is not installed"
    assert kept.message == "the name begins with a slash or backslash"


def test_a_drive_letter_is_only_a_note() -> None:
    assert set(told(named("C:/x"), "KPZ12")) == {"note"}


def test_a_nul_byte_is_refused_and_a_line_feed_is_not() -> None:
    assert set(told(named("a\0b"), "KPZ10")) == {"error"}
    assert set(told(named("a\nb"), "KPZ10")) == {"warning"}
    assert told(named("größe", "a b", "日本"), "KPZ10") == {}


def test_a_link_is_refused_from_2_2_on_and_a_file_before() -> None:
    package = sink(replace(TEXT, attributes=LINK))
    servers = "1.14.7", "2.0.8", "2.2.0", "2.4.0"
    assert told(package, "KPZ18", *servers) == {"warning": ["1.14.7", "2.0.8"]}
    assert told(package, "KPL13", *servers) == {"error": ["2.2.0", "2.4.0"]}


def test_a_file_over_a_folder_is_an_error_only_where_it_is_refused() -> None:
    over = named("data/table.csv", "data")
    assert told(over, "KPZ14", "2.0.8", "2.4.0") == {"error": ["2.4.0"], "warning": ["2.0.8"]}
    assert set(told(named("data", "data/table.csv"), "KPZ14")) == {"error"}


def test_a_dot_in_a_name_is_a_note_and_its_loss_a_warning() -> None:
    assert set(told(named("./a"), "KPZ16")) == {"note"}
    servers = "2.0.8", "2.2.0", "2.4.0"
    up_and_down = told(named("a/../b"), "KPZ16", *servers)
    assert up_and_down == {"error": ["2.2.0"], "warning": ["2.4.0"], "note": ["2.0.8"]}
    assert told(named("a/../b"), "KPL12", *servers) == {}


def test_names_that_escape_have_one_rule() -> None:
    assert {one.rule for one in findings(named("../x"))} & {"KPL10", "KPZ12", "KPZ16"} == {"KPL10"}


def test_names_that_are_one_elsewhere_are_a_note_and_the_same_file_a_warning() -> None:
    assert set(told(named("Data", "data"), "KPZ13")) == {"note"}
    assert set(told(named("é", "e\u0301"), "KPZ13")) == {"note"}
    assert told(named("Data", "data"), "KPZ03") == {}
    assert set(told(named("a/b", "a//b"), "KPZ03")) == {"warning"}
    assert told(named("d/", "d/"), "KPZ03") == {}


def test_many_odd_names_are_counted() -> None:
    package = named(*(f"a\n{number}" for number in range(TOLD + 7)))
    found = of(package, "KPZ10")
    assert len(found) == TOLD + 1
    assert [one.message for one in found if one.file is None] == ["7 more of these"]


def test_a_name_of_255_bytes_is_fine_in_any_alphabet() -> None:
    assert told(named("x" * 255, "ä" * 127, "/".join(["d"] * 100)), "KPZ11") == {}
    assert set(told(named("ä" * 128), "KPZ11")) == {"error"}


def test_damage_that_no_server_notices_is_a_warning() -> None:
    metadata = Member(b"random.json", b'{"about": {}, "properties": []}', crc=1)
    assert set(told(sink(metadata), "KPZ17")) == {"warning"}
    assert told(sink(metadata), "KPL02") == {}
    assert set(told(sink(replace(TEXT, crc=0)), "KPZ17")) == {"warning"}


def test_damage_that_servers_notice_is_told_once() -> None:
    package = sink(replace(TEXT, crc=1))
    assert told(package, "KPZ17") == {}
    assert set(told(package, "KPL02")) == {"error"}


def test_a_self_extracting_zip_is_told_once() -> None:
    package = sink(TEXT, prefix=b"#!/bin/sh\n")
    assert {one.rule for one in findings(package)} & {"KPZ02", "KPZ06"} == {"KPZ02"}


def test_what_shrinks_well_is_no_bomb() -> None:
    assert told(sink(zeros(60 << 20)), "KPZ08") == {}
    (found,) = of(sink(zeros(65 << 20)), "KPZ08")
    assert (found.file, found.message) == ("zeros", "it unpacks to 65 MiB")
    lie = Member(b"a", b"text", method=8, size=1 << 31)
    assert told(sink(lie), "KPZ08") == {}


def test_many_small_bombs_are_one() -> None:
    package = sink(*(replace(zeros(10 << 20), name=b"%d" % number) for number in range(7)))
    (found,) = of(package, "KPZ08")
    assert (found.file, found.message) == (None, "all in all it unpacks to 70 MiB")


def test_the_usual_extra_fields_and_streams_are_sound() -> None:
    timestamp = b"UT\x05\x00\x03\x00\x00\x00\x00"
    own_name = other_path(b"notes.txt", b"notes.txt")
    for extra in (timestamp, own_name, b"\0\0"):
        found = {one.rule for one in findings(sink(replace(TEXT, extra=extra)))}
        assert not [code for code in found if code.startswith("KPZ")]


@pytest.mark.parametrize("twice", [b'"sinks": [], "sinks": []', b'"Sinks": [], "sinks": []'])
def test_a_member_of_a_manifest_is_given_once_in_any_letters(twice: bytes) -> None:
    (found,) = of(portable(PYTHON[:-1] + b", " + twice + b"}"), "KPZ20")
    assert found.line == 1
    assert found.column is not None
    assert "the last one counts" in found.message


def test_a_document_that_is_too_large_is_not_called_wrong(tmp_path: Path) -> None:
    manifest = PYTHON + b" " * (300 << 10)
    path = tmp_path / "mirror.zip"
    path.write_bytes(build(Member(b"mirror.json", manifest, method=8), Member(b"mirror.py", b"")))
    order = Order(judge=Judge(Target(), ours()), name="mirror")
    (judged,) = validate([path], lambda _: order)
    assert judged.verdict is Verdict.UNREADABLE
    assert {one.rule for one in judged.findings} == {"KPZ04"}


def test_a_shared_object_with_two_faces_is_told() -> None:
    other = replace(SO, local_name=b"readme.md", local_crc=1, content=ELF)
    package = sink(replace(other, name=b"second.so"))
    messages = {one.message for one in of(package, "KPZ01")}
    assert "the local header says 'readme.md'" in messages
    assert all(one.offset is not None for one in of(package, "KPZ01"))
