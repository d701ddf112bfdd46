"""Findings as workflow commands, which GitHub Actions turns into annotations.

The escapes are those of GitHub's own toolkit: ``%`` and line breaks everywhere, and in parameters
``:`` and ``,`` too.
"""

from collections.abc import Iterator, Sequence
from typing import TextIO

from kuiper_pack.report.remark import Remark, remarks
from kuiper_pack.report.summary import last_line
from kuiper_pack.rules.finding import Severity
from kuiper_pack.rules.validation import Judgement
from kuiper_pack.spelling import printable

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_ESCAPED_DATA = str.maketrans(_DATA)
_ESCAPED_PARAMETER = str.maketrans({**_DATA, ":": "%3A", ",": "%2C"})


def write(judgements: Sequence[Judgement], stream: TextIO) -> None:
    """Write a command for each finding and each unreadable package, and a summary."""
    stream.writelines(f"{_command(remark)}\n" for remark in remarks(judgements))
    stream.write(f"{last_line(judgements)}\n")


def _command(remark: Remark) -> str:
    parameters = ",".join(
        f"{key}={value.translate(_ESCAPED_PARAMETER)}" for key, value in _parameters(remark)
    )
    return f"::{_COMMANDS[remark.severity]} {parameters}::{remark.text.translate(_ESCAPED_DATA)}"


def _parameters(remark: Remark) -> Iterator[tuple[str, str]]:
    yield "title", remark.rule
    yield "file", printable(remark.file)
    if remark.line is not None:
        yield "line", str(remark.line)
        if remark.column is not None:
            yield "col", str(remark.column)
