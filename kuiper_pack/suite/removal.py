"""What a run has made is dropped again, whoever asks for it: the run itself or the cleanup."""

import time
from typing import Protocol

from kuiper_pack.client import Unreachable
from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.journal import Made, Upload
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.verdict import Unmet

SETTLES = 5.0
"""Seconds in which a server has done with a request whose sender is gone."""
_PAUSE = 0.1


class Holder(Protocol):
    """The part of a server that removing takes."""

    def describe(self, kind: Kind, name: str) -> Reply:
        """One plugin."""

    def drop(self, kind: Kind, name: str) -> Reply:
        """Delete a plugin."""

    def uploads(self) -> Reply:
        """The uploaded files."""

    def drop_upload(self, name: str) -> Reply:
        """Remove an uploaded file."""


def remove(server: Holder, made: Made, until: float = 0.0) -> bool:
    """Drop what is there; whether it is gone, a plugin at the latest with the next restart.

    A request that makes it may be on its way ``until`` that time of ``time.monotonic``.
    """
    while True:
        gone = _remove_now(server, made)
        if time.monotonic() >= until:
            return gone
        time.sleep(_PAUSE)


def _remove_now(server: Holder, made: Made) -> bool:
    try:
        if isinstance(made, Upload):
            return server.drop_upload(made.name).ok or made.name not in uploaded(server.uploads())
        described = server.describe(made.kind, made.name)
        if not described.ok or is_deleted(described):
            return described.answer.status is not None
        if server.drop(made.kind, made.name).ok:
            return True
        described = server.describe(made.kind, made.name)
        return described.answer.status is not None and (not described.ok or is_deleted(described))
    except (Unreachable, Unmet):
        return False


def uploaded(listed: Reply) -> frozenset[str]:
    """The names of uploaded files; none where there is no such API. Raises Unmet."""
    if listed.answer.status in (404, 405):
        return frozenset()
    return frozenset(path.replace("\\", "/").rpartition("/")[2] for path in listed.names())


def is_deleted(described: Reply) -> bool:
    """Whether a description is that of a plugin which only waits for the restart to go."""
    try:
        found = described.answer.json()
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("version") == "$deleted"
