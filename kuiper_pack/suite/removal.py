"""What a run has made is dropped again, whoever asks for it: the run itself or the cleanup."""

import time
from typing import Protocol

from kuiper_pack.client import Unreachable
from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.journal import Owned
from kuiper_pack.suite.reply import Reply

SETTLES = 5.0
"""Seconds in which a server has done with a request whose sender is gone."""
_PAUSE = 0.1


class Plugins(Protocol):
    """The part of a server that removing takes."""

    def describe(self, kind: Kind, name: str) -> Reply:
        """One plugin."""

    def drop(self, kind: Kind, name: str) -> Reply:
        """Delete a plugin."""


def remove(server: Plugins, owned: Owned, until: float = 0.0) -> bool:
    """Drop a plugin if it is there; whether it is gone, at the latest with the next restart.

    A request that makes it may be on its way ``until`` that time of ``time.monotonic``.
    """
    while True:
        gone = _remove_now(server, owned)
        if time.monotonic() >= until:
            return gone
        time.sleep(_PAUSE)


def _remove_now(server: Plugins, owned: Owned) -> bool:
    try:
        described = server.describe(owned.kind, owned.name)
        if not described.ok or is_deleted(described):
            return described.answer.status is not None
        if server.drop(owned.kind, owned.name).ok:
            return True
        described = server.describe(owned.kind, owned.name)
        return described.answer.status is not None and (not described.ok or is_deleted(described))
    except Unreachable:
        return False


def is_deleted(described: Reply) -> bool:
    """Whether a description is that of a plugin which only waits for the restart to go."""
    try:
        found = described.answer.json()
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("version") == "$deleted"
