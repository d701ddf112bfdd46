"""What real servers were seen to do: ``python -m tests.suite.evidence REPORT...`` adds it.

Reports are those of ``kuiper-pack conformance --report`` about eKuiper; the table is
``conformance/evidence.json``. What is no clause any more leaves it.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kuiper_pack.profiles import Release
from kuiper_pack.suite.catalogue import clauses, folder
from kuiper_pack.suite.coverage import evidence
from kuiper_pack.suite.likeness import FAILS, HOLDS

PATH = folder() / "evidence.json"
Table = dict[str, dict[Release, str]]


def seen(report: dict[str, Any]) -> dict[str, str]:
    """The outcomes by clause; not what could not be judged, or failed as nobody expected."""
    found = {}
    for one in report["clauses"]:
        match one["verdict"]:
            case "passed" | "choice":
                found[one["id"]] = one["reading"] or HOLDS
            case "known-defect":
                found[one["id"]] = FAILS
    return found


def with_reports(table: Table, reports: Iterable[dict[str, Any]]) -> Table:
    """The table, and over it what the reports say of the clauses that there are."""
    found = {clause.id: dict(table.get(clause.id, {})) for clause in clauses()}
    for report in reports:
        release = Release.parse(report["server"]["release"])
        for name, outcome in seen(report).items():
            if name in found:
                found[name][release] = outcome
    return {name: dict(sorted(found[name].items())) for name in sorted(found) if found[name]}


def write(table: Table) -> None:
    """Write the table, a line for each clause."""
    lines = (
        f"  {json.dumps(name)}: {json.dumps({one.text: said for one, said in seen.items()})}"
        for name, seen in table.items()
    )
    PATH.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    known = {name: dict(row) for name, row in evidence().items()}
    write(with_reports(known, (json.loads(Path(name).read_bytes()) for name in sys.argv[1:])))
