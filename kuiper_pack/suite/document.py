"""The report of a run as JSON, after ``schemas/conformance.schema.json``."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kuiper_pack import __version__, schemas
from kuiper_pack.build.atomic import text_file
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.suite.clause import Clause, fingerprint
from kuiper_pack.suite.likeness import Likeness, likeness, outcome_of
from kuiper_pack.suite.outcome import Outcome
from kuiper_pack.suite.verdict import Result, Verdict


def document(
    outcome: Outcome, catalogue: Sequence[Clause], *, interrupted: bool = False
) -> dict[str, Any]:
    """The report; ``catalogue`` are all clauses there are, tried or not, in their order."""
    identity = outcome.discovery.identity
    results = [outcome.results[one.id] for one in catalogue if one.id in outcome.results]
    counts = Counter(result.verdict for result in results)
    return {
        "$schema": schemas.identifier("conformance"),
        "tool": f"kuiper-pack {__version__}",
        "server": {
            "url": outcome.options.url,
            "release": identity.release.text if identity.release else None,
            "judged_as": identity.judged.text,
            "kinds": [kind.value for kind in outcome.discovery.kinds],
            "delivery": outcome.discovery.delivery,
            "loads_shared_objects": outcome.discovery.loads,
            "notes": list(outcome.discovery.notes),
        },
        "catalogue": fingerprint(catalogue),
        "seed": outcome.seed,
        "level": outcome.options.level,
        "interrupted": interrupted,
        "clauses": [_clause(result) for result in results],
        "choices": {
            result.clause.id: outcome_of(result)
            for result in results
            if result.verdict is Verdict.CHOICE
        },
        "nearest": _nearest(likeness(results, identity.release)),
        "residue": list(outcome.residue),
        "summary": {verdict.value: counts[verdict] for verdict in Verdict},
    }


def write(
    outcome: Outcome, catalogue: Sequence[Clause], path: Path, *, interrupted: bool = False
) -> None:
    """Write the report to a file, which is there whole or not at all; raises OSError."""
    found = document(outcome, catalogue, interrupted=interrupted)
    with text_file(path) as file:
        file.write(plain(json.dumps(found, indent=2, ensure_ascii=False)) + "\n")


def check(path: Path) -> None:
    """Raise KuiperPackError where a report cannot be written, before there is anything to tell."""
    if path.suffix == ".xml":
        raise KuiperPackError(f"{path}: this report is JSON: --junitxml of pytest writes XML")
    if path.is_dir():
        raise KuiperPackError(f"{path}: a folder: name the file that the report is to be")
    above = next(one for one in path.absolute().parents if one.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise KuiperPackError(f"{path}: {above} is no folder to write to: name another report")


def _nearest(found: Likeness | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "release": found.release.text,
        "alike": found.alike,
        "compared": found.compared,
        "differences": [
            {"clause": one.clause, "seen": one.seen, "release": one.release}
            for one in found.differences
        ],
    }


def properties(result: Result) -> list[tuple[str, str]]:
    """What the report of a test says of a clause, such as JUnit, exchanges included."""
    found = _clause(result)
    exchanges = found.pop("exchanges")
    said = [(name, value) for name, value in found.items() if value]
    said += [("exchange", json.dumps(one, ensure_ascii=False)) for one in exchanges]
    return [(name, plain(value)) for name, value in said]


def plain(text: str) -> str:
    """The text with what is no Unicode escaped: what servers say has to reach other processes."""
    return text.encode(errors="backslashreplace").decode()


def _clause(result: Result) -> dict[str, Any]:
    return {
        "id": result.clause.id,
        "level": result.clause.level.value,
        "verdict": result.verdict.value,
        "reading": result.reading,
        "reason": result.reason,
        "blocked_by": result.blocked_by,
        "cause": result.cause or None,
        "exchanges": [one.as_json() for one in result.exchanges],
    }
