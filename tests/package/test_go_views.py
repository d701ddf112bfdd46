"""An archive looks to us as it does to Go programs of eight versions, wherever these differ."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from kuiper_pack.package.archive import Archive, GoView
from kuiper_pack.package.entry import Entry
from kuiper_pack.package.source import MemorySource
from tests.package.zips import Member, build

CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("go_views.jsonl").read_text("utf-8").splitlines()
]
"""Made by mutating zips, answered by programs built with these Go versions: error, or for each
entry its name in hexadecimal, Go's FileMode, IsDir, size and the error of reading it."""

_TYPES = {
    stat.S_IFDIR: 1 << 31, stat.S_IFLNK: 1 << 27, stat.S_IFIFO: 1 << 25, stat.S_IFSOCK: 1 << 24,
    stat.S_IFBLK: 1 << 26, stat.S_IFCHR: 1 << 26 | 1 << 21, stat.S_IFREG: 0,
}  # fmt: skip


def file_mode(entry: Entry) -> int:
    """The mode as Go's os.FileMode counts it."""
    mode = entry.mode & 0o777 | _TYPES[stat.S_IFMT(entry.mode)]
    for bit, go in ((stat.S_ISUID, 1 << 23), (stat.S_ISGID, 1 << 22), (stat.S_ISVTX, 1 << 20)):
        mode |= go if entry.mode & bit else 0
    return mode | (1 << 31 if entry.is_dir else 0)


def as_data(view: GoView) -> dict[str, Any]:
    entries = [
        [
            entry.name.encode("utf-8", "surrogateescape").hex(),
            file_mode(entry),
            entry.is_dir,
            entry.size,
            entry.problem or "",
        ]
        for entry in view.entries
    ]
    return {"error": view.error, "entries": entries}


def test_table_holds_archives_on_which_go_versions_differ() -> None:
    assert sum(len(case["views"]) > 1 for case in CASES) >= 50
    assert {version for view in CASES[0]["views"] for version in view["go"]} >= {"1.25.4"}


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_view_is_that_of_the_go_version(case: dict[str, Any]) -> None:
    archive = Archive(MemorySource(base64.b64decode(case["zip"])))
    for view in case["views"]:
        expected = {"error": view["error"], "entries": view["entries"]}
        for go in view["go"]:
            version = tuple(int(part) for part in go.split("."))
            assert as_data(archive.as_go(version)) == expected, go


def test_bytes_before_the_archive_are_skipped_since_go_1_19() -> None:
    archive = Archive(MemorySource(build(Member(b"a", b"hello"), prefix=b"#!/bin/sh\n")))
    assert archive.as_go((1, 18)).error == "zip: not a valid zip file"
    assert [entry.name for entry in archive.as_go((1, 19)).entries] == ["a"]
    assert archive.as_go((1, 25)).entries[0].problem is None


def test_end_record_in_a_comment_is_refused_since_go_1_22_4() -> None:
    inner = b"PK\x05\x06" + b"\0" * 16 + b"\xff\xff"
    archive = Archive(MemorySource(build(Member(b"a", b"hello"), comment=inner)))
    assert archive.as_go((1, 20)).error is None
    assert archive.as_go((1, 22, 3)).error is None
    assert archive.as_go((1, 22, 4)).error == "zip: not a valid zip file"
    assert archive.as_go((1, 21, 11)).error == "zip: not a valid zip file"
    assert archive.as_go((1, 21, 10)).error is None


def test_directory_with_content_cannot_be_read_since_go_1_20() -> None:
    archive = Archive(MemorySource(build(Member(b"d/", b"hello"))))
    assert archive.as_go((1, 19)).entries[0].problem is None
    assert archive.as_go((1, 20)).entries[0].problem == "zip: not a valid zip file"
    assert archive.entries[0].problem == "zip: not a valid zip file"


def test_content_longer_than_declared_has_another_error_since_go_1_19() -> None:
    archive = Archive(MemorySource(build(Member(b"a", b"hello", method=8, size=3))))
    assert archive.as_go((1, 18)).entries[0].problem == "unexpected EOF"
    assert archive.as_go((1, 19)).entries[0].problem == "zip: not a valid zip file"
