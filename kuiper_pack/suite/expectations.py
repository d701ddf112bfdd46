"""The implementer's own file: clauses that are known to fail, or that do not concern the server."""

import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.spelling import did_you_mean

TABLES = ("known-failure", "excluded")


@dataclass(frozen=True, slots=True)
class Expectations:
    """Reasons by clause: failures that are known, and clauses that are left out."""

    known_failures: dict[str, str] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)

    def unknown(self, ids: Collection[str]) -> list[str]:
        """What the file names and the catalogue does not have, each with what is meant instead."""
        strange = sorted((self.known_failures.keys() | self.excluded.keys()) - set(ids))
        return [f"{one}{did_you_mean(one, ids)}" for one in strange]


def read(path: Path) -> Expectations:
    """Read a TOML file of ``[[known-failure]]`` and ``[[excluded]]``, each clause and reason.

    Raises KuiperPackError where the file says anything else.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KuiperPackError(f"{path}: {error.strerror}: name a file of expectations") from error
    except ValueError as error:
        raise KuiperPackError(f"{path}: it is no TOML: {error}") from error
    for strange in sorted(document.keys() - set(TABLES)):
        known = " or ".join(f"[[{table}]]" for table in TABLES)
        raise KuiperPackError(
            f'{path}: "{strange}" is no table of expectations{did_you_mean(strange, TABLES)}: '
            f"write {known}"
        )
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
