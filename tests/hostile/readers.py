"""What other readers make of an archive: Python's zipfile, Info-ZIP's unzip, Go's archive/zip."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kuiper_pack.package.archive import Archive
from kuiper_pack.package.entry import Entry

_PROGRAM = Path(__file__).with_name("readers.go")
_MOST = 128 << 20
_CHUNK = 1 << 20
_FINE = (0, 1)
"""Exit codes of unzip: nothing wrong, and warnings."""


@dataclass(frozen=True)
class Seen:
    """One entry; ``crc`` is that of the content that was read, ``problem`` why it was not."""

    name: str
    size: int
    crc: int
    problem: str | None


@dataclass(frozen=True)
class View:
    """What a reader sees: entries, or why it opens nothing."""

    error: str | None
    entries: tuple[Seen, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the entries."""
        return tuple(one.name for one in self.entries)

    @property
    def files(self) -> tuple[Seen, ...]:
        """The entries that have content."""
        return tuple(one for one in self.entries if not one.name.endswith("/"))


def ours(path: Path, go: tuple[int, ...]) -> View:
    """What kuiper-pack says that a Go version sees."""
    archive = Archive(path)
    seen = archive.as_go(go)
    return View(seen.error, tuple(_ours(archive, entry) for entry in seen.entries))


def _ours(archive: Archive, entry: Entry) -> Seen:
    sound = entry.problem is None and not entry.name.endswith("/")
    crc = zlib.crc32(archive.read(entry, _MOST)) if sound else 0
    return Seen(entry.name, entry.size, crc, entry.problem)


def python(path: Path) -> View:
    """What Python's zipfile sees."""
    try:
        with zipfile.ZipFile(path) as archive:
            return View(None, tuple(_read(archive, info) for info in archive.infolist()))
    except Exception as error:
        return View(_words(error))


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Seen:
    crc, problem = 0, None
    try:
        with archive.open(info) as content:
            while chunk := content.read(_CHUNK):
                crc = zlib.crc32(chunk, crc)
    except Exception as error:
        problem = _words(error)
    return Seen(info.filename, info.file_size, 0 if problem else crc, problem)


def _words(error: Exception) -> str:
    """The kind of an error: the words differ between versions of Python."""
    return type(error).__name__


@dataclass(frozen=True)
class Unzipped:
    """What unzip shows: names, the size of all, and whether its test finds nothing wrong."""

    opens: bool
    names: tuple[str, ...] = ()
    size: int = 0
    sound: bool = False
    crc: int = 0
    """The checksum of all contents in a row."""


def unzip(path: Path) -> Unzipped:
    """What Info-ZIP's unzip sees."""
    listed = _run("-Z1", path)
    if listed.returncode not in _FINE:
        return Unzipped(opens=False)
    names = tuple(listed.stdout.decode("utf-8", "surrogateescape").split("\n")[:-1])
    if names == ("Empty zipfile.",):
        names = ()
    total = re.search(rb"files?, (\d+) bytes uncompressed", _run("-Zt", path).stdout)
    tested = _run("-P", "none", "-tq", path)
    content = _run("-P", "none", "-pq", path).stdout
    return Unzipped(
        opens=True,
        names=names,
        size=int(total[1]) if total else 0,
        sound=tested.returncode in _FINE,
        crc=zlib.crc32(content),
    )


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["unzip", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8", "UNZIP": "", "ZIPINFO": ""},
    )


def has_unzip() -> bool:
    """Whether Info-ZIP's unzip is here."""
    return shutil.which("unzip") is not None


@cache
def go_version() -> tuple[int, ...] | None:
    """The version of the Go toolchain; None where there is none."""
    if shutil.which("go") is None:
        return None
    done = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=False)
    found = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", done.stdout)
    return tuple(int(part) for part in found.groups("0")) if found else None


def go(paths: Sequence[Path], folder: Path) -> Iterator[View]:
    """What Go's archive/zip sees of each; ``folder`` is for the compiler."""
    done = subprocess.run(
        ["go", "run", _PROGRAM],
        input="".join(f"{path}\n" for path in paths),
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={**os.environ, "GOTMPDIR": str(folder), "GO111MODULE": "off", "GOTOOLCHAIN": "local"},
    )
    for path, line in zip(paths, done.stdout.splitlines(), strict=True):
        yield _of_go(json.loads(line), str(path))


def _of_go(seen: dict[str, object], path: str) -> View:
    entries = seen["entries"] or ()
    assert isinstance(entries, Iterable)
    return View(
        str(seen["error"]) or None,
        tuple(
            Seen(
                bytes.fromhex(one["name"]).decode("utf-8", "surrogateescape"),
                one["size"],
                0 if one["problem"] or one["name"].endswith("2f") else one["crc"],
                re.sub(rf"^read(at)? {re.escape(path)}: ", "", one["problem"]) or None,
            )
            for one in entries
        ),
    )
