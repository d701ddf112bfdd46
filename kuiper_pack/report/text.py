"""Findings as lines: ``path:line:column: CODE severity: message [releases]``."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TextIO

from kuiper_pack.profiles import Release, ranges
from kuiper_pack.report.place import in_full, of_which
from kuiper_pack.report.summary import last_line
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.validation import Judgement, Verdict
from kuiper_pack.spelling import printable

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}

Piece = tuple[str, str]
"""Text and its style for rich, "" for none."""


def write(judgements: Sequence[Judgement], stream: TextIO) -> None:
    """Write a line for each finding, its fix below it, and a summary; in colour on a terminal."""
    if not stream.isatty():
        stream.write("".join(f"{line}\n" for line in plain_lines(judgements)))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, soft_wrap=True, highlight=False)
    for line in _lines(judgements):
        console.print(Text.assemble(*line))


def plain_lines(judgements: Sequence[Judgement]) -> Iterator[str]:
    """The lines of the report, without colours and line feeds."""
    for line in _lines(judgements):
        yield "".join(text for text, _ in line)


def _lines(judgements: Sequence[Judgement]) -> Iterator[list[Piece]]:
    for judgement in judgements:
        if judgement.verdict is Verdict.UNREADABLE:
            yield [("unreadable", "bold red"), (f": {printable(judgement.reason or '')}", "")]
        for finding in judgement.findings:
            yield from _finding(judgement, finding)
    yield [(last_line(judgements), "bold")]


def _finding(judgement: Judgement, finding: Finding) -> Iterator[list[Piece]]:
    style = _STYLES[finding.severity]
    yield [
        (f"{printable(in_full(judgement, finding))}: ", ""),
        (f"{finding.rule} {finding.severity.value}", style),
        (f": {printable(finding.message + of_which(judgement, finding))}", ""),
        (f" [{_spoken(finding.servers)}]", "dim"),
    ]
    if finding.fix:
        yield [("    fix: ", "green"), (printable(finding.fix), "")]


@cache
def _spoken(servers: tuple[Release, ...]) -> str:
    return ranges(servers)
