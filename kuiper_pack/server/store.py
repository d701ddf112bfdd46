"""The key-value store of a server, in SQLite, for one process at a time."""

import json
import sqlite3
from pathlib import Path

from kuiper_pack.errors import KuiperPackError

_TABLE = """
CREATE TABLE IF NOT EXISTS kept (
    what TEXT NOT NULL, key BLOB NOT NULL, value TEXT NOT NULL, PRIMARY KEY (what, key)
)
"""


class Store:
    """Tables of values by key; what a call has kept outlives a process that is killed.

    Raises KuiperPackError where the file cannot be used, or another process uses it.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                path, timeout=0, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise KuiperPackError(f"{path}: cannot be opened: {error}") from error
        try:
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            # a killed process loses nothing; a machine without power may lose the last calls
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute("BEGIN EXCLUSIVE")
            self._database.execute(_TABLE)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            self._database.close()
            if "locked" in str(error):
                raise KuiperPackError(
                    f"{path.parent.parent}: another server uses this folder: stop it, or give "
                    "another one"
                ) from error
            raise KuiperPackError(f"{path}: {error}: remove it to start anew") from error

    def close(self) -> None:
        """Let another process use the file."""
        self._database.close()

    def begin(self) -> None:
        """What follows is kept or forgotten together."""
        self._database.execute("BEGIN")

    def end(self, *, keep: bool) -> None:
        """Keep or forget what was written since ``begin``."""
        self._database.execute("COMMIT" if keep else "ROLLBACK")

    def put(self, table: str, key: str, value: tuple[str, ...] | str) -> None:
        """Keep a value."""
        self._database.execute(
            "INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (table, _raw(key), json.dumps(value))
        )

    def discard(self, table: str, key: str) -> None:
        """Forget a key."""
        self._database.execute("DELETE FROM kept WHERE what = ? AND key = ?", (table, _raw(key)))

    def lists(self, table: str) -> dict[str, tuple[str, ...]]:
        """All lists of a table by key, in the order in which they were put."""
        rows = self._database.execute(
            "SELECT key, value FROM kept WHERE what = ? ORDER BY rowid", (table,)
        )
        return {
            key.decode("utf-8", "surrogatepass"): tuple(json.loads(value)) for key, value in rows
        }


def _raw(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")
