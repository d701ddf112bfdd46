"""The list of rules, as text or JSON."""

import json
from collections.abc import Sequence
from typing import Any, TextIO

from kuiper_pack.rules.rule import Rule
from kuiper_pack.schemas import identifier


def write(rules: Sequence[Rule], stream: TextIO, format_: str) -> None:
    """Write ``rules`` as ``text``, a line each, or as the ``json`` document."""
    if format_ == "json":
        json.dump(document(rules), stream, indent=2)
        stream.write("\n")
        return
    width = max((len(rule.code) for rule in rules), default=0)
    stream.writelines(
        f"{rule.code:{width}}  {rule.severity.value:7}  {rule.title}\n" for rule in rules
    )


def document(rules: Sequence[Rule]) -> dict[str, Any]:
    """The document of the schema ``rules`` as plain data."""
    return {
        "$schema": identifier("rules"),
        "rules": [
            {
                "code": rule.code,
                "title": rule.title,
                "severity": rule.severity.value,
                "servers": [release.text for release in rule.servers],
            }
            for rule in rules
        ],
    }
