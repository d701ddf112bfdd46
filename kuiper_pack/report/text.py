"""Findings as lines: ``path:line:column: CODE severity: message [releases]``."""

import os
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TextIO

from kuiper_pack.profiles import Release, ranges
from kuiper_pack.report.plain import printable
from kuiper_pack.report.summary import summarise
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.validation import Judgement, Verdict

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}

Piece = tuple[str, str]
"""Text and its style for rich, "" for none."""


def write(judgements: Sequence[Judgement], stream: TextIO) -> None:
    """Write a line for each finding, its fix below it, and a summary; in colour on a terminal."""
    lines = _lines(judgements)
    if not stream.isatty():
        stream.write("".join(f"{_plain(line)}\n" for line in lines))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, soft_wrap=True, highlight=False)
    for line in lines:
        console.print(Text.assemble(*line))


def _lines(judgements: Sequence[Judgement]) -> Iterator[list[Piece]]:
    for judgement in judgements:
        if judgement.verdict is Verdict.UNREADABLE:
            yield [("unreadable", "bold red"), (f": {printable(judgement.reason or '')}", "")]
        for finding in judgement.findings:
            yield from _finding(judgement, finding)
    yield [(_summary(judgements), "bold")]


def _finding(judgement: Judgement, finding: Finding) -> Iterator[list[Piece]]:
    style = _STYLES[finding.severity]
    yield [
        (f"{_place(judgement, finding)}: ", ""),
        (f"{finding.rule} {finding.severity.value}", style),
        (f": {printable(finding.message)}", ""),
        (f" [{_spoken(finding.servers)}]", "dim"),
    ]
    if finding.fix:
        yield [("    fix: ", "green"), (printable(finding.fix), "")]


def _place(judgement: Judgement, finding: Finding) -> str:
    path = str(judgement.path)
    if finding.file is None:
        return printable(path)
    place = f"{path.rstrip(os.sep)}/{finding.file}"
    if finding.line is not None:
        place = f"{place}:{finding.line}"
        if finding.column is not None:
            place = f"{place}:{finding.column}"
    return printable(place)


def _summary(judgements: Sequence[Judgement]) -> str:
    summary = summarise(judgements)
    counts = [
        _counted(summary.errors, "error"),
        _counted(summary.warnings, "warning"),
        _counted(summary.notes, "note"),
    ]
    if summary.unreadable:
        counts.append(f"{summary.unreadable} unreadable")
    found = ", ".join(count for count in counts if count)
    judged_for = {judgement.releases for judgement in judgements if judgement.releases}
    servers = f" for {_spoken(judged_for.pop())}" if len(judged_for) == 1 else ""
    return f"{_counted(summary.packages, 'package')}{servers}: {found or 'nothing found'}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}" if number else ""


@cache
def _spoken(servers: tuple[Release, ...]) -> str:
    return ranges(servers)


def _plain(line: list[Piece]) -> str:
    return "".join(text for text, _ in line)
