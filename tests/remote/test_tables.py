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


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "12")
    return Terminal()


def test_a_terminal_gets_a_bold_heading_and_nothing_else_it_obeys(terminal: Terminal) -> None:
    write(TABLE, terminal)
    assert terminal.getvalue() == (
        "\x1b[1mKIND    NAME\x1b[0m\nsink    tide [red]\nsource  ev\\x1b[31mil x\n"
    )


def test_a_dumb_terminal_gets_plain_lines(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    plain = io.StringIO()
    write(TABLE, terminal)
    write(TABLE, plain)
    assert terminal.getvalue() == plain.getvalue()


@pytest.mark.parametrize("width", ["1", "20", "80"])
def test_what_is_to_be_copied_is_whole_on_every_terminal(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    url = "https://packages.example/kuiper-plugins/2.4.0/debian/sinks/influx_amd64.zip"
    write(Table(("", ""), [("influx", url)]), terminal)
    assert terminal.getvalue() == f"influx  {url}\n"


def test_columns_are_straight_below_letters_of_every_width() -> None:
    stream = io.StringIO()
    write(Table(("", ""), [("\u6d77", "x"), ("tide", "y"), ("e\u0301", "z")]), stream)
    assert stream.getvalue() == "\u6d77    x\ntide  y\ne\u0301     z\n"


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
