"""Go plugins of many Go versions and flags are really opened, and do what is predicted of them."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from random import Random

import pytest

from kuiper_pack.goplugin.read import read_binary
from tests.goplugin import matrix
from tests.goplugin.matrix import Subject
from tests.goplugin.workshop import Workshop, go, needs_go
from tests.proof.ledger import KEPT, Ledger, Row, table, this_commit, write_table

SEED = "2026"
PROCESSES = 40
"""How many processes of each Go version open several plugins, drawn from the seed."""
_OUTCOMES = ("ok", "error", "crash")
_COLUMNS = (
    "files", "ok", "error", "crash", "unknown", "in init()", "other death", "wrong",
)  # fmt: skip
_HOSTS = (*matrix.TOOLCHAINS, *matrix.PLAIN_ONLY)
_TEXT = """
Plugins are built by several versions of Go with many flags, and so are programs that open them,
with cgo and without. Every file is opened by every program, in a fresh process each, and what
happens is compared with what was predicted from the two files: the outcome, the words of an error
with the package that it names first, and of an opened plugin the names and types that `Lookup`
gives. *ok*, *error* and *crash* count what was seen, *unknown* what nobody predicted; *in init()*
are processes that ended because of what a plugin does in its own `init`, which no prediction looks
at, *other death* those that crashed as predicted, but with other words, and *wrong* is all else.

The files: plugins with all flags of the list below; one that shares their packages, and one that
panics; those of further versions of Go without special flags; a C library, a text, an empty file
and plugins that are cut short.

The real servers are in [a table of their own](goplugin-servers.md).
"""
_SEVERAL = """
## Several plugins in one process

Sequences of up to five of the files, drawn from a seed. A plugin that was refused stays in memory,
a plugin path is loaded once, and what comes after a crash is not asked. One by another Go version
can overwrite what tells whether the plugin before it is good: that is *unknown*, and so is what
follows.
"""
_DIAGONAL = """
## Go versions

What programs with cgo, in the rows, do with plugins in the columns, both built with `-trimpath` and
nothing else.
"""
_FLAGS = """
## Flags

The same files by how they were built, opened by programs with cgo that the same Go version built,
with `-trimpath`.
"""

pytestmark = [pytest.mark.proof, go, needs_go]


@pytest.mark.parametrize("version", _HOSTS)
def test_every_file_does_in_every_program_what_is_predicted(version: str) -> None:
    shop, ledger = Workshop(), Ledger.of_this_commit(_pairs(version))
    rows = [
        ledger.once(f"{opener.label} < {file.label}", partial(judge, shop, opener, (file,)))
        for opener in _hosts_of(version)
        for file in matrix.subjects(matrix.TOOLCHAINS, matrix.PLAIN_ONLY)
    ]
    _write_table()
    assert _wrong(rows) == {}


@pytest.mark.parametrize("version", matrix.TOOLCHAINS)
def test_plugins_that_are_opened_one_after_another_do_what_is_predicted(version: str) -> None:
    shop, ledger = Workshop(), Ledger.of_this_commit(_several(version))
    rows = []
    for number in range(PROCESSES):
        rng = Random(f"{SEED} {version} {number}")
        opener = rng.choice(_hosts_of(version)[::2])  # not the one that opens nothing
        files = drawn(rng, version)
        key = f"{opener.label} < {', '.join(one.label for one in files)}"
        rows.append(ledger.once(key, partial(judge, shop, opener, files)))
    _write_table()
    assert _wrong(rows) == {}


@pytest.mark.parametrize("version", _HOSTS)
def test_files_are_read_as_the_go_command_and_pyelftools_read_them(version: str) -> None:
    pytest.importorskip("elftools")
    shop, ledger = Workshop(), Ledger.of_this_commit(_files(version))
    built = matrix.subjects(matrix.TOOLCHAINS, matrix.PLAIN_ONLY)
    whole = [one for one in built if one.go == version and not one.flags.startswith("cut")]
    rows = [
        ledger.once(one.label, partial(compare, shop, one)) for one in (*whole, *_hosts_of(version))
    ]
    _write_table()
    assert {row["key"]: row["differ"] for row in rows if row["differ"]} == {}


def drawn(rng: Random, version: str) -> list[Subject]:
    """Some files, most of them by one Go version, and a few that no server outlives."""
    everything = list(matrix.subjects(matrix.TOOLCHAINS, matrix.PLAIN_ONLY))
    near = [one for one in everything if one.go == version and one.package != "panics"]
    files = [rng.choice(near) for _ in range(rng.randint(2, 4))]
    if rng.random() < 0.3:
        files[-1] = rng.choice(everything)
    if rng.random() < 0.2:
        files.append(files[0])
    return files


def judge(shop: Workshop, opener: Subject, files: Sequence[Subject]) -> Row:
    """Open files in one process, and the row about it."""
    opened = matrix.open_all(shop, opener, files)
    return {
        "key": f"{opener.label} < {', '.join(one.label for one in files)}",
        "go": opener.go,
        "flags": opener.flags,
        "file": f"{files[0].package} {files[0].flags}".strip(),
        "file's go": files[0].go,
        "outcomes": " ".join(one.seen for one in opened),
        "files": len(opened),
        **{outcome: sum(one.seen == outcome for one in opened) for outcome in _OUTCOMES},
        "unknown": sum(one.predicted == "unknown" for one in opened),
        "in init()": sum(one.panicked for one in opened),
        "other death": sum(bool(one.other_words) for one in opened),
        "wrong": sum(bool(one.differ) for one in opened),
        "differ": " | ".join(one.differ for one in opened if one.differ),
    }


def compare(shop: Workshop, subject: Subject) -> Row:
    """Read a file in other ways, and the row about it."""
    from tests.goplugin.oracle import read_differently

    file = subject.file(shop)
    return {
        "key": subject.label,
        "go": subject.go,
        "differ": "; ".join(read_differently(file, read_binary(file))),
    }


def _hosts_of(version: str) -> list[Subject]:
    all_ = matrix.hosts(matrix.TOOLCHAINS, matrix.PLAIN_ONLY)
    return [one for one in all_ if one.go == version]


def _wrong(rows: Iterable[Row]) -> dict[str | int, str | int]:
    return {row["key"]: row["differ"] for row in rows if row["wrong"]}


def _pairs(version: str) -> str:
    return f"goplugins-{version}"


def _several(version: str) -> str:
    return f"goplugins-several-{version}"


def _files(version: str) -> str:
    return f"goplugins-files-{version}"


def _known(names: Iterable[str]) -> list[Row]:
    files = (KEPT / f"{name}@{this_commit()}.jsonl" for name in names)
    return [row for file in files for row in Ledger(file).rows.values()]


def _write_table() -> None:
    """Write what is known so far; the test that is done last writes all."""
    pairs = _known(map(_pairs, _HOSTS))
    several = _known(map(_several, matrix.TOOLCHAINS))
    files = _known(map(_files, _HOSTS))
    differ = sum(bool(row["differ"]) for row in files)
    own = [row for row in pairs if row["flags"] == "cgo" and row["file's go"] in ("", row["go"])]
    plain = [row for row in pairs if row["flags"] == "cgo" and row["file"] == "plugin plain"]
    appendix = "\n".join(
        [
            _FLAGS,
            table(("file", *_COLUMNS), _sums(own, ("file",))),
            _DIAGONAL,
            _versions(plain),
            _SEVERAL,
            table(("go", "processes", *_COLUMNS), _sums(several, ("go",))),
            "\n## Reading\n",
            f"{len(files)} files that were built for this were read by the `go` command and by\n"
            "pyelftools too: the build info is what `go version -m` prints, what can be looked up\n"
            "is what `.dynsym` has, and so are the packages, the undefined symbols, the needed\n"
            f"libraries and their versions. {differ} differ.",
        ]
    )
    title, columns = "Predicted and real plugin.Open", ("go", "flags", *_COLUMNS)
    rows = _sums(pairs, ("go", "flags"))
    write_table("goplugins", title, _TEXT, columns, rows, appendix=appendix)


def _sums(rows: Iterable[Row], by: tuple[str, ...]) -> list[Row]:
    """One row for each value of ``by``, and one of all."""
    sums: dict[tuple[str | int, ...], Counter[str]] = {}
    for row in rows:
        for key in (tuple(row[name] for name in by), ("all", *("" for _ in by[1:]))):
            counted = sums.setdefault(key, Counter())
            counted["processes"] += 1
            counted.update({column: int(row[column]) for column in _COLUMNS})
    ordered = sorted(sums, key=lambda key: (key[0] == "all", _order(key)))
    return [{**dict(zip(by, key, strict=True)), **_counts(sums[key])} for key in ordered]


def _counts(counted: Counter[str]) -> Row:
    return {column: counted[column] for column in ("processes", *_COLUMNS)}


def _order(key: Sequence[str | int]) -> tuple[object, ...]:
    if not str(key[0])[:1].isdigit():
        return key[0], *key[1:]
    return [int(part) for part in re.findall(r"\d+", str(key[0]))], *key[1:]


def _versions(rows: Sequence[Row]) -> str:
    """Go versions of programs and of plugins, as a table."""
    seen = {(row["go"], row["file's go"]): row["outcomes"] for row in rows}
    versions = sorted({go for pair in seen for go in pair}, key=lambda go: _order((go,)))
    lines: list[Row] = [
        {"": mine, **{str(its): seen.get((mine, its), "") for its in versions}} for mine in versions
    ]
    return table(("", *map(str, versions)), lines)
