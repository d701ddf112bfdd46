"""Running pytest: what the installed plugin costs where none of its options is used."""

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import Command, Row, pair, run, shown

ALONE = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""So that other plugins, which are installed here and not with users, have not loaded the same."""


def pytest_unused(folder: Path, rounds: int) -> Iterator[Row]:
    """A run with one test, with and without the plugin."""
    test = folder / "test_nothing.py"
    test.write_text("def test_nothing() -> None: ...\n")
    bare: Command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    ours = [*bare, "-p", "kuiper_pack.pytest_plugin"]
    measured = pair(partial(_used, ours), partial(_used, bare), rounds * 4)
    more = f"{(measured.ours - measured.theirs) * 1000:.0f} ms of a processor more"
    yield "pytest with the plugin", more, f"without: {shown(measured.theirs)}", "", "20 ms"


def _used(command: Command) -> float:
    """The seconds that a command has a processor for: so little is lost in how long it takes."""
    before = _children()
    run(command, ALONE)
    return _children() - before


def _children() -> float:
    if sys.platform != "win32":
        import resource

        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime
    raise OSError("Windows does not tell it")
