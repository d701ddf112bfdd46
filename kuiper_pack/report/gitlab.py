"""Findings as a Code Quality report of GitLab: the members that its documentation names."""

import json
from collections.abc import Sequence
from typing import Any, TextIO

from kuiper_pack.report.remark import UNREADABLE, Remark, remarks
from kuiper_pack.rules.finding import Severity
from kuiper_pack.rules.validation import Judgement
from kuiper_pack.spelling import printable

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def write(judgements: Sequence[Judgement], stream: TextIO) -> None:
    """Write the report, an empty list where nothing was found, and a line feed."""
    json.dump([_violation(remark) for remark in remarks(judgements)], stream, indent=2)
    stream.write("\n")


def _violation(remark: Remark) -> dict[str, Any]:
    return {
        "description": remark.text,
        "check_name": remark.rule,
        "fingerprint": remark.fingerprint,
        "severity": "blocker" if remark.rule == UNREADABLE else _SEVERITIES[remark.severity],
        "location": {"path": printable(remark.file), "lines": {"begin": remark.line or 1}},
    }
