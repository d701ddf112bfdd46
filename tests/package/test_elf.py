"""ELF headers: what a program is for and who loads it, from any bytes, without a crash."""

import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuiper_pack.package.architecture import host_architecture
from kuiper_pack.package.elf import HEADERS, Elf, read_elf
from tests.shared_objects import ELF, program


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("interpreter", ["", "/lib/ld-musl-x86_64.so.1"])
def test_a_header_is_read_in_both_sizes_and_byte_orders(
    bits: int, order: str, interpreter: str
) -> None:
    data = program(interpreter, bits=bits, order=order)
    assert read_elf(data) == Elf(bits, "amd64", "executable", interpreter)


@pytest.mark.parametrize(
    ("interpreter", "libc"),
    [
        ("/lib64/ld-linux-x86-64.so.2", "glibc"),
        ("/lib/ld-linux-aarch64.so.1", "glibc"),
        ("/lib/ld-linux-armhf.so.3", "glibc"),
        ("/lib/ld-musl-armhf.so.1", "musl"),
        ("/system/bin/linker64", None),
        ("", None),
    ],
)
def test_the_loader_tells_the_c_library(interpreter: str, libc: str | None) -> None:
    found = read_elf(program(interpreter))
    assert found is not None
    assert found.libc == libc


@pytest.mark.parametrize(
    ("machine", "name"), [(62, "amd64"), (183, "arm64"), (40, "arm"), (9, "9")]
)
def test_the_processor_is_named_as_go_does(machine: int, name: str) -> None:
    found = read_elf(program("", machine=machine))
    assert found is not None
    assert found.machine == name


def test_what_is_cut_off_is_not_known() -> None:
    data = program("/lib64/ld-linux-x86-64.so.2")
    found = read_elf(data[:-1])
    assert found is not None
    assert found.interpreter is None
    assert read_elf(data[:19]) is None


@pytest.mark.parametrize("data", [b"", b"MZ", b"#!/bin/sh\n", b"\x7fELF" + bytes(60)])
def test_anything_else_is_none(data: bytes) -> None:
    assert read_elf(data) is None


def test_a_shared_object_is_no_program() -> None:
    found = read_elf(ELF)
    assert found is not None
    assert (found.type, found.machine, found.interpreter) == ("shared", "amd64", "")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_a_crash(tail: bytes) -> None:
    read_elf(b"\x7fELF" + tail)
    read_elf(struct.pack("<4sBBB9x", b"\x7fELF", 2, 1, 1) + tail)


@pytest.mark.skipif(sys.platform != "linux", reason="programs are ELF files on Linux only")
def test_the_python_that_runs_this_is_for_this_machine() -> None:
    with Path(sys.executable).open("rb") as file:
        found = read_elf(file.read(HEADERS))
    assert found is not None
    assert (found.bits, found.machine) == (struct.calcsize("P") * 8, host_architecture())
