"""Getting the archive to the server."""

from collections.abc import Generator
from typing import Any

from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.folders import join
from kuiper_pack.planner.gourl import is_valid
from kuiper_pack.planner.outcome import Refused
from kuiper_pack.planner.request import Request
from kuiper_pack.planner.state import ServerState
from kuiper_pack.planner.steps import Create, CreateInside, Fetch, Remove, Save, Step

_MODE = 0o100666


def check_request(state: ServerState, request: Request) -> str:
    """The trimmed name of a request; raises Refused for an empty one or a bad URL."""
    name = request.name.strip(" ")
    if not name:
        raise Refused(Cause.NAME_EMPTY, f"invalid name {name}: should not be empty")
    valid = is_valid(request.file, file_urls=state.profile.file_urls)
    if not valid or not request.file.endswith(".zip"):
        raise Refused(Cause.URL_INVALID, f"invalid uri {request.file}", subject=request.file)
    return name


def download(url: str, folder: str, name: str, *, rooted: bool) -> Generator[Step, Any, str]:
    """Bring the archive at ``url`` to ``{folder}/{name}.zip`` and return that path."""
    file_name = f"{name}.zip"
    path = join(folder, file_name)
    failure = yield Fetch(url)
    if failure is not None:
        raise _failed(url, failure.words)
    step = CreateInside(folder, file_name, _MODE) if rooted else Create(path, _MODE)
    failure = yield step
    if failure is not None:
        where = f"openat {file_name}" if rooted else f"open {path}"
        raise _failed(url, f"{where}: {failure.words}", Cause.NAME_INVALID)
    failure = yield Save(path)
    if failure is not None:
        yield Remove(path)
        raise _failed(url, failure.words)
    return path


def _failed(url: str, words: str, cause: Cause = Cause.DOWNLOAD) -> Refused:
    return Refused(cause, f"fail to download file {url}: {words}", subject=url)
