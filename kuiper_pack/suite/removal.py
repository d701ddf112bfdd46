"""What a run has made is dropped again, whoever asks for it: the run itself or the cleanup."""

import time

from kuiper_pack.client import Answer, Endpoints
from kuiper_pack.planner.state import DELETED
from kuiper_pack.suite.journal import Made, Owned, Resource, Upload
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.verdict import Unmet

SETTLES = 5.0
"""Seconds in which a server has done with a request whose sender is gone."""
_PAUSE = 0.1
_NOT_THERE = (400, 404, 410)
"""What a server answers about a plugin that it does not have (api D-03, D-04, X-04, X-06)."""
_NOT_TOLD = (401, 403, 407, 408, 425, 429)
"""What a server answers that does not say whether it has what it is asked about."""


def remove(server: Endpoints, made: Made, dropped: set[Made], until: float = 0.0) -> bool:
    """Drop what is there; whether it is gone, a plugin at the latest with the next restart.

    ``dropped`` has what the server said it dropped; what it drops now is added. A request that
    makes it may be on its way ``until`` that time of ``time.monotonic``. Raises Unreachable.
    """
    while True:
        if isinstance(made, Upload):
            gone = _remove_upload(server, made, dropped)
        elif isinstance(made, Resource):
            gone = _remove_resource(server, made, dropped)
        else:
            gone = _remove_plugin(server, made, dropped)
        if time.monotonic() >= until:
            return gone
        time.sleep(_PAUSE)


def uploaded(listed: Reply) -> frozenset[str]:
    """The names of uploaded files; none where there is no such API. Raises Unmet."""
    if listed.answer.status in (404, 405):
        return frozenset()
    return frozenset(map(file_of, listed.names()))


def file_of(path: str) -> str:
    """The name of the file at a path of the server, whatever its system."""
    return path.replace("\\", "/").rpartition("/")[2]


def is_deleted(described: Answer) -> bool:
    """Whether a description is that of a plugin which only waits for the restart to go."""
    try:
        found = described.json()
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("version") == DELETED


def _remove_plugin(server: Endpoints, owned: Owned, dropped: set[Made]) -> bool:
    for _ in range(2):
        described = server.describe(owned.kind, owned.name)
        if described.status in _NOT_THERE or is_deleted(described):
            return True
        answer = server.drop(owned.kind, owned.name)
        if not answer.ok:
            # releases before 0.4.0 go on describing what they dropped (api D-06, X-06)
            again = owned in dropped and answer.status in _NOT_THERE
            return again or _is_unlisted(server, owned)
        dropped.add(owned)
    return _is_unlisted(server, owned)


def _is_unlisted(server: Endpoints, owned: Owned) -> bool:
    """Whether there is a list of the plugins of that kind, without this one."""
    try:
        return owned.name not in Reply(server.list(owned.kind)).plugins()
    except Unmet:
        return False


def _remove_resource(server: Endpoints, made: Resource, dropped: set[Made]) -> bool:
    answer = server.send("DELETE", made.path)
    if answer.ok:
        dropped.add(made)
        return True
    # a refusal says little: a stream is kept with 400 while a rule reads it
    if not made.listed and _is_not_there(server.send("GET", made.path)):
        return True
    listed = server.send("GET", made.listed or made.path.rpartition("/")[0])
    return _is_not_there(listed) or (listed.ok and f'"{made.name}"' not in listed.text)


def _is_not_there(answer: Answer) -> bool:
    """Whether what was asked for is refused; no page says with which status."""
    status = answer.status
    return status is not None and 400 <= status < 500 and status not in _NOT_TOLD


def _remove_upload(server: Endpoints, upload: Upload, dropped: set[Made]) -> bool:
    if server.drop_upload(upload.name).ok:
        dropped.add(upload)
        return True
    try:
        return upload.name not in uploaded(Reply(server.uploads()))
    except Unmet:
        return False
