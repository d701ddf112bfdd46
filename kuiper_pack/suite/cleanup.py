"""What an interrupted run left is removed, by its journal and by nothing else."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.client import Client, Unreachable
from kuiper_pack.suite.journal import Made, files, is_at_work, journals, read
from kuiper_pack.suite.removal import SETTLES, remove


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of the names in the journals of a server.

    ``trouble`` says why the server could not be asked about all of them; runs that are
    ``at_work`` were left alone.
    """

    journals: int
    removed: tuple[Made, ...]
    left: tuple[Made, ...]
    trouble: str = ""
    at_work: int = 0


def cleanup(client: Client) -> Cleaned:
    """Drop every plugin and upload that a journal of this server names; done journals go.

    Runs that go on keep what is theirs. Once the server does not answer it is asked nothing more,
    and the rest is left.
    """
    every = list(journals(client.url))
    found = [path for path in every if not is_at_work(path)]
    dropped: set[Made] = set()
    left: list[Made] = []
    trouble = ""
    for path in found:
        mine, trouble = _finish(client, path, dropped, trouble)
        left += mine
    removed = tuple(one for one in dropped if one not in left)
    return Cleaned(len(found), removed, tuple(left), trouble, len(every) - len(found))


def _finish(client: Client, path: Path, dropped: set[Made], trouble: str) -> tuple[list[Made], str]:
    """Remove what one journal names; what could not be removed, and why nothing more is tried."""
    names, unanswered = read(path)
    settled = time.monotonic() + SETTLES - max(0.0, time.time() - path.stat().st_mtime)
    left = []
    for made in reversed(names):
        try:
            until = settled if made in unanswered else 0.0
            if not trouble and remove(client, made, dropped, until):
                continue
        except Unreachable as error:
            trouble = str(error)
        left.append(made)
    if not left:
        shutil.rmtree(files(path), ignore_errors=True)
        path.unlink(missing_ok=True)
    return left, trouble
