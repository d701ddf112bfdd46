"""Tiny servers that keep plugins otherwise: by content, as events, later, as the last one says."""

import hashlib
import json
from dataclasses import replace
from typing import Any, ClassVar

from tests.suite.miniatures import Cabinet, Record, Told, restarted


class ByContent(Cabinet):
    """A store by the hash of the package: what is in it under one name has no other."""

    owners: ClassVar[dict[str, tuple[str, str]]]
    empty = {**Cabinet.empty, "owners": {}}  # noqa: RUF012

    def made(self, kind: str, asked: dict[str, Any]) -> Record:
        record = super().made(kind, asked)
        package = self.opened(asked["file"])
        parts = [name.encode() + package.read(name) for name in package.namelist()]
        found = hashlib.sha256(b"".join(parts)).hexdigest()
        if self.owners.setdefault(found, (kind, record.name)) != (kind, record.name):
            raise Told(409, {"why": "this package is there, under another name"})
        return record


class Events(Cabinet):
    """Only what happened is kept; what is there is found out anew for each request."""

    happened: ClassVar[list[Record | None]]
    empty = {"happened": []}  # noqa: RUF012

    @classmethod
    def restart(cls) -> None:
        cls.happened.append(None)

    def act(self, path: list[str], body: bytes) -> tuple[int, Any]:
        known: dict[tuple[str, str], Record] = {}
        for event in self.happened:
            if event is None:
                known = {(one.kind, one.name): one for one in restarted(tuple(known.values()))}
            else:
                known[event.kind, event.name] = event
        type(self).records = tuple(known.values())
        return super().act(path, body)

    def put(self, new: Record, old: Record | None = None) -> None:
        super().put(new, old)
        self.happened.append(new)


class LastWord(Cabinet):
    """Whoever comes last is right: what is there is replaced, and what is not there is dropped."""

    def act(self, path: list[str], body: bytes) -> tuple[int, Any]:
        match self.command, path:
            case "POST" | "PUT", ["plugins", "sources" | "sinks" | "functions" as kind, *_]:
                if path[3:] != ["register"]:
                    new = self.made(kind, json.loads(body))
                    known = [
                        one for one in self.records if (one.kind, one.name) == (kind, new.name)
                    ]
                    self.put(new, next(iter(known), None))
                    return 200, {"name": new.name}
            case "DELETE", ["plugins", kind, name]:
                for one in self.there():
                    if one.is_called(kind, name):
                        self.put(replace(one, gone=True), one)
                return 204, None
        return super().act(path, body)


class Later(Cabinet):
    """Takes what is sound, says 202, and has it once it was asked for something else."""

    waiting: ClassVar[list[tuple[Record, Record | None]]]
    empty = {**Cabinet.empty, "waiting": []}  # noqa: RUF012

    def act(self, path: list[str], body: bytes) -> tuple[int, Any]:
        before, answer = [*self.waiting], super().act(path, body)
        for new, old in before:
            self.waiting.remove((new, old))
            super().put(new, old)
        return (202, None) if len(self.waiting) else answer

    def put(self, new: Record, old: Record | None = None) -> None:
        self.waiting.append((new, old))
