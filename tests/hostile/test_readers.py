"""Other readers of zips: where one disagrees with us about a hostile archive, a rule says why."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from kuiper_pack.package.archive import Archive
from kuiper_pack.package.gorules import NEWEST
from tests.hostile import readers
from tests.hostile.archives import archives
from tests.hostile.danger import Hostile
from tests.hostile.readers import Unzipped, View
from tests.proof.ledger import Row, write_table

EXPLAINED: Mapping[str, frozenset[str]] = {
    "whether it opens": frozenset({"KPL02", "KPZ02", "KPZ06", "KPZ19"}),
    "names": frozenset({"KPZ04", "KPZ06", "KPZ10", "KPZ11", "KPZ15", "KPZ16"}),
    "sizes": frozenset({"KPZ01", "KPZ06"}),
    "contents": frozenset({"KPL02", "KPZ01", "KPZ02", "KPZ07", "KPZ09", "KPZ17", "KPZ19"}),
}
"""What readers can disagree about, and the rules that can be the reason."""
GO = readers.go_version()
_COLUMNS = ("reader", "disagrees about", "rule", "archives", "one of them")
_TEXT = """
Each hostile archive of `tests/hostile` is read by kuiper-pack, as the Go version of a server reads
it, and by three other readers: Go's archive/zip, Python's zipfile and Info-ZIP's unzip. Compared
are whether it opens at all, the names, the sizes, and which contents can be read and what they
hold. A disagreement counts once for each rule that speaks of the archive and can be the reason; one
without such a rule fails the test. Rows with no rule say how many archives a reader sees as
kuiper-pack does.
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Hostile, Path]]]:
    folder = tmp_path_factory.mktemp("readers")
    made = []
    for number, hostile in enumerate(archives()):
        path = folder / f"{number}.zip"
        path.write_bytes(hostile.data)
        made.append((hostile, path))
    yield made
    for _, path in made:
        path.unlink()


Files = list[tuple[Hostile, Path]]


@pytest.mark.go
@pytest.mark.skipif(GO is None, reason="there is no Go toolchain")
def test_go_sees_what_we_say_it_sees(files: Files, tmp_path: Path) -> None:
    assert GO is not None
    whole = [path for _, path in files if Archive(path).lists_all]
    seen = list(readers.go(whole, tmp_path))
    assert [readers.ours(path, GO) for path in whole] == seen


def test_where_python_disagrees_a_rule_says_why(files: Files) -> None:
    assert _unexplained(files, of_python) == {}


@pytest.mark.skipif(not readers.has_unzip(), reason="there is no unzip")
def test_where_unzip_disagrees_a_rule_says_why(files: Files) -> None:
    assert _unexplained(files, of_unzip) == {}


@pytest.mark.proof
@pytest.mark.go
@pytest.mark.skipif(GO is None or not readers.has_unzip(), reason="there is no Go, or no unzip")
def test_the_table_of_readers(files: Files, tmp_path: Path) -> None:
    assert GO is not None
    seen = readers.go([path for _, path in files], tmp_path)
    by_path = dict(zip((path for _, path in files), seen, strict=True))

    def of_go(path: Path) -> str | None:
        return difference(readers.ours(path, GO or NEWEST), by_path[path])

    rows: list[Row] = []
    for reader, ask in (
        ("Go's archive/zip", of_go),
        ("Python's zipfile", of_python),
        ("Info-ZIP's unzip", of_unzip),
    ):
        rows += _rows(reader, [(hostile, ask(path)) for hostile, path in files])
    write_table("readers", "Other readers of zips", _TEXT, _COLUMNS, rows)


def of_python(path: Path) -> str | None:
    """What Python's zipfile disagrees about."""
    return difference(readers.ours(path, NEWEST), readers.python(path))


def of_unzip(path: Path) -> str | None:
    """What unzip disagrees about."""
    return _difference_of_unzip(path, readers.ours(path, NEWEST), readers.unzip(path))


def difference(mine: View, other: View) -> str | None:
    """The first thing that two views disagree about."""
    if mine.error is not None or other.error is not None:
        same = mine.error is not None and other.error is not None
        return None if same else "whether it opens"
    if mine.names != other.names:
        return "names"
    if [one.size for one in mine.entries] != [one.size for one in other.entries]:
        return "sizes"
    for one, another in zip(mine.files, other.files, strict=True):
        if (one.problem is None, one.crc) != (another.problem is None, another.crc):
            return "contents"
    return None


def _difference_of_unzip(path: Path, mine: View, other: Unzipped) -> str | None:
    if mine.error is not None or not other.opens:
        return None if mine.error is not None and not other.opens else "whether it opens"
    if mine.names != other.names:
        return "names"
    if sum(one.size for one in mine.entries) != other.size:
        return "sizes"
    sound = all(one.problem is None for one in mine.files)
    if sound != other.sound or (sound and _contents(path) != other.crc):
        return "contents"
    return None


def _contents(path: Path) -> int:
    """The checksum of all contents in a row."""
    archive, crc = Archive(path), 0
    for entry in archive.entries:
        if not entry.name.endswith("/"):
            crc = zlib.crc32(archive.read(entry, 128 << 20), crc)
    return crc


def _unexplained(files: Files, ask: Callable[[Path], str | None]) -> dict[str, str]:
    found = {hostile.name: (ask(path), hostile.codes) for hostile, path in files}
    return {
        name: what
        for name, (what, codes) in found.items()
        if what is not None and not codes & EXPLAINED[what]
    }


def _rows(reader: str, answers: list[tuple[Hostile, str | None]]) -> Iterator[Row]:
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for hostile, what in answers:
        rules = hostile.codes & EXPLAINED[what] if what else {""}
        for rule in rules:
            grouped[what or "nothing", rule].append(hostile.name)
    for (what, rule), names in sorted(grouped.items()):
        example = names[0] if rule else ""
        yield dict(zip(_COLUMNS, (reader, what, rule, len(names), example), strict=True))
