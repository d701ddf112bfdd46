"""Every oddity of an archive is noted under its code, and a plain archive has none."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest

from kuiper_pack.package.anomaly import CODES, PER_CODE, Budget
from kuiper_pack.package.archive import Archive
from kuiper_pack.package.source import MemorySource
from tests.package.zips import Member, build, deflate, descriptor

HELLO = b"hello, hello, hello"
PACKED = deflate(HELLO)
INNER = build(Member(b"inner", b"x"))


def codes(data: bytes, budget: Budget | None = None) -> list[str]:
    return [found.code for found in Archive(MemorySource(data), budget).anomalies]


SOUND = {
    "stored": build(Member(b"a", HELLO)),
    "deflated": build(Member(b"a", HELLO, method=8), Member(b"d/", attributes=0o40755 << 16)),
    "empty": build(),
    "descriptor": build(
        Member(b"a", HELLO, method=8, flags=8, descriptor=descriptor(HELLO, PACKED))
    ),
    "descriptor without signature": build(
        Member(b"a", HELLO, flags=8, descriptor=descriptor(HELLO, signed=False))
    ),
    "comment": build(Member(b"a", HELLO), comment=b"made by a test"),
    "flagged UTF-8": build(Member("é".encode(), HELLO, flags=0x800)),
}


@pytest.mark.parametrize("data", SOUND.values(), ids=list(SOUND))
def test_sound_archive_has_no_anomaly(data: bytes) -> None:
    assert codes(data) == []
    assert all(entry.problem is None for entry in Archive(MemorySource(data)).entries)


def test_archives_of_the_standard_library_have_no_anomaly() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("random.yaml", "default: {}\n")
        archive.writestr("Random@v1.0.0.so", bytes(100_000))
    assert codes(file.getvalue()) == []


def other_path(name: bytes, other: bytes) -> bytes:
    """The extra field that gives an entry a second name."""
    return struct.pack("<HHBI", 0x7075, 5 + len(other), 1, zlib.crc32(name)) + other


A = Member(b"a", HELLO)
ODD = {
    "prepended-data": build(A, prefix=b"#!/bin/sh\n"),
    "trailing-data": build(A, suffix=b"\n"),
    "gap": build(A, Member(b"b", gap=b"unused")),
    "unlisted-entry": build(A, Member(b"b", gap=INNER[: INNER.index(b"PK\x01\x02")])),
    "overlap": build(A, Member(b"b", HELLO, offset=0, local_name=b"b")),
    "several-end-records": build(A, before_end=b"PK\x05\x06" + bytes(18)),
    "end-record-in-comment": build(A, comment=b"PK\x05\x06" + bytes(16) + b"\xff\xff"),
    "record-count": build(A, records=2),
    "directory-size": build(A, directory_size=40),
    "multi-disk": build(A, disk=2),
    "zip64-end": build(A, zip64=True),
    "zip64-entry": build(
        Member(b"a", HELLO, extra=struct.pack("<HHQ", 1, 8, len(HELLO)), size=0xFFFFFFFF)
    ),
    "duplicate-name": build(A, A),
    "encrypted": build(Member(b"a", HELLO, flags=1)),
    "unsupported-method": build(Member(b"a", HELLO, method=12, data=HELLO)),
    "bad-content": build(Member(b"a", HELLO, crc=1)),
    "local-missing": build(Member(b"a", HELLO, offset=3)),
    "local-name": build(Member(b"a", HELLO, local_name=b"b")),
    "local-method": build(Member(b"a", HELLO, local_method=8)),
    "local-flags": build(Member(b"a", HELLO, local_flags=2)),
    "local-crc": build(Member(b"a", HELLO, local_crc=1)),
    "local-size": build(Member(b"a", HELLO, local_size=1)),
    "local-compressed-size": build(Member(b"a", HELLO, compressed_size=2)).replace(
        struct.pack("<2I", 2, len(HELLO)), struct.pack("<2I", 3, len(HELLO)), 1
    ),
    "checksum-zero": build(Member(b"a", HELLO, crc=0)),
    "folder-content": build(Member(b"a/", HELLO)),
    "unicode-path": build(Member(b"a", HELLO, extra=other_path(b"a", b"b"))),
    "version-needed": build(Member(b"a", HELLO, needed=63)),
    "zip64-differs": build(A, zip64_beside=struct.pack("<3Q", 2, 47, 50)),
    "descriptor-missing": build(Member(b"a", HELLO, flags=8)),
    "descriptor-differs": build(Member(b"a", HELLO, flags=8, descriptor=descriptor(b"other"))),
    "truncated": build(Member(b"a", HELLO, compressed_size=1 << 20)),
    "name-not-utf8": build(Member(b"\xff", HELLO)),
    "name-flag": build(Member("é".encode(), HELLO)),
    "nul-in-name": build(Member(b"a\0b", HELLO)),
    "empty-name": build(Member(b"", HELLO)),
    "extra-malformed": build(Member(b"a", HELLO, extra=b"abc")),
    "impossible-time": build(Member(b"a", HELLO, date=0x1E0)),
    "unreadable": build(A)[:-5],
    "end-record-cut-off": build(A)[:-1],
    "end-record-missing": build(A)[:60],
    "directory-offset": build(A, prefix=b"x"),
}


@pytest.mark.parametrize(("code", "data"), ODD.items(), ids=list(ODD))
def test_oddity_is_noted(code: str, data: bytes) -> None:
    assert code in codes(data)


def test_every_code_is_listed_and_tested() -> None:
    budgets = {code for code in CODES if code.startswith("budget-")}
    assert set(ODD) | budgets == set(CODES)
    for data in ODD.values():
        assert set(codes(data)) <= set(CODES)


def test_anomaly_says_where_it_is() -> None:
    data = build(Member(b"a", HELLO, local_name=b"b"), Member(b"c", HELLO, local_crc=7))
    first, second = Archive(MemorySource(data)).anomalies
    assert (first.code, first.offset, first.entry) == ("local-name", 0, "a")
    assert (second.code, second.entry) == ("local-crc", "c")
    assert data[second.offset :].startswith(b"PK\x03\x04")
    assert "00000007" in second.message


def test_anomalies_of_one_code_are_counted_not_kept() -> None:
    data = build(*(Member(b"%d" % index, HELLO, local_crc=7) for index in range(100)))
    found = codes(data)
    assert found.count("local-crc") == PER_CODE + 1
    assert Archive(MemorySource(data)).anomalies[-1].message == f"{100 - PER_CODE} more of these"


@pytest.mark.parametrize(
    "data",
    [
        build(Member(b"a", HELLO, extra=other_path(b"a", b"a"))),
        build(Member(b"a", HELLO, extra=other_path(b"stale", b"b"))),
        build(Member(b"a", HELLO, extra=b"\0\0\0")),
        build(A, zip64_beside=struct.pack("<3Q", 1, 47, 50)),
        build(Member(b"a")),
    ],
    ids=["same name", "of an older name", "aligned", "the same twice", "no content"],
)
def test_what_tools_write_is_no_anomaly(data: bytes) -> None:
    assert codes(data) == []


def test_descriptor_with_wide_sizes_is_accepted() -> None:
    wide = b"PK\x07\x08" + struct.pack("<IQQ", zlib.crc32(HELLO), len(HELLO), len(HELLO))
    assert codes(build(Member(b"a", HELLO, flags=8, descriptor=wide), Member(b"b"))) == []


@pytest.mark.parametrize(
    ("code", "budget"),
    [
        ("budget-entries", Budget(entries=3)),
        ("budget-directory", Budget(directory_bytes=100)),
        ("budget-inflated", Budget(inflated_bytes=50)),
        ("budget-compressed", Budget(compressed_bytes=50)),
    ],
)
def test_budget_is_named_when_it_runs_out(code: str, budget: Budget) -> None:
    data = build(*(Member(b"%d" % index, HELLO) for index in range(10)))
    archive = Archive(MemorySource(data), budget)
    assert code in [found.code for found in archive.anomalies]
    assert not archive.complete
    assert archive.as_go((1, 25)).error is None


def test_sizes_that_content_cannot_have_do_not_use_the_budget_up() -> None:
    lie, honest = Member(b"a", HELLO, method=8, size=1 << 31), Member(b"b", HELLO)
    archive = Archive(MemorySource(build(lie, honest)))
    assert archive.complete
    assert [entry.problem for entry in archive.entries] == ["unexpected EOF", None]
