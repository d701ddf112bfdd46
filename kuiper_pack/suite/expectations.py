"""The implementer's own file: clauses that are known to fail, or that do not concern the server."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kuiper_pack.errors import KuiperPackError

TABLES = ("known-failure", "excluded")


@dataclass(frozen=True, slots=True)
class Expectations:
    """Reasons by clause: failures that are known, and clauses that are left out."""

    known_failures: dict[str, str] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)

    def unknown(self, ids: set[str]) -> list[str]:
        """What the file names and the catalogue does not have."""
        return sorted((self.known_failures.keys() | self.excluded.keys()) - ids)


def read(path: Path) -> Expectations:
    """Read a TOML file of ``[[known-failure]]`` and ``[[excluded]]``, each clause and reason.

    Raises KuiperPackError where the file says anything else.
    """
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KuiperPackError(f"{path}: {error}") from error
    if strange := document.keys() - set(TABLES):
        raise KuiperPackError(f"{path}: unknown: {', '.join(sorted(strange))}; known: {TABLES}")
    failures, excluded = (_reasons(path, table, document.get(table, [])) for table in TABLES)
    return Expectations(failures, excluded)


def _reasons(path: Path, table: str, rows: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in rows if isinstance(rows, list) else [rows]:
        match row:
            case {"clause": str(identifier), "reason": str(reason)} if len(row) == 2 and reason:
                found[identifier] = reason
            case _:
                raise KuiperPackError(f'{path}: [[{table}]] wants "clause" and "reason", not {row}')
    return found
