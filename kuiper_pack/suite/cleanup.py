"""What an interrupted run left is removed, by its journal and by nothing else."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.client import Client
from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.journal import Owned, files, journals, read
from kuiper_pack.suite.removal import SETTLES, remove
from kuiper_pack.suite.reply import Reply


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of the names in the journals of a server."""

    journals: int
    removed: tuple[Owned, ...]
    left: tuple[Owned, ...]


@dataclass(slots=True)
class _Plugins:
    """The plugins of a server, and which of them were dropped."""

    client: Client
    dropped: set[Owned]

    def describe(self, kind: Kind, name: str) -> Reply:
        return Reply(self.client.describe(kind, name))

    def drop(self, kind: Kind, name: str) -> Reply:
        reply = Reply(self.client.drop(kind, name))
        if reply.ok:
            self.dropped.add(Owned(kind, name))
        return reply


def cleanup(client: Client) -> Cleaned:
    """Drop every plugin that a journal of this server names; done journals go.

    Raises Unreachable where there is something to do and no server.
    """
    found = list(journals(client.url))
    plugins = _Plugins(client, set())
    left: list[Owned] = []
    if found:
        client.root()
    for path in found:
        left += _finish(plugins, path)
    return Cleaned(len(found), tuple(plugins.dropped), tuple(left))


def _finish(plugins: _Plugins, path: Path) -> list[Owned]:
    """Remove what one journal names; what could not be removed."""
    names, unanswered = read(path)
    settled = time.monotonic() + SETTLES - max(0.0, time.time() - path.stat().st_mtime)
    left = [
        owned
        for owned in reversed(names)
        if not remove(plugins, owned, settled if owned in unanswered else 0.0)
    ]
    if not left:
        shutil.rmtree(files(path), ignore_errors=True)
        path.unlink(missing_ok=True)
    return left
