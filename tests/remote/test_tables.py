"""Tables are plain lines for programs, and columns on a terminal."""

import io
from typing import Any

import pytest

from kuiper_pack.remote.tables import Table, spoken, write


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


TABLE = Table(("KIND", "NAME"), [("sink", "tide [red]"), ("source", "ev\x1b[31mil\nx")])


def test_a_pipe_gets_aligned_lines_and_no_colour() -> None:
    stream = io.StringIO()
    write(TABLE, stream)
    assert stream.getvalue() == "KIND    NAME\nsink    tide [red]\nsource  ev\\x1b[31mil x\n"


def test_a_terminal_gets_the_same_words_and_nothing_it_obeys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()
    write(TABLE, stream)
    lines = [line.split() for line in stream.getvalue().splitlines()]
    assert lines == [["KIND", "NAME"], ["sink", "tide", "[red]"], ["source", "ev\\x1b[31mil", "x"]]


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_no_row_is_no_table(stream: io.StringIO) -> None:
    write(Table(("KIND", "NAME"), []), stream)
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""), (True, "yes"), (3, "3"), ("x", "x"), ([], ""), (["a", "b"], "a, b"),
        ({"rule1": 2}, "rule1: 2"), ({}, ""),
    ],
)  # fmt: skip
def test_values_are_words(value: Any, words: str) -> None:
    assert spoken(value) == words
