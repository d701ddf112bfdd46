"""What a hostile archive is, and how the modules beside this one write theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package, package_of_bytes
from tests.package.zips import Member, build
from tests.shared_objects import ELF

MANIFEST = b'{"language": "python", "executable": "mirror.py", "functions": ["echo"]}'


@dataclass(frozen=True)
class Hostile:
    """An archive and the rules that must name what is wrong with it, for the default servers."""

    name: str
    codes: frozenset[str]
    data: bytes
    kind: Kind
    plugin: str

    def package(self) -> Package:
        """The archive as a package, read anew."""
        return package_of_bytes(self.data, kind=self.kind, name=self.plugin)


Dangers = Iterator[Hostile]


def file(name: str | bytes, content: bytes | None = None, **given: Any) -> Member:
    """An entry; names given as text are UTF-8 and say so."""
    raw = name.encode() if isinstance(name, str) else name
    flags = 0x800 if isinstance(name, str) and not name.isascii() else 0
    folder = raw.endswith(b"/")
    attributes = (0o40755 if folder else 0o100644) << 16
    if content is None:
        content = b"" if folder else b"content\n"
    member = Member(raw, content, flags=flags, attributes=attributes)
    return replace(member, **given)


SO = file("random.so", ELF)
SCRIPT = file("install.sh", b"exit 0\n")
NATIVE = SO, SCRIPT
YAML = file("random.yaml", b"default:\n  interval: 10\n")
PYTHON = file("mirror.json", MANIFEST), file("mirror.py", b"print()\n")


def sink(name: str, codes: str, *members: Member, **end: Any) -> Hostile:
    """A sink package with more entries; ``end`` is for the end of the zip."""
    return raw(name, codes, build(*NATIVE, *members, **end))


def source(name: str, codes: str, *members: Member, **end: Any) -> Hostile:
    """A source package with more entries."""
    return raw(name, codes, build(*NATIVE, *members, **end), kind=Kind.SOURCE)


def portable(name: str, codes: str, *members: Member, **end: Any) -> Hostile:
    """A portable package with more entries."""
    data = build(*PYTHON, *members, **end)
    return raw(name, codes, data, kind=Kind.PORTABLE, plugin="mirror")


def both(name: str, of_sink: str, of_portable: str, *members: Member) -> Dangers:
    """The same danger for a native and a portable package."""
    yield sink(f"{name}, sink", of_sink, *members)
    yield portable(f"{name}, portable", of_portable, *members)


def raw(
    name: str, codes: str, data: bytes, *, kind: Kind = Kind.SINK, plugin: str = "random"
) -> Hostile:
    """Any bytes."""
    return Hostile(name, frozenset(codes.split()), data, kind, plugin)


def changed(hostile: Hostile, change: Callable[[bytes], bytes]) -> Hostile:
    """The same with other bytes."""
    return replace(hostile, data=change(hostile.data))
