import io
import stat
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from random import Random
from shutil import which
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuiper_pack.build.contents import Member, arrange
from kuiper_pack.build.deflate import BLOCK, COMPRESSIONS, codec
from kuiper_pack.build.zipwriter import EARLIEST, LATEST, timestamp, write_zip
from kuiper_pack.errors import KuiperPackError

NOISE = bytes((i * i * 7919 >> 3) & 0xFF for i in range(4096))


def zipped(
    members: Iterable[Member], compression: str = "zlib-ng", moment: int = EARLIEST
) -> bytes:
    out = io.BytesIO()
    write_zip(out, members, codec=codec(compression), moment=moment)
    return out.getvalue()


def opened(data: bytes) -> ZipFile:
    return ZipFile(io.BytesIO(data))


PARTS = st.text(
    st.characters(exclude_characters="/\\\0", exclude_categories=["Cs"]), min_size=1, max_size=5
).filter(lambda part: part not in (".", ".."))
NAMES = st.lists(PARTS, min_size=1, max_size=4).map("/".join)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, bytes]:
    """Names and contents that can be files of one folder."""
    found: dict[str, bytes] = {}
    for name, content in draw(st.lists(st.tuples(NAMES, st.binary(max_size=60)), max_size=8)):
        parents = {name[:at] for at, letter in enumerate(name) if letter == "/"}
        if not parents & set(found) and not any(other.startswith(f"{name}/") for other in found):
            found[name] = content
    return found


@given(trees(), st.randoms(use_true_random=False), st.sampled_from(COMPRESSIONS))
def test_any_order_of_files_gives_the_same_bytes_and_zipfile_reads_them_back(
    tree: dict[str, bytes], random: Random, how: str
) -> None:
    members = [Member(name, content) for name, content in tree.items()]
    first = zipped(members, how)
    random.shuffle(members)
    assert zipped(members, how) == first
    with opened(first) as archive:
        assert archive.testzip() is None
        assert {i.filename: archive.read(i) for i in archive.infolist() if not i.is_dir()} == tree


@given(trees())
def test_every_parent_folder_is_an_entry_before_what_it_holds(tree: dict[str, bytes]) -> None:
    with opened(zipped([Member(name, content) for name, content in tree.items()])) as archive:
        seen: set[str] = set()
        for name in archive.namelist():
            parents = [name[: at + 1] for at, c in enumerate(name[:-1]) if c == "/"]
            assert seen.issuperset(parents)
            assert name not in seen
            seen.add(name)


@pytest.mark.parametrize("how", COMPRESSIONS)
@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 5])
def test_a_member_of_any_size_is_read_back_whole(tmp_path: Path, how: str, size: int) -> None:
    content = (NOISE * (size // len(NOISE) + 1))[:size]
    file = tmp_path / "content"
    file.write_bytes(content)
    data = zipped([Member("from-disk", file), Member("from-memory", content)], how)
    with opened(data) as archive:
        assert archive.testzip() is None
        assert archive.read("from-disk") == archive.read("from-memory") == content
        assert zlib.crc32(content) == archive.getinfo("from-disk").CRC


def test_the_bytes_do_not_depend_on_the_number_of_cores(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    members = [Member(f"m{i}", NOISE * 300 * i) for i in range(4)]
    made: set[bytes] = set()
    for cores in (1, 2, 7):
        monkeypatch.setattr("os.cpu_count", partial(int, cores))
        made.add(zipped(members))
    assert len(made) == 1


def test_a_large_member_is_one_deflate_stream_that_any_inflater_reads(tmp_path: Path) -> None:
    content = NOISE * 1000
    data = zipped([Member("big", content)])
    with opened(data) as archive:
        info = archive.getinfo("big")
    assert info.compress_type == ZIP_DEFLATED
    start = info.header_offset + 30 + len("big")
    stream = zlib.decompressobj(-15)
    assert stream.decompress(data[start : start + info.compress_size]) == content
    assert stream.eof
    assert not stream.unused_data


def test_what_does_not_shrink_is_stored() -> None:
    with opened(zipped([Member("empty", b""), Member("short", b"ab")])) as archive:
        assert {info.compress_type for info in archive.infolist()} == {ZIP_STORED}


def test_modes_are_by_need_and_made_on_unix() -> None:
    members = [Member("bin/run", b"", executable=True), Member("plain", b"")]
    with opened(zipped(members)) as archive:
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
        assert modes == {
            "bin/": stat.S_IFDIR | 0o755,
            "bin/run": stat.S_IFREG | 0o755,
            "plain": stat.S_IFREG | 0o644,
        }
        assert {info.create_system for info in archive.infolist()} == {3}


def test_names_outside_ascii_are_marked_as_utf_8() -> None:
    with opened(zipped([Member("größe/数.txt", b""), Member("plain", b"")])) as archive:
        marks = {info.filename: bool(info.flag_bits & 1 << 11) for info in archive.infolist()}
        assert marks == {"größe/": True, "größe/数.txt": True, "plain": False}


def test_local_headers_say_the_same_as_the_central_directory() -> None:
    data = zipped([Member("big", NOISE * 600), Member("d/small", b"x" * 99)])
    with opened(data) as archive:
        for info in archive.infolist():
            local = struct.unpack_from("<4s5H3I2H", data, info.header_offset)
            assert local[6:9] == (info.CRC, info.compress_size, info.file_size)
            assert local[3] == info.compress_type


@pytest.mark.skipif(which("unzip") is None, reason="unzip is not installed")
@pytest.mark.parametrize("how", COMPRESSIONS)
def test_unzip_finds_no_fault(tmp_path: Path, how: str) -> None:
    file = tmp_path / "a.zip"
    file.write_bytes(zipped([Member("d/e/big", NOISE * 700), Member("ü", b"x" * 99)], how))
    done = subprocess.run(["unzip", "-t", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "No errors detected" in done.stdout


def test_more_entries_than_a_classic_zip_can_count_are_all_read_back() -> None:
    names = [f"n{i}" for i in range(70_000)]
    with opened(zipped([Member(name, b"") for name in names], "stored")) as archive:
        assert len(archive.namelist()) == 70_000


@pytest.mark.parametrize(
    "name", ["", "/a", "a//b", "../a", "a/..", "./a", "a/", "a\\b", "a\0b", "a\udcff"]
)
def test_a_name_no_server_could_unpack_is_refused(name: str) -> None:
    with pytest.raises(KuiperPackError, match="name"):
        arrange([Member(name, b"")])


def test_a_name_that_occurs_twice_or_is_also_a_folder_is_refused() -> None:
    with pytest.raises(KuiperPackError, match="two files would both be a in"):
        arrange([Member("a", b""), Member("a", b"")])
    with pytest.raises(KuiperPackError, match="a would be both a file and a folder"):
        arrange([Member("a/b", b""), Member("a", b"")])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("", EARLIEST),
        ("0", EARLIEST),
        ("-5", EARLIEST),
        ("1700000000", 1_700_000_000),
        ("99999999999999", LATEST),
    ],
)
def test_source_date_epoch_dates_every_entry(text: str, moment: int) -> None:
    assert timestamp({"SOURCE_DATE_EPOCH": text}) == moment


def test_entries_are_dated_in_utc_to_two_seconds() -> None:
    with opened(zipped([Member("d/f", b"")], moment=1_700_000_001)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(2023, 11, 14, 22, 13, 20)}
    with opened(zipped([Member("f", b"")], moment=LATEST)) as archive:
        assert archive.getinfo("f").date_time == (2107, 12, 31, 23, 59, 58)


@pytest.mark.parametrize("text", ["yesterday", "1.5", "١٢"])
def test_a_source_date_epoch_that_is_no_number_is_an_error(text: str) -> None:
    with pytest.raises(KuiperPackError, match="SOURCE_DATE_EPOCH"):
        timestamp({"SOURCE_DATE_EPOCH": text})


def test_memory_stays_bounded_for_a_large_member(tmp_path: Path) -> None:
    file = tmp_path / "large"
    with file.open("wb") as out:
        out.truncate(400 << 20)
    script = (
        "import resource\n"
        "from pathlib import Path\n"
        "from kuiper_pack.build.contents import Member\n"
        "from kuiper_pack.build.deflate import codec\n"
        "from kuiper_pack.build.zipwriter import write_zip\n"
        "how = codec('zlib-ng')\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"with Path({str(tmp_path / 'z')!r}).open('wb') as out:\n"
        f"    write_zip(out, [Member('large', Path({str(file)!r}))], codec=how)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert int(done.stdout) < 64 << 10
