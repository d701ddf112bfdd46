"""``python -m benchmarks``: a Markdown table of every promise of speed, with what was measured."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import data
from benchmarks.goplugin import go_plugins
from benchmarks.measure import Command, Row, pair, peak_memory, row, run, timed
from benchmarks.plugin import pytest_unused
from benchmarks.portable import portable_plugins
from benchmarks.server import reference_server
from benchmarks.suite import conformance_suite

PYTHON = sys.executable
CLICK: Command = [PYTHON, "-c", "import click"]
HEAD: Row = ("what", "ours", "against", "ratio", "aim")


def kuiper_pack(*arguments: str | Path) -> Command:
    """The installed command where there is one, else the module."""
    installed = Path(PYTHON).parent / "kuiper-pack"
    start = [installed] if installed.exists() else [PYTHON, "-m", "kuiper_pack"]
    return [*start, *arguments]


def start_up(folder: Path, rounds: int) -> Iterator[Row]:
    """The cost of being called."""
    small = folder / "small.zip"
    data.native_zip(small, "small", data.small_object())
    for what, command, aim in (
        ("--version", kuiper_pack("--version"), "1.3"),
        ("--help", kuiper_pack("--help"), "1.3"),
        ("validate a package of 1 KB", kuiper_pack("validate", small), "2.5"),
    ):
        yield _row(what, command, CLICK, 'python -c "import click"', rounds * 3, aim)


def validate_large(folder: Path, rounds: int) -> Iterator[Row]:
    """One package with a shared object of 100 MB."""
    so, what = data.shared_object(100_000_000)
    large = folder / "large.zip"
    data.native_zip(large, "large", so)
    command = kuiper_pack("validate", large)
    yield _row(
        f"validate 100 MB ({what})", command, ["unzip", "-t", large], "unzip -t", rounds, "0.5"
    )


def validate_many(folder: Path, rounds: int) -> Iterator[Row]:
    """A thousand small packages."""
    zips = folder / "zips"
    zips.mkdir()
    for n in range(1000):
        data.native_zip(zips / f"plugin{n}.zip", f"plugin{n}", data.small_object(n % 10))
    loop = ["sh", "-c", f'for z in "{zips}"/*.zip; do unzip -t "$z" >/dev/null; done']
    command = kuiper_pack("validate", *sorted(zips.iterdir()))
    yield _row("validate 1,000 small zips", command, loop, "unzip -t in a loop", rounds, "0.3")


def build_large(folder: Path, rounds: int) -> Iterator[Row]:
    """A project of 100 MB."""
    project, ours, theirs = folder / "project", folder / "ours.zip", folder / "theirs.zip"
    data.project(project, 100_000_000)
    command = kuiper_pack("build", project, "-o", ours)
    zip_loop = ["sh", "-c", f'rm -f "{theirs}"; cd "{project}" && zip -q -6 -r "{theirs}" .']
    yield _row("build a folder of 100 MB", command, zip_loop, "zip -6 -r", rounds, "0.4")
    small, large = ours.stat().st_size, theirs.stat().st_size
    sizes = f"{small:,} B", f"{large:,} B"
    yield "... and its size", *sizes, f"{small / large:.3f}", "1.02"


def more_entries(folder: Path, rounds: int) -> Iterator[Row]:
    """Ten times the entries."""
    few, many = folder / "few.zip", folder / "many.zip"
    data.many_entries(few, 4_000)
    data.many_entries(many, 40_000)
    commands = kuiper_pack("validate", many), kuiper_pack("validate", few)
    yield _row("validate 40,000 entries", *commands, "4,000 entries", rounds, "11")


def memory(folder: Path, _: int) -> Iterator[Row]:
    """The largest resident size for packages made to be hard to read."""
    interpreter, _code = peak_memory([PYTHON, "-c", "pass"])
    for what, path in data.hostile(folder / "hostile").items():
        used, code = peak_memory(kuiper_pack("validate", path))
        above = (used - interpreter) / data.MIB
        against = f"python -c pass: {interpreter / data.MIB:.0f} MiB, exit code {code}"
        yield f"memory: {what}", f"{above:.0f} MiB above", against, f"{above / 64:.2f}", "64 MiB"


BENCHMARKS = (
    start_up,
    pytest_unused,
    validate_large,
    validate_many,
    build_large,
    more_entries,
    memory,
    go_plugins,
    portable_plugins,
    reference_server,
    conformance_suite,
)


def _row(what: str, ours: Command, theirs: Command, name: str, rounds: int, aim: str) -> Row:
    return row(what, pair(timed(run, ours), timed(run, theirs), rounds), name, aim)


def main() -> int:
    """Measure and print; exit code 2 where zip or unzip are missing."""
    names = [benchmark.__name__ for benchmark in BENCHMARKS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"one of {', '.join(names)}")
    parser.add_argument("--rounds", type=int, default=5, help="pairs per benchmark (5)")
    given = parser.parse_args()
    if unknown := sorted(set(given.only) - set(names)):
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(names)}")
    for tool in ("zip", "unzip"):
        if shutil.which(tool) is None:
            print(f"benchmarks: {tool} is not installed", file=sys.stderr)
            return 2
    version = subprocess.check_output(kuiper_pack("--version"), text=True).strip()
    print(f"{version}, Python {sys.version.split()[0]}, {given.rounds} pairs, medians\n")
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    for benchmark in BENCHMARKS:
        if given.only and benchmark.__name__ not in given.only:
            continue
        with tempfile.TemporaryDirectory(prefix="kuiper-pack-benchmarks-") as folder:
            for row in benchmark(Path(folder), given.rounds):
                print(f"| {' | '.join(row)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
