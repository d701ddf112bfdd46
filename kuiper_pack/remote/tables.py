"""Tables for people: the same lines everywhere, with bold headings on a terminal."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TextIO

from kuiper_pack.client import printable


class Table(NamedTuple):
    """Rows of texts below the names of their columns."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def write(table: Table, stream: TextIO) -> None:
    """Write it; nothing where there is no row.

    Nothing is cut where a terminal is narrow: names and URLs are there to be copied.
    """
    if not table.rows:
        return
    if not stream.isatty():
        stream.writelines(f"{line}\n" for line in _lines(table))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, soft_wrap=True, highlight=False)
    styles = ["bold" if any(table.columns) else ""]
    for line in _lines(table):
        console.print(Text(line, styles.pop() if styles else ""))


def spoken(value: Any) -> str:
    """A JSON value in words: lists and objects by commas, nothing where there is nothing."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {spoken(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(spoken, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _lines(table: Table) -> Iterator[str]:
    from rich.cells import cell_len

    rows = [tuple(map(printable, row)) for row in table.rows]
    if any(table.columns):
        rows.insert(0, table.columns)
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()
