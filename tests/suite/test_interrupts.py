"""A run that is interrupted while it begins leaves nothing, wherever that happens."""

import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from kuiper_pack.suite.artifacts import ArtifactHost
from kuiper_pack.suite.journal import Journal
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.run import Run
from tests.suite.socketless import Socketless

BEGINS = {Journal.open.__code__, ArtifactHost.open.__code__, Run._begin.__code__}


@contextmanager
def interrupted(codes: set[CodeType], at: int) -> Iterator[list[str]]:
    """Ctrl-C before the instruction of that number, of those that belong to ``codes``.

    Tells where it was; nothing where there are not so many.
    """
    passed = 0
    where: list[str] = []

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal passed
        if frame.f_code not in codes or where:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            passed += 1
            if passed == at:
                where.append(f"{frame.f_code.co_name}:{frame.f_lineno}")
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield where
    finally:
        sys.settrace(before)


def test_a_run_that_is_interrupted_while_it_begins_leaves_nothing(journals: Path) -> None:
    threads, count, where = threading.active_count(), 0, ["the first"]
    with Socketless("2.4.0") as server:
        while where:
            count += 1
            with warnings.catch_warnings(), interrupted(BEGINS, count) as where:
                # of a file that was made and has no name yet Python itself takes care
                warnings.simplefilter("ignore", ResourceWarning)
                try:
                    run = Run(Options(server.url, delivery="file"))
                except KeyboardInterrupt:
                    assert list(journals.glob("*")) == [], where
                    assert threading.active_count() == threads, where
        assert run.finish() == []
    assert count > 100
    assert list(journals.glob("*")) == []


def test_two_runs_with_one_seed_do_not_meet_in_the_names_of_plugins() -> None:
    with Socketless("1.10.2") as server:  # a dropped name is free after a restart only
        prefixes = set()
        for _ in range(2):
            with Run(Options(server.url, delivery="file", seed="again")) as run:
                prefixes.add(run.server.prefix)
                assert run.server.seed == "again"
    assert len(prefixes) == 2


@pytest.mark.parametrize("name", ["Journal", "ArtifactHost"])
def test_what_was_never_opened_can_be_closed(name: str, tmp_path: Path) -> None:
    if name == "Journal":
        Journal(tmp_path / "run.jsonl", "http://127.0.0.1:1").close(keep=False)
    else:
        ArtifactHost(tmp_path / "files").close()
    assert list(tmp_path.iterdir()) == []
