"""Predictions against the real ``plugin.Open``, and the reader against the Go command."""

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kuiper_pack.goplugin.errors import BinaryError
from kuiper_pack.goplugin.host import host_of
from kuiper_pack.goplugin.predict import Candidate, predict
from kuiper_pack.goplugin.read import Binary, read_binary
from tests.goplugin.workshop import (
    FLAGS,
    GO,
    HOSTS,
    MORE_HOSTS,
    Flags,
    Seen,
    Workshop,
    agrees,
    go,
    needs_go,
    really_open,
)
from tests.proof.ledger import Ledger, Row, write_table

pytestmark = [go, needs_go]

_TOOLCHAINS = (
    "go1.18.10", "go1.20.14", "go1.22.8", "go1.23.1", "go1.24.1", "go1.24.5", "go1.25.4",
)  # fmt: skip
_SAMPLE = ("plain", "untrimmed", "other-dependency")
_TEXT = """
Plugins built by several Go versions in right and wrong ways, each really opened by every host in a
fresh process, and predicted without opening it. Compared are the outcome (it opens, it is refused,
the host dies) and, of a refusal, the words, the package that is named included. A host is named by
its Go version and how it was built; a plugin that panics in its own `init` is not among them:
that is what no reader can know.
"""
_COLUMNS = ("host", "plugins", "ok", "error", "crash", "agree", "differ")


def flags(name: str) -> Flags:
    return next(one for one in FLAGS if one.name == name)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="module")
def here() -> str:
    """The Go version of this machine."""
    asked = subprocess.run(
        [str(GO), "env", "GOVERSION"],
        env=os.environ | {"GOTOOLCHAIN": "local"},
        check=True,
        capture_output=True,
        text=True,
    )
    return asked.stdout.strip()


def read(path: Path) -> Binary | BinaryError:
    try:
        return read_binary(path)
    except BinaryError as error:
        return error


def wrong(host: Path, files: list[Path], seen: list[Seen] | None = None) -> list[str]:
    """What was predicted otherwise than it came, the files being opened by one process."""
    given = host_of(read_binary(host), host.name)
    predicted = predict(given, [Candidate(str(file), read(file)) for file in files])
    happened = really_open(host, files)
    if seen is not None:
        seen += happened
    found = [agrees(*pair) for pair in zip(predicted, happened, files, strict=False)]
    return [text for text in found if text]


def test_predictions_are_what_happens(workshop: Workshop, here: str, tmp_path: Path) -> None:
    plugins = [workshop.plugin(here, flags(name)) for name in _SAMPLE]
    cut_off = tmp_path / "cut-off.so"
    cut_off.write_bytes(plugins[0].read_bytes()[: plugins[0].stat().st_size // 2])
    text = tmp_path / "text.so"
    text.write_text("no plugin\n")
    seen: list[Seen] = []
    for host in (workshop.host(here), workshop.host(here, HOSTS[1])):
        for file in (*plugins, workshop.library(), cut_off, text):
            assert wrong(host, [file], seen) == []
    outcomes = Counter(one.outcome for one in seen)
    assert outcomes == {"ok": 1, "error": 9, "crash": 2}


def test_plugins_of_one_process_spoil_each_other_as_predicted(
    workshop: Workshop, here: str, tmp_path: Path
) -> None:
    host = workshop.host(here)
    plain, refused, again = (workshop.plugin(here, flags(name)) for name in _SAMPLE)
    copied = tmp_path / "copied.so"
    copied.write_bytes(plain.read_bytes())
    for files in (
        [plain, plain],
        [plain, copied],
        [refused, plain, refused],
        [refused, again, copied],
        [plain, workshop.library()],
        [refused, workshop.library()],
        [workshop.library(), plain],
    ):
        assert wrong(host, files) == [], [file.name for file in files]


def test_the_reader_agrees_with_the_go_command(workshop: Workshop, here: str) -> None:
    for file in (workshop.plugin(here, flags("plain")), workshop.host(here)):
        assert_go_agrees(file)


def test_exports_are_found_by_lookup_with_their_types(workshop: Workshop, here: str) -> None:
    file = workshop.plugin(here, flags("plain"))
    (seen,) = really_open(workshop.host(here), [file])
    found = read_binary(file).plugin
    assert found is not None
    assert {one.name for one in found.exports} == set(seen.names) == {"Make", "Count"}
    make, count = found.export("Make"), found.export("Count")
    assert make is not None
    assert count is not None
    assert make.type == "func(...string) example.test/workshop/shared.Speaker"
    assert seen.names["Make"] == make.type.replace("example.test/workshop/", "")
    assert (count.type, count.methods) == (
        "example.test/workshop/plugin.Thing",
        (("Say", "func() string"),),
    )


def assert_go_agrees(file: Path) -> None:
    """The build info is that of ``go version -m``, the exports those of the dynamic symbols."""
    command = [str(GO), "version", "-m", str(file)]
    asked = subprocess.run(command, check=False, capture_output=True, text=True)
    binary = read_binary(file)
    if asked.returncode != 0:
        assert binary.build is None
        return
    first, *lines = asked.stdout.splitlines()
    assert binary.build is not None
    assert first == f"{file}: {binary.build.go}"
    rows = [line.strip("\t").split("\t") for line in lines]
    settings = dict(row[1].split("=", 1) for row in rows if row[0] == "build")
    assert {name: value.strip('"') for name, value in settings.items()} == binary.build.settings
    assert [row[1] for row in rows if row[0] == "path"] == [binary.build.path]
    listed = [(row[1], row[2]) for row in rows if row[0] == "dep"]
    assert listed == [(one.path, one.version) for one in binary.build.dependencies]
    if binary.plugin is not None:
        symbols = dynamic_symbols(file)
        path = re.escape(binary.plugin.path)
        upper = {name for name in symbols if re.fullmatch(rf"{path}\.[A-Z]\w*", name)}
        exported = {f"{binary.plugin.path}.{one.name}" for one in binary.plugin.exports}
        assert exported <= upper
        packages = {name.partition("hashbytes.")[2] for name in symbols if "hashbytes." in name}
        assert packages == set(binary.packages)


def dynamic_symbols(file: Path) -> set[str]:
    """The names of the dynamic symbols as pyelftools reads them."""
    from elftools.elf.elffile import ELFFile

    with file.open("rb") as stream:
        segments = ELFFile(stream).iter_segments()
        dynamic: Any = next(one for one in segments if one["p_type"] == "PT_DYNAMIC")
        return {symbol.name for symbol in dynamic.iter_symbols()}


@pytest.mark.proof
def test_the_whole_matrix_comes_as_predicted(workshop: Workshop, here: str) -> None:
    ledger = Ledger.of_this_commit("go-plugins")
    toolchains = (*_TOOLCHAINS, here)
    plugins = [workshop.library()]
    hosts = []
    for version in toolchains:
        plugins += list(_built(workshop, version))
        hosts += [workshop.host(version, one) for one in (*HOSTS, *MORE_HOSTS)]
    for file in plugins:
        assert_go_agrees(file)
    rows = [ledger.once(host.name, partial(_row, host, plugins)) for host in hosts]
    write_table("go-plugins", "Go plugins", _TEXT, _COLUMNS, rows)
    assert [row["host"] for row in rows if row["differ"]] == []


def _built(workshop: Workshop, version: str) -> Iterator[Path]:
    for one in FLAGS:
        # Coverage of programs came with Go 1.20.
        if not (one.name == "cover" and version == "go1.18.10"):
            yield workshop.plugin(version, one)


def _row(host: Path, plugins: list[Path]) -> Row:
    seen: list[Seen] = []
    differ = sum(bool(wrong(host, [file], seen)) for file in plugins)
    outcomes = Counter(one.outcome for one in seen)
    return {
        "host": host.name.removeprefix("host-"),
        "plugins": len(plugins),
        **{name: outcomes[name] for name in ("ok", "error", "crash")},
        "agree": len(plugins) - differ,
        "differ": differ,
    }
