"""Findings as SARIF 2.1.0.

Suppressed findings are left out, as everywhere: code scanning of GitHub shows results that are
marked as suppressed as open alerts. It knows no byte offsets either, so a place in a zip has a line
as well, the first.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, TextIO
from urllib.parse import quote

from kuiper_pack import __version__
from kuiper_pack.profiles import ranges
from kuiper_pack.report.pages import page
from kuiper_pack.report.place import file_of
from kuiper_pack.report.remark import UNREADABLE, Remark, remarks
from kuiper_pack.rules.catalogue import catalogue
from kuiper_pack.rules.rule import Rule
from kuiper_pack.rules.validation import Judgement
from kuiper_pack.spelling import printable

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_BASE = "%SRCROOT%"
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def write(judgements: Sequence[Judgement], stream: TextIO) -> None:
    """Write the log, and a line feed."""
    json.dump(document(judgements), stream, indent=2)
    stream.write("\n")


def document(judgements: Sequence[Judgement]) -> dict[str, Any]:
    """The log as plain data: one run, with the rules that found something."""
    found = list(remarks(judgements))
    indexes = {rule: index for index, rule in enumerate(dict.fromkeys(one.rule for one in found))}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "kuiper-pack",
                        "semanticVersion": __version__,
                        "rules": list(_descriptors(indexes)),
                    }
                },
                "invocations": [_invocation(found)],
                "originalUriBaseIds": {
                    _BASE: {"description": {"text": "The folder that kuiper-pack was run in."}}
                },
                "columnKind": "unicodeCodePoints",
                "artifacts": _artifacts(judgements),
                "results": [_result(remark, indexes) for remark in found],
            }
        ],
    }


def _descriptors(codes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    rules = {rule.code: rule for rule in catalogue()}
    for code in codes:
        yield _UNREADABLE if code == UNREADABLE else _descriptor(rules[code])


def _descriptor(rule: Rule) -> dict[str, Any]:
    text = page(rule)
    first = rule.page.split("\n\n")[1:2] or [rule.title]
    return {
        "id": rule.code,
        "name": type(rule).__name__,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": " ".join(first[0].split())},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {"servers": ranges(rule.servers)},
    }


_UNREADABLE = {
    "id": UNREADABLE,
    "name": "Unreadable",
    "shortDescription": {"text": "There is no verdict on the package"},
    "fullDescription": {
        "text": "The package cannot be read, or kuiper-pack failed on it: nothing is known of it."
    },
    "help": {"text": "The message says why, and what to do."},
    "defaultConfiguration": {"level": "error"},
}


def _invocation(found: Sequence[Remark]) -> dict[str, Any]:
    notifications = [
        {
            "descriptor": {"id": UNREADABLE},
            "level": "error",
            "message": {"text": _message(remark.text)},
            "locations": [_location(remark)],
        }
        for remark in found
        if remark.finding is None
    ]
    return {
        "executionSuccessful": not notifications,
        "toolExecutionNotifications": notifications,
    }


def _artifacts(judgements: Sequence[Judgement]) -> list[dict[str, Any]]:
    """The packages, each once: the schema wants them so."""
    by_file = {file_of(judgement): judgement for judgement in judgements}
    return [
        {
            "location": _artifact_location(file),
            "roles": ["analysisTarget", *(["directory"] if judgement.is_folder else [])],
            "properties": {
                "verdict": judgement.verdict.value,
                "kind": judgement.kind.value if judgement.kind else None,
                "name": printable(judgement.name),
                "version": printable(judgement.version),
                "servers": ranges(judgement.releases),
            },
        }
        for file, judgement in by_file.items()
    ]


def _result(remark: Remark, indexes: Mapping[str, int]) -> dict[str, Any]:
    return {
        "ruleId": remark.rule,
        "ruleIndex": indexes[remark.rule],
        "level": remark.severity.value,
        "message": {"text": _message(remark.text)},
        "locations": [_location(remark)],
        "partialFingerprints": {
            "kuiperPack/v1": remark.fingerprint,
            "primaryLocationLineHash": remark.fingerprint,
        },
    }


def _location(remark: Remark) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": remark.line or 1}
    if remark.column is not None:
        region["startColumn"] = remark.column
    finding = remark.finding
    within = finding is not None and not remark.judgement.is_folder
    if finding is not None and within and finding.offset is not None:
        region["byteOffset"] = finding.offset
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": _artifact_location(remark.file),
            "region": region,
        }
    }
    if finding is not None and within and finding.file is not None:
        name = printable(finding.file)
        whole = f"{printable(remark.file)}/{name}"
        location["logicalLocations"] = [
            {"name": name, "fullyQualifiedName": whole, "kind": "resource"}
        ]
    return location


def _artifact_location(file: str) -> dict[str, Any]:
    if PurePath(file).is_absolute():
        return {"uri": f"file:///{_escaped(file.lstrip('/'), safe='/:')}"}
    return {"uri": _escaped(file), "uriBaseId": _BASE}


def _escaped(path: str, safe: str = "/") -> str:
    """A path as a URI, byte by byte where it is no text."""
    try:
        return quote(path.encode("utf-8", "surrogateescape"), safe)
    except UnicodeEncodeError:
        return quote(printable(path), safe)


def _message(text: str) -> str:
    """``text`` without what SARIF takes for a link or a placeholder."""
    return _PLACEHOLDER.sub(r"{{\1}}", text.replace("](", "] ("))
