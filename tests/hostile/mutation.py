"""Packages as tools write them, and what can happen to their bytes, seeded."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import BinaryIO

from kuiper_pack.build.scaffold import Scaffold, render
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import package_of_bytes
from kuiper_pack.rules.engine import Judge
from kuiper_pack.rules.finding import Severity
from tests.package.zips import Member, build
from tests.shared_objects import ELF

EXAMPLES = Path(__file__).parents[2] / "examples"
_SIGNATURES = (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07")
_NUMBERS = (0, 1, 2, 8, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF, (1 << 63) - 1)
_PIECES = (b"../", b"/", b"\0", b"\xff", b"PK\x05\x06", b"{", b"[" * 50, b'"', b"&a *a", b"\n")
_LEFT_OUT = (".go", ".mod", ".sum", ".toml", ".md")


@dataclass(frozen=True)
class Sample:
    """A good package: its contents, and the bytes that one tool made of them."""

    name: str
    kind: Kind
    plugin: str
    contents: Mapping[str, bytes]
    data: bytes


@cache
def samples() -> tuple[Sample, ...]:
    """Ten packages."""
    so, kinds = {}, (Kind.SOURCE, Kind.SINK, Kind.FUNCTION)
    for plugin in ("tide", "temperature", "demo"):
        so[plugin] = {f"{plugin[0].upper()}{plugin[1:]}@v1.0.0.so": ELF}
    random_so = {"random.so": ELF + bytes(range(256)) * 16}
    made = [
        ("the example of a source", Kind.SOURCE, "tide", _example("native-source") | so["tide"]),
        (
            "the example of functions", Kind.FUNCTION, "temperature",
            _example("native-functions") | so["temperature"],
        ),
        ("the example of a portable", Kind.PORTABLE, "greenhouse", _example("python-portable")),
        *((f"a new {kind.value}", kind, "demo", _new(kind, "go") | so["demo"]) for kind in kinds),
        ("a new portable", Kind.PORTABLE, "demo", _new(Kind.PORTABLE, "python")),
        ("a small source", Kind.SOURCE, "random", {**random_so, "random.yaml": b"default: {}\n"}),
        ("a small sink", Kind.SINK, "random", {**random_so, "install.sh": b"exit 0\n"}),
        (
            "a small portable", Kind.PORTABLE, "mirror",
            {
                "mirror.json": b'{"language": "python", "executable": "m.py", "sinks": ["s"]}',
                "m.py": b"print()\n",
            },
        ),
    ]  # fmt: skip
    return tuple(
        Sample(name, kind, plugin, contents, _WRITERS[number % len(_WRITERS)](contents))
        for number, (name, kind, plugin, contents) in enumerate(made)
    )


def _example(name: str) -> dict[str, bytes]:
    folder = EXAMPLES / name
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in _LEFT_OUT and "__pycache__" not in path.parts
    }


def _new(kind: Kind, language: str) -> dict[str, bytes]:
    rendered = render(Scaffold(kind, "demo", language))
    return {path: text.encode() for path, text in rendered.items() if not path.endswith(_LEFT_OUT)}


class _Unseekable(io.RawIOBase):
    """A stream that cannot go back, as a pipe; so sizes stand behind contents."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def _zipped(
    contents: Mapping[str, bytes], file: BinaryIO, *, method: int, zip64: bool = False
) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        folders = {f"{name[: at + 1]}" for name in contents for at in _slashes(name)}
        for folder in sorted(folders):
            archive.writestr(zipfile.ZipInfo(folder), b"")
        for name, content in contents.items():
            info = zipfile.ZipInfo(name)
            info.compress_type, info.external_attr = method, 0o100644 << 16
            with archive.open(info, "w", force_zip64=zip64) as entry:
                entry.write(content)


def _slashes(name: str) -> list[int]:
    return [at for at, letter in enumerate(name) if letter == "/"]


def _packed(contents: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    _zipped(contents, file, method=zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _stored(contents: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    _zipped(contents, file, method=zipfile.ZIP_STORED)
    return file.getvalue()


def _large(contents: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    _zipped(contents, file, method=zipfile.ZIP_DEFLATED, zip64=True)
    return file.getvalue()


def _streamed(contents: Mapping[str, bytes]) -> bytes:
    file = _Unseekable()
    _zipped(contents, file, method=zipfile.ZIP_DEFLATED)  # type: ignore[arg-type]
    return bytes(file.data)


_WRITERS: Sequence[Callable[[Mapping[str, bytes]], bytes]] = (_packed, _streamed, _stored, _large)


def mutated(sample: Sample, seed: str) -> bytes:
    """The package with something done to it."""
    rng = Random(seed)
    kind = rng.random()
    if kind < 0.2:
        return _with_other_content(sample, rng)
    if kind < 0.3:
        return _with_other_names(sample, rng)
    data = bytearray(sample.data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        if len(data) < 4:
            break
        change = _in_headers if kind < 0.6 else rng.choice(_CHANGES)
        change(data, rng)
    return bytes(data)


def _with_other_content(sample: Sample, rng: Random) -> bytes:
    """One file changed, and packed rightly again."""
    contents = dict(sample.contents)
    victim = rng.choice(list(contents))
    changed = bytearray(contents[victim])
    for _ in range(rng.choice((1, 1, 2, 5))):
        if len(changed) > 1:
            rng.choice(_CHANGES)(changed, rng)
    contents[victim] = bytes(changed)
    return _packed(contents)


def _with_other_names(sample: Sample, rng: Random) -> bytes:
    members = []
    for name, content in sample.contents.items():
        raw = bytearray(name.encode())
        if rng.random() < 0.3 and len(raw) > 1:
            rng.choice(_CHANGES)(raw, rng)
        members.append(Member(bytes(raw)[:65535], content, method=rng.choice((0, 8))))
    rng.shuffle(members)
    return build(*members)


def _in_headers(data: bytearray, rng: Random) -> None:
    signature = rng.choice(_SIGNATURES)
    places, at = [], data.find(signature)
    while at >= 0:
        places.append(at)
        at = data.find(signature, at + 1)
    if places:
        at = rng.choice(places) + rng.randrange(0, 46)
        _put(data, at, rng)


def _number(data: bytearray, rng: Random) -> None:
    _put(data, rng.randrange(len(data)), rng)


def _put(data: bytearray, at: int, rng: Random) -> None:
    width = rng.choice((1, 2, 4, 8))
    number = rng.choice((*_NUMBERS, len(data), rng.randrange(1 << 16)))
    data[at : at + width] = struct.pack("<Q", number)[: min(width, max(0, len(data) - at))]


def _flip(data: bytearray, rng: Random) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _cut_out(data: bytearray, rng: Random) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.choice((1, 2, 10, 100, 1000))]


def _insert(data: bytearray, rng: Random) -> None:
    at = rng.randrange(len(data))
    data[at:at] = rng.choice((*_PIECES, rng.randbytes(rng.randrange(1, 40))))


def _repeat(data: bytearray, rng: Random) -> None:
    at, length = rng.randrange(len(data)), rng.choice((1, 10, 100, 1000))
    data[at:at] = data[at : at + length] * rng.choice((1, 1, 2, 20))


def _cut_off(data: bytearray, rng: Random) -> None:
    del data[rng.randrange(1, len(data)) :]


def _swap(data: bytearray, rng: Random) -> None:
    length = rng.choice((1, 4, 46, 100))
    one, two = rng.randrange(len(data)), rng.randrange(len(data))
    first, second = bytes(data[one : one + length]), bytes(data[two : two + length])
    data[one : one + len(first)] = second
    data[two : two + len(second)] = first


def _splice(data: bytearray, rng: Random) -> None:
    other = rng.choice(samples()).data
    at, start = rng.randrange(len(data)), rng.randrange(len(other))
    data[at:] = other[start:]


_CHANGES: Sequence[Callable[[bytearray, Random], None]] = (
    _flip, _number, _cut_out, _insert, _repeat, _cut_off, _swap, _splice, _flip, _number,
)  # fmt: skip


def verdict(data: bytes, sample: Sample, judge: Judge) -> tuple[str, frozenset[str]]:
    """What is said of the package: a word, and the codes of the rules that speak."""
    try:
        package = package_of_bytes(data, kind=sample.kind, name=sample.plugin)
        findings = judge.findings(package)
    except KuiperPackError as error:
        if error.__cause__ is not None:
            raise
        return "unreadable", frozenset()
    bad = any(one.severity is Severity.ERROR for one in findings)
    return "invalid" if bad else "valid", frozenset(one.rule for one in findings)
