"""Long proofs that can be interrupted: each result is kept when it is known, the table comes last.

ledger = Ledger.of_this_commit("real-servers")
rows = [ledger.once(case.id, lambda: judge(case)) for case in cases]
write_table("real-servers", "Real servers", TEXT, ("case", "predicted", "seen"), rows)
"""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "docs" / "proof"
KEPT = ROOT / ".proof"

Row = Mapping[str, str | int]


@dataclass(slots=True)
class Ledger:
    """The results of one proof, one JSON object a line in ``path``."""

    path: Path
    rows: dict[str, Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                if line.endswith("}"):  # a line that a kill cut short is done again
                    record = json.loads(line)
                    self.rows[record["key"]] = record["row"]

    @classmethod
    def of_this_commit(cls, name: str) -> "Ledger":
        """The ledger to go on with; it starts empty when a tracked file differs from the commit."""
        commit = this_commit()
        path = KEPT / f"{name}@{commit}.jsonl"
        if commit.endswith("-dirty"):
            path.unlink(missing_ok=True)
        return cls(path)

    def once(self, key: str, judge: Callable[[], Row]) -> Row:
        """The row of ``key``: the kept one, or what ``judge`` answers now."""
        if key not in self.rows:
            self.rows[key] = judge()
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({"key": key, "row": self.rows[key]}) + "\n")
        return self.rows[key]


def write_table(
    name: str,
    title: str,
    text: str,
    columns: Sequence[str],
    rows: Sequence[Row],
    folder: Path = TABLES,
    appendix: str = "",
) -> Path:
    """Write ``docs/proof/NAME.md``: title, text, commit and date, the rows, and the appendix."""
    today = datetime.now(timezone.utc).date().isoformat()
    lines = [
        f"# {title}",
        "",
        text.strip(),
        "",
        f"Commit {this_commit()}, {today}; written by `tox -e proof`.",
        "",
        table(columns, rows),
    ]
    lines += ["", appendix.strip()] if appendix else []
    path = folder / f"{name}.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def table(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    lines += [f"| {' | '.join(_cell(row[column]) for column in columns)} |" for row in rows]
    return "\n".join(lines)


def this_commit() -> str:
    """The short name of the commit, with ``-dirty`` where tracked files differ from it.

    The tables do not count: a proof writes them while others still run.
    """
    commit = _git("rev-parse", "--short", "HEAD")
    tables = TABLES.relative_to(ROOT).as_posix()
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", f":!{tables}")
    return f"{commit}-dirty" if changed else commit


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def _cell(value: str | int) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
