"""The journal: every name is written down before it is sent, so that a killed run can be undone."""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind

STATE = "KUIPER_PACK_STATE"
"""The environment variable that names another folder for journals."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A plugin that a run may have made."""

    kind: Kind
    name: str


class Journal:
    """One file of lines: a name, on disk before it goes to the server, and that it was answered.

    ``names`` were ever sent; ``unanswered`` are those of requests without an answer, which the
    server may still be busy with, and the time of ``time.monotonic`` at which each was sent.
    """

    def __init__(self, path: Path, url: str) -> None:
        self.path = path
        self.names: list[Owned] = []
        self.unanswered: dict[Owned, float] = {}
        self._next: list[Owned] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = path.open("x", encoding="utf-8")
        except OSError as error:
            raise KuiperPackError(
                f"{path}: {error.strerror}: set {STATE} to a folder that can be written"
            ) from error
        self._write({"url": url})

    @property
    def files(self) -> Path:
        """The folder for what the run keeps on this machine; it goes with the journal."""
        return files(self.path)

    def own(self, kind: Kind, name: str) -> None:
        """Write down a name that the next request may install; returns when it is on disk."""
        owned = Owned(kind, name)
        if owned not in self.names:
            self.names.append(owned)
        self._write({"kind": kind.value, "name": name})
        os.fsync(self._stream.fileno())
        self.unanswered[owned] = time.monotonic()
        self._next.append(owned)

    @contextmanager
    def request(self) -> Iterator[None]:
        """One request with the latest names; where no error ends it, they are answered."""
        sent, self._next = self._next, []
        yield
        for owned in sent:
            self._write({"kind": owned.kind.value, "name": owned.name, "answered": True})
            self.unanswered.pop(owned, None)

    def close(self, *, keep: bool) -> None:
        """End the journal; without ``keep`` nothing is left to undo and the file goes."""
        self._stream.close()
        if not keep:
            self.path.unlink(missing_ok=True)

    def _write(self, record: dict[str, Any]) -> None:
        self._stream.write(json.dumps(record) + "\n")
        self._stream.flush()


def folder() -> Path:
    """Where journals are kept: ``$KUIPER_PACK_STATE``, or the user's folder for such things."""
    if named := os.environ.get(STATE):
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return base / "kuiper-pack"


def place(url: str, run: str) -> Path:
    """The journal of one run against one server."""
    return folder() / f"{_server(url)}-{run}.jsonl"


def journals(url: str) -> Iterator[Path]:
    """The journals of runs against that server that did not come to an end."""
    yield from sorted(folder().glob(f"{_server(url)}-*.jsonl"))


def files(path: Path) -> Path:
    """The folder that belongs to a journal."""
    return path.with_suffix(".files")


def read(path: Path) -> tuple[list[Owned], set[Owned]]:
    """The names in a journal, and those of them whose latest request has no answer.

    A last line that a kill cut short was never sent.
    """
    found: dict[Owned, bool] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[1:]:
        try:
            record = json.loads(line)
            owned = Owned(Kind(record["kind"]), str(record["name"]))
            found[owned] = record.get("answered", False)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return list(found), {owned for owned, answered in found.items() if not answered}


def _server(url: str) -> str:
    return hashlib.sha256(url.rstrip("/").encode()).hexdigest()[:12]
