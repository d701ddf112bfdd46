"""Packages for the rules of the family Z: zips written field by field."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace

from kuiper_pack.package.anomaly import Budget
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package, package_of_bytes
from tests.package.zips import Member, build
from tests.shared_objects import ELF

SO = Member(b"random.so", ELF)
TEXT = Member(b"notes.txt", b"some notes\n")
EMPTY_END = b"PK\x05\x06" + bytes(18)


def sink(*members: Member, budget: Budget | None = None, **given: bytes | int) -> Package:
    """A sink package, with more entries; ``given`` is for the end of the zip."""
    data = build(SO, *members, **given)  # type: ignore[arg-type]
    return package_of_bytes(data, kind=Kind.SINK, name="random", budget=budget or Budget())


def named(*names: str) -> Package:
    """A sink package with more files of these names."""
    return sink(*(Member(name.encode(), b"x", flags=0x800) for name in names))


def other_path(name: bytes, other: bytes) -> bytes:
    """The extra field that gives an entry a second name."""
    return struct.pack("<HHBI", 0x7075, 5 + len(other), 1, zlib.crc32(name)) + other


def zeros(count: int) -> Member:
    """An entry of so many zeros."""
    return Member(b"zeros", bytes(count), method=8)


def cases() -> Iterator[tuple[str, Package, Package]]:
    """For each rule a package that fails it and one that does not."""
    good = sink(TEXT)
    yield "KPZ01", sink(replace(TEXT, local_name=b"readme.md")), good
    yield "KPZ02", sink(TEXT, prefix=b"#!/bin/sh\n"), good
    yield "KPZ03", sink(TEXT, TEXT), good
    yield "KPZ04", sink(TEXT, budget=Budget(entries=1)), sink(TEXT, budget=Budget(entries=2))
    yield "KPZ05", named("etc\\a"), named("a")
    yield "KPZ06", sink(TEXT, before_end=EMPTY_END), sink(TEXT, comment=b"made by hand")
    yield "KPZ07", sink(replace(TEXT, offset=0)), good
    yield "KPZ08", sink(zeros((64 << 20) + 1)), sink(zeros(63 << 20))
    yield "KPZ09", sink(replace(TEXT, flags=1)), good
    yield "KPZ10", named("lib.so\0.txt", "a\nb", "\u202eos.gnp"), named("größe.txt")
    yield "KPZ11", named("x" * 256), named("x" * 255)
    yield "KPZ12", named("/a", "C:/a"), named("a", "CC:a")
    yield "KPZ13", named("Data.csv", "data.csv"), named("Data.csv", "Data.csv.old")
    yield "KPZ14", named("data", "data/table.csv"), named("data.csv", "data/table.csv")
    yield "KPZ15", sink(replace(TEXT, name=b"gr\xf6\xdfe")), named("größe")
    yield "KPZ16", named("./a", "."), named(".a", "a.")
    yield "KPZ17", sink(replace(TEXT, crc=0)), sink(replace(TEXT, content=b""))
    link = replace(TEXT, attributes=0o120777 << 16)
    yield "KPZ18", sink(link), good
    twice = Member(b"random.json", b'{"about": {}, "about": {}, "properties": []}')
    once = replace(twice, content=b'{"about": {}, "properties": []}')
    yield "KPZ20", sink(twice), sink(once)
    yield (
        "KPZ21",
        sink(replace(once, content=b'{"about": {"\xe9": 0}, "properties": []}')),
        sink(once),
    )
    yield "KPZ19", sink(replace(TEXT, needed=63)), good
