"""Contents are read as Go reads them: what is sound, what fails, and with which words."""

from __future__ import annotations

import os
import random
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuiper_pack.package import goflate, verify
from kuiper_pack.package.archive import Archive
from kuiper_pack.package.entry import Entry
from kuiper_pack.package.goflate import TABLE_COST, Work, read_like_go
from kuiper_pack.package.source import MemorySource
from tests.package.zips import Member, build, deflate


def only(*members: Member) -> Entry:
    (entry,) = Archive(MemorySource(build(*members))).entries
    return entry


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        (Member(b"a", b"hello"), None),
        (Member(b"a", b"hello", crc=0), None),
        (Member(b"a", b"hello", crc=5), "zip: checksum error"),
        (Member(b"a", b"hello", size=9), "unexpected EOF"),
        (Member(b"a", b"hello", size=2), "zip: not a valid zip file"),
        (Member(b"a", b"hello", method=9), "zip: unsupported compression algorithm"),
        (Member(b"a", b"hello", method=8, data=b""), "unexpected EOF"),
        (Member(b"a", b"hello", method=8, data=b"\x07"), "flate: corrupt input before offset 1"),
        (Member(b"a", b"hello", flags=8), "zip: checksum error"),
        (Member(b"a", b"hello", flags=1), None),
        (Member(b"a", b"hello", offset=2), "zip: not a valid zip file"),
        (Member(b"d/", b"", method=8, data=b""), None),
        (Member(b"d/", b"hello"), "zip: not a valid zip file"),
    ],
)
def test_problem_is_in_the_words_of_go(member: Member, problem: str | None) -> None:
    assert only(member).problem == problem


@given(st.binary(max_size=5000), st.integers(-1, 9))
def test_sound_stream_is_sound_to_the_slow_reader(content: bytes, level: int) -> None:
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    stream = packer.compress(content) + packer.flush()
    assert read_like_go(stream + b"more", Work(1 << 20)) == (None, len(content))


@given(st.binary(min_size=1, max_size=400), st.integers(0), st.integers(1, 255))
def test_slow_reader_and_zlib_refuse_the_same_streams(
    content: bytes, where: int, flip: int
) -> None:
    stream = bytearray(deflate(content * 3))
    stream[where % len(stream)] ^= flip
    inflate = zlib.decompressobj(-15)
    try:
        inflate.decompress(bytes(stream))
        fine = inflate.eof
    except zlib.error:
        fine = False
    assert (read_like_go(bytes(stream), Work(1 << 20))[0] is None) == fine


def test_two_threads_find_what_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = random.Random(1)
    members = [
        Member(b"%d" % index, noise.randbytes(90_000), method=8, crc=None if index % 3 else 1)
        for index in range(12)
    ]
    data = build(*members)
    alone = Archive(MemorySource(data)).entries
    monkeypatch.setattr(verify, "LARGE", 0)
    assert Archive(MemorySource(data)).entries == alone
    assert [entry.problem is None for entry in alone] == [bool(index % 3) for index in range(12)]


def test_large_content_is_verified_piece_by_piece(tmp_path: Path) -> None:
    content = os.urandom(3_000_000) + bytes(9_000_000)
    path = tmp_path / "large.zip"
    path.write_bytes(build(Member(b"a", content, method=8), Member(b"b", content, crc=3)))
    first, second = Archive(path).entries
    assert (first.problem, second.problem) == (None, "zip: checksum error")
    archive = Archive(path)
    assert archive.read(first, 10) == content[:10]
    assert archive.read(first, 1 << 30) == content
    assert archive.read(second, 4_000_000) == content[:4_000_000]


def test_bomb_is_not_inflated_beyond_its_declared_size() -> None:
    bomb = deflate(bytes(20_000_000))
    entry = only(Member(b"a", bytes(100), method=8, data=bomb))
    assert entry.problem == "zip: not a valid zip file"


def test_broken_streams_are_only_followed_within_a_budget() -> None:
    broken = b"\x00\xff\xff\x00\x00" * 1 + bytes(100_000) + b"\x07" * 10
    members = [Member(b"%d" % index, b"x", method=8, data=broken) for index in range(3)]
    problems = [entry.problem for entry in Archive(MemorySource(build(*members))).entries]
    assert all(problems)


class CountedCodes(goflate._Codes):
    """Codes that count how often tables are built."""

    built = 0

    def __init__(self, lengths: list[int]) -> None:
        type(self).built += 1
        super().__init__(lengths)


def bits(text: str) -> bytes:
    """Bytes from bits, in the order in which a deflate stream has them."""
    text += "0" * (-len(text) % 8)
    return bytes(int(text[at : at + 8][::-1], 2) for at in range(0, len(text), 8))


FIXED_BLOCK = "010" + "0" * 7
RESERVED = "011"
DYNAMIC_BLOCK = "001" + "00000" + "00000" + "0111" + "000" * 2 + "100" + "000" * 14 + "100"
"""Two code lengths, 18 and 1: the literals are the end of the block alone, and one distance."""
LENGTHS = "1" + "1111111" + "1" + "1101011" + "0" + "0"


def counted(monkeypatch: pytest.MonkeyPatch) -> type[CountedCodes]:
    monkeypatch.setattr(CountedCodes, "built", 0)
    monkeypatch.setattr(goflate, "_Codes", CountedCodes)
    goflate._fixed.cache_clear()
    return CountedCodes


def test_tables_of_fixed_blocks_are_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = counted(monkeypatch)
    stream = bits(FIXED_BLOCK * 5000 + RESERVED)
    problem = only(Member(b"a", b"x", method=8, data=stream)).problem
    assert problem == f"flate: corrupt input before offset {len(stream)}"
    assert codes.built == 1


@pytest.mark.parametrize(("blocks", "known"), [(100, True), (4000, False)])
def test_tables_of_dynamic_blocks_are_built_within_a_bound(
    blocks: int, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = counted(monkeypatch)
    stream = bits((DYNAMIC_BLOCK + LENGTHS + "0") * blocks + RESERVED)
    problem = only(Member(b"a", b"x", method=8, data=stream)).problem
    place = f" before offset {len(stream)}" if known else ""
    assert problem == f"flate: corrupt input{place}"
    assert codes.built <= min(blocks, verify.SETTLED // TABLE_COST) * 3
