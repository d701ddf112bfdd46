"""What an interrupted run left is removed, by its journal and by nothing else."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.client import Answer, Client, Unreachable
from kuiper_pack.suite.journal import Owned, files, journals, read


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of the names in the journals of a server."""

    journals: int
    removed: tuple[Owned, ...]
    left: tuple[Owned, ...]


def cleanup(client: Client) -> Cleaned:
    """Drop every plugin that a journal of this server names; done journals go.

    Raises Unreachable where there is something to do and no server.
    """
    found = list(journals(client.url))
    removed: list[Owned] = []
    left: list[Owned] = []
    if found:
        client.root()
    for path in found:
        _finish(client, path, removed, left)
    return Cleaned(len(found), tuple(removed), tuple(left))


def _finish(client: Client, path: Path, removed: list[Owned], left: list[Owned]) -> None:
    mine = []
    for owned in reversed(read(path)):
        try:
            described = client.describe(owned.kind, owned.name)
            if described.status is not None and (not described.ok or _waits(described)):
                continue
            if client.drop(owned.kind, owned.name).ok:
                removed.append(owned)
                continue
        except Unreachable:
            pass
        mine.append(owned)
    left += mine
    if not mine:
        shutil.rmtree(files(path), ignore_errors=True)
        path.unlink(missing_ok=True)


def _waits(described: Answer) -> bool:
    """Whether the plugin is deleted already and only waits for the restart."""
    try:
        found = described.json()
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("version") == "$deleted"
