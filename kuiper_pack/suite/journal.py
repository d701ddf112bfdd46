"""The journal: every name is written down before it is sent, so that a killed run can be undone."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.portable.posix import lock
from kuiper_pack.suite.places import STATE, key_of, state


@dataclass(frozen=True, slots=True)
class Owned:
    """A plugin that a run may have made."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind.value} {self.name}"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a run may have uploaded."""

    name: str

    def __str__(self) -> str:
        return f"{_UPLOAD} {self.name}"


@dataclass(frozen=True, slots=True)
class Resource:
    """Anything else that a run may have made: a rule, a stream, a configuration.

    ``path`` is where it is deleted, ``word`` what it is called. Where it is not described at that
    path, ``listed`` is where all of its kind are.
    """

    word: str
    name: str
    path: str
    listed: str = ""

    def __str__(self) -> str:
        return f"{self.word} {self.name}"


Made = Owned | Upload | Resource
_UPLOAD = "upload"
"""What stands in the place of the kind."""


class Journal:
    """One file of lines: a name, on disk before it goes to the server, and that it was answered.

    ``names`` were ever sent; ``unanswered`` are those of requests without an answer, which the
    server may still be busy with, and the time of ``time.monotonic`` at which each was sent. Where
    the system has locks it is locked from :meth:`open` until it is closed.
    """

    def __init__(self, path: Path, url: str) -> None:
        self.path = path
        self.names: list[Made] = []
        self.unanswered: dict[Made, float] = {}
        self._url = url
        self._next: list[Made] = []
        self._stream: TextIO | None = None

    def open(self) -> None:
        """Make the file; raises KuiperPackError. Whatever ends this, :meth:`close` undoes it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self.path.open("x", encoding="utf-8")
            _ = os.name == "posix" and lock(self._stream)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self._write({"url": self._url})

    @property
    def files(self) -> Path:
        """The folder for what the run keeps on this machine; it goes with the journal."""
        return files(self.path)

    def own(self, made: Made) -> None:
        """Write down what the next request may make; returns when its name is on disk."""
        is_new = made not in self.names
        if is_new:
            self.names.append(made)
        self._write(_record(made), sync=is_new)
        self.unanswered[made] = time.monotonic()
        self._next.append(made)

    @contextmanager
    def request(self, only: Made | None = None) -> Iterator[None]:
        """One request with the latest names, or one of them; where no error ends it, answered."""
        sent = [one for one in self._next if only in (None, one)]
        self._next = [one for one in self._next if one not in sent]
        yield
        for made in sent:
            self._write({**_record(made), "answered": True})
            self.unanswered.pop(made, None)

    def close(self, *, keep: bool) -> None:
        """End the journal; without ``keep`` nothing is left to undo and the file goes."""
        with suppress(OSError):  # what could not be written was never sent
            if self._stream is not None:
                self._stream.close()
        if not keep:
            with suppress(OSError):  # where it cannot be removed it could not be made
                self.path.unlink()

    def _write(self, record: dict[str, Any], *, sync: bool = False) -> None:
        if self._stream is None:
            raise ValueError("the journal is not open")
        try:
            self._stream.write(json.dumps(record) + "\n")
            self._stream.flush()
            if sync:
                os.fsync(self._stream.fileno())
        except OSError as error:
            raise _unwritable(self.path, error) from error


def _unwritable(path: Path, error: OSError) -> KuiperPackError:
    return KuiperPackError(f"{path}: {error.strerror}: set {STATE} to a folder that can be written")


def place(url: str, run: str) -> Path:
    """The journal of one run against one server."""
    return state() / f"{key_of(url)}-{run}.jsonl"


def journals(url: str) -> Iterator[Path]:
    """The journals of runs against that server that did not come to an end."""
    yield from sorted(state().glob(f"{key_of(url)}-*.jsonl"))


def names_of_runs(url: str) -> set[Made]:
    """What runs against that server have made which go on, or did not come to an end."""
    found: set[Made] = set()
    for path in journals(url):
        with suppress(FileNotFoundError):  # it came to its end this moment
            found.update(read(path)[0])
    return found


def is_at_work(path: Path) -> bool:
    """Whether who writes and locks a file goes on; never where the system has no locks."""
    if os.name != "posix":
        return False
    try:
        with path.open("rb") as stream:
            return not lock(stream)
    except FileNotFoundError:  # it came to its end this moment
        return True


def files(path: Path) -> Path:
    """The folder that belongs to a journal."""
    return path.with_suffix(".files")


def read(path: Path) -> tuple[list[Made], set[Made]]:
    """The names in a journal, and those of them whose latest request has no answer.

    A last line that a kill cut short was never sent.
    """
    found: dict[Made, bool] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[1:]:
        try:
            record = json.loads(line)
            kind, name = record["kind"], str(record["name"])
            made = _made(kind, name, record.get("path"), record.get("listed"))
            found[made] = record.get("answered", False)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return list(found), {made for made, answered in found.items() if not answered}


def _made(kind: str, name: str, path: str | None, listed: str | None) -> Made:
    if path is not None:
        return Resource(kind, name, str(path), str(listed or ""))
    return Upload(name) if kind == _UPLOAD else Owned(Kind(kind), name)


def _record(made: Made) -> dict[str, Any]:
    if isinstance(made, Resource):
        return {"kind": made.word, "name": made.name, "path": made.path, "listed": made.listed}
    kind = _UPLOAD if isinstance(made, Upload) else made.kind.value
    return {"kind": kind, "name": made.name}
