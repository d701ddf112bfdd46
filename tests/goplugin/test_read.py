"""Go plugins read without Go: every class and byte order, every age, and what is broken."""

import dataclasses
import io
import sys
import time
import tracemalloc
from itertools import product
from pathlib import Path
from random import Random

import pytest

from kuiper_pack.goplugin.errors import BinaryError, Malformed, NotElf, Truncated
from kuiper_pack.goplugin.read import read_binary
from tests.goplugin.synthetic import PACKAGES, Plugin, shared_object

SHAPES = [
    Plugin(bits=bits, order=order, addends=addends, gnu_hash=gnu)
    for bits, order, addends, gnu in product((64, 32), "<>", (True, False), (False, True))
]
shapes = pytest.mark.parametrize(
    "plugin",
    SHAPES,
    ids=lambda one: "-".join(map(str, (one.bits, one.order, one.addends, one.gnu_hash))),
)


@shapes
def test_everything_is_read_in_both_sizes_and_byte_orders(plugin: Plugin) -> None:
    found = read_binary(shared_object(plugin))
    assert (found.elf.bits, found.elf.type, found.elf.machine) == (plugin.bits, "shared", "amd64")
    assert found.needed == ("libc.so.6",)
    assert found.soname == "random.so"
    assert found.search == ("$ORIGIN",)
    assert found.version_needs == (("libc.so.6", ("GLIBC_2.2.5", "GLIBC_2.34")),)
    assert found.undefined == ("malloc", "free")
    assert found.libc == "glibc"
    assert found.packages == PACKAGES
    assert found.alignment == 4096
    assert found.layout is not None
    assert list(found.layout.offsets) == list(plugin.layout)
    assert found.layout.offsets["etext"] == plugin.bits // 8
    assert found.plugin is not None
    assert found.plugin.path == "example.test/random"
    assert found.plugin.checks == tuple(PACKAGES.items())


@shapes
def test_exports_come_with_their_go_types(plugin: Plugin) -> None:
    found = read_binary(shared_object(plugin)).plugin
    assert found is not None
    count, make = found.exports
    assert (count.name, count.kind, count.type) == ("Count", "var", "example.test/random.Thing")
    assert count.type_kind == "struct"
    assert count.methods == (("Say", "func() string"),)
    assert (make.name, make.kind) == ("Make", "func")
    assert make.type == "func(...string) example.test/contract.Speaker"
    assert (make.takes, make.gives) == (("...string",), ("example.test/contract.Speaker",))
    assert found.export("Make") is make
    assert found.export("Other") is None


def test_old_plugins_have_shorter_names_and_doubled_offsets() -> None:
    found = read_binary(shared_object(Plugin(short_names=True)))
    assert found.layout == read_binary(shared_object()).layout
    assert found.plugin is not None
    assert [one.name for one in found.plugin.exports] == ["Count", "Make"]


def test_a_plugin_that_does_not_describe_its_layout_is_read_all_the_same() -> None:
    found = read_binary(shared_object(Plugin(described=False)))
    assert found.layout is None
    assert found.plugin == read_binary(shared_object()).plugin


def test_the_build_is_told_as_go_tells_it() -> None:
    build = read_binary(shared_object()).build
    assert build is not None
    assert (build.go, build.go_number, build.path) == ("go1.25.4", "1.25.4", "example.test/random")
    assert build.settings == {"-buildmode": "plugin", "-trimpath": "true", "-tags": "a b"}
    contract = build.module("example.test/contract")
    assert contract is not None
    assert (contract.version, contract.sum) == ("v1.2.3", "h1:sum=")
    assert build.main is not None
    assert build.main.version == "(devel)"


def test_what_go_did_not_say_is_none() -> None:
    assert read_binary(shared_object(Plugin(go=""))).build is None


def test_the_name_of_the_marker_alone_is_no_build_info() -> None:
    data = shared_object(Plugin(go=""))
    at = data.index(b"runtime\0") & ~15
    assert read_binary(data[:at] + b"\xff Go buildinf:" + data[at + 14 :]).build is None


def test_a_file_reads_like_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "random.so"
    path.write_bytes(shared_object())
    assert read_binary(path) == read_binary(shared_object())


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"PK\x03\x04" + bytes(100), b"#!/bin/sh\n"])
def test_what_is_no_elf_file_is_said_to_be_none(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "random.so"
    path.write_bytes(data)
    with pytest.raises(NotElf):
        read_binary(path)


def test_a_file_that_is_cut_off_is_told_from_a_damaged_one() -> None:
    data = shared_object()
    with pytest.raises(Truncated, match=f"it has {len(data) - 1} bytes, and {len(data)}"):
        read_binary(data[:-1])
    damaged = bytearray(data)
    damaged[120 + 16 : 120 + 24] = (1 << 40).to_bytes(8, "little")  # where the dynamic section is
    with pytest.raises(Malformed):
        read_binary(bytes(damaged))


def test_without_program_headers_nothing_can_be_loaded() -> None:
    data = bytearray(shared_object())
    data[32:40] = (1 << 62).to_bytes(8, "little")
    with pytest.raises(Malformed, match="program headers"):
        read_binary(bytes(data))


@pytest.mark.skipif(sys.platform != "linux", reason="programs are ELF files on Linux only")
def test_a_program_without_go_is_read_too() -> None:
    found = read_binary(Path(sys.executable).resolve())
    assert found.plugin is None
    assert found.build is None
    assert found.packages == {}


def test_pyelftools_reads_the_same() -> None:
    elffile = pytest.importorskip("elftools.elf.elffile")
    for shape in SHAPES:
        data = shared_object(shape)
        found = read_binary(data)
        dynamic = next(
            one
            for one in elffile.ELFFile(io.BytesIO(data)).iter_segments()
            if one["p_type"] == "PT_DYNAMIC"
        )
        tags = list(dynamic.iter_tags())
        assert [t.needed for t in tags if t.entry.d_tag == "DT_NEEDED"] == list(found.needed)
        assert [t.soname for t in tags if t.entry.d_tag == "DT_SONAME"] == [found.soname]
        symbols = list(dynamic.iter_symbols())
        undefined = [s.name for s in symbols[1:] if s["st_shndx"] == "SHN_UNDEF"]
        assert undefined == list(found.undefined)
        hashes = "go:link.pkghashbytes."
        packages = [s.name[len(hashes) :] for s in symbols if s.name.startswith(hashes)]
        assert packages == list(found.packages)


SAMPLES = tuple(
    shared_object(one)
    for one in (
        Plugin(),
        Plugin(bits=32, order=">"),
        Plugin(addends=False, gnu_hash=True),
        Plugin(described=False, go=""),
        Plugin(short_names=True, order=">"),
    )
)
_NUMBERS = (0, 1, 7, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, (1 << 63) - 1, (1 << 64) - 1)


def mutated(seed: str) -> bytes:
    """One of the samples with some of its bytes changed, cut off or moved."""
    random = Random(seed)
    data = bytearray(random.choice(SAMPLES))
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        at = random.choice((random.randrange(len(data)), random.randrange(min(200, len(data)))))
        match random.randrange(6):
            case 0:
                data[at] ^= 1 << random.randrange(8)
            case 1 | 2:
                width = random.choice((2, 4, 8))
                number = random.choice((*_NUMBERS, random.randrange(len(data)))) % (1 << 8 * width)
                data[at : at + width] = number.to_bytes(width, random.choice(("little", "big")))
            case 3:
                other = random.randrange(len(data))
                size = random.randrange(1, 64)
                data[at : at + size] = data[other : other + size]
            case 4:
                size = random.randrange(1, 64)
                data[at : at + size] = bytes([random.choice((0, 0xFF))]) * size
            case _:
                data = data[: max(at, 1)]
    return bytes(data)


def read_or_refused(data: bytes, seed: str) -> None:
    """Reading ends in what was read or in our own exception, in little time."""
    try:
        read_binary(data)
    except BinaryError as error:
        assert "\n" not in str(error), seed
    except Exception as error:
        raise AssertionError(f"mutation {seed!r}: {error!r}") from error


def test_damaged_plugins_are_read_or_refused() -> None:
    for number in range(2000):
        read_or_refused(mutated(f"sample {number}"), f"sample {number}")


@pytest.mark.proof
def test_two_hundred_thousand_damaged_plugins_are_read_or_refused() -> None:
    for number in range(200_000):
        seed = f"proof {number}"
        data = mutated(seed)
        traced = number % 100 == 0
        if traced:
            tracemalloc.start()
        before = time.process_time()
        read_or_refused(data, seed)
        assert time.process_time() - before < 1, seed
        if traced:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < 256 << 20, seed


@pytest.mark.parametrize(
    "plugin",
    [
        Plugin(undefined=tuple(f"name{number}" for number in range(250_000))),
        Plugin(undefined=("long" * 1000,) * 10_000),
        Plugin(packages={f"package{number}": "00" for number in range(25_000)}),
        Plugin(undefined=("go:link.pkghash." * 200,) * 1_100),
    ],
    ids=["names", "long names", "packages", "prefixes"],
)
def test_more_than_any_plugin_has_is_refused_soon(plugin: Plugin) -> None:
    data = shared_object(plugin)
    before = time.process_time()
    with pytest.raises(Malformed, match=r"more names than any plugin|25000 packages"):
        read_binary(data)
    assert time.process_time() - before < 2


def test_the_mark_of_build_info_a_million_times_costs_little() -> None:
    marks = b"\xff Go buildinf:\x04\0" * 1_000_000
    data = shared_object(Plugin(go=""), exports=lambda linker: (linker.put(marks), 0))
    before = time.process_time()
    assert read_binary(data).build is None
    assert time.process_time() - before < 1


def test_a_binary_is_a_value() -> None:
    found = read_binary(shared_object())
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.size = 0  # type: ignore[misc]
