"""What an interrupted run left is removed, by its journal and by nothing else."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.client import Client
from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.journal import Made, Owned, Upload, files, journals, read
from kuiper_pack.suite.removal import SETTLES, remove
from kuiper_pack.suite.reply import Reply


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of the names in the journals of a server."""

    journals: int
    removed: tuple[Made, ...]
    left: tuple[Made, ...]


@dataclass(slots=True)
class _Holder:
    """The plugins and uploads of a server, and which of them were dropped."""

    client: Client
    dropped: set[Made]

    def describe(self, kind: Kind, name: str) -> Reply:
        return Reply(self.client.describe(kind, name))

    def drop(self, kind: Kind, name: str) -> Reply:
        reply = Reply(self.client.drop(kind, name))
        if reply.ok:
            self.dropped.add(Owned(kind, name))
        return reply

    def uploads(self) -> Reply:
        return Reply(self.client.uploads())

    def drop_upload(self, name: str) -> Reply:
        reply = Reply(self.client.drop_upload(name))
        if reply.ok:
            self.dropped.add(Upload(name))
        return reply


def cleanup(client: Client) -> Cleaned:
    """Drop every plugin and upload that a journal of this server names; done journals go.

    Raises Unreachable where there is something to do and no server.
    """
    found = list(journals(client.url))
    holder = _Holder(client, set())
    left: list[Made] = []
    if found:
        client.root()
    for path in found:
        left += _finish(holder, path)
    return Cleaned(len(found), tuple(holder.dropped), tuple(left))


def _finish(holder: _Holder, path: Path) -> list[Made]:
    """Remove what one journal names; what could not be removed."""
    names, unanswered = read(path)
    settled = time.monotonic() + SETTLES - max(0.0, time.time() - path.stat().st_mtime)
    left = [
        made
        for made in reversed(names)
        if not remove(holder, made, settled if made in unanswered else 0.0)
    ]
    if not left:
        shutil.rmtree(files(path), ignore_errors=True)
        path.unlink(missing_ok=True)
    return left
