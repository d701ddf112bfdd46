"""The JSON document of ``validate``."""

import json
from collections.abc import Sequence
from typing import Any, TextIO

from kuiper_pack.report.summary import summarise
from kuiper_pack.rules.finding import Finding
from kuiper_pack.rules.validation import Judgement
from kuiper_pack.schemas import identifier
from kuiper_pack.spelling import printable


def write(judgements: Sequence[Judgement], stream: TextIO) -> None:
    """Write the document, as the schema ``validate`` describes it, and a line feed."""
    json.dump(document(judgements), stream, indent=2)
    stream.write("\n")


def document(judgements: Sequence[Judgement]) -> dict[str, Any]:
    """The document as plain data."""
    summary = summarise(judgements)
    return {
        "$schema": identifier("validate"),
        "packages": [_package(judgement) for judgement in judgements],
        "summary": {
            "packages": summary.packages,
            "errors": summary.errors,
            "warnings": summary.warnings,
            "notes": summary.notes,
            "unreadable": summary.unreadable,
        },
    }


def _package(judgement: Judgement) -> dict[str, Any]:
    return {
        "path": printable(str(judgement.path)),
        "kind": judgement.kind.value if judgement.kind else None,
        "name": printable(judgement.name),
        "version": printable(judgement.version),
        "verdict": judgement.verdict.value,
        "findings": [_finding(finding) for finding in judgement.findings],
        "reason": None if judgement.reason is None else printable(judgement.reason),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": printable(finding.message),
        "file": None if finding.file is None else printable(finding.file),
        "line": None if finding.outside else finding.line,
        "column": finding.column,
        "offset": finding.offset,
        "servers": [release.text for release in finding.servers],
        "fix": None if finding.fix is None else printable(finding.fix),
    }
