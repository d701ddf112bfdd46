"""Tables for people: in colour on a terminal, plain lines where a program reads them."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TextIO

from kuiper_pack.client import printable


class Table(NamedTuple):
    """Rows of texts below the names of their columns."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def write(table: Table, stream: TextIO) -> None:
    """Write it; nothing where there is no row."""
    if not table.rows:
        return
    if not stream.isatty():
        stream.writelines(f"{line}\n" for line in _lines(table))
        return
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    shown = RichTable(
        *table.columns,
        box=None,
        header_style="bold",
        pad_edge=False,
        show_header=any(table.columns),
    )
    for row in table.rows:
        shown.add_row(*(Text(printable(text)) for text in row))
    Console(file=stream, highlight=False).print(shown)


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
    rows = [tuple(map(printable, row)) for row in table.rows]
    if any(table.columns):
        rows.insert(0, table.columns)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
