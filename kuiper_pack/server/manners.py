"""What differs between releases on the wire, and concerns no plugin."""

from functools import cache
from typing import Literal, NamedTuple

from kuiper_pack.profiles import Release
from kuiper_pack.profiles.change import Change, fold

_SIMPLE = ("GET", "HEAD", "POST")
_REST = "internal/server/rest.go"


class Manners(NamedTuple):
    """The HTTP manners of a release; the defaults are those of the first one."""

    json_newline: bool = True
    """JSON answers end with a newline."""
    ping: bool = False
    """GET /ping is there."""
    cors: bool = False
    """Other origins are answered."""
    cors_methods: tuple[str, ...] = _SIMPLE
    """Methods that a preflight may ask for."""
    cors_headers: tuple[str, ...] = ("Content-Type",)
    """Headers that it may ask for, besides those that any may be."""
    root_arch: bool = False
    """GET / tells the architecture."""
    root_usage: bool = False
    """GET / tells the use of processor and memory."""
    documents_restart: bool = True
    """The documents call the parameter of DELETE ``restart``, not ``stop``."""
    tokens: Literal["", "coded", "worded"] = ""
    """How a token is refused: with numbers, or in words; empty where none is known."""
    batch: bool = False
    """Many requests can come in one."""
    uploads_by_url: bool = False
    """An upload may be a URL, and a body without name or content is answered."""
    uploads_rooted: bool = False
    """No upload is written outside the folder."""
    uploads_whole: bool = False
    """Folders in the name are made, and a download that fails leaves nothing."""


CHANGES: tuple[Change, ...] = (
    Change("0.9.1", "cors", True, "api G-10"),
    Change("1.0.2", "ping", True, "xstream/server/server/rest.go"),
    Change("1.4.0", "documents_restart", False, "api section 5"),
    Change("1.4.0", "tokens", "coded", "api G-11"),
    Change("1.4.1", "root_arch", True, _REST),
    Change("1.5.1", "cors_methods", (*_SIMPLE, "PUT", "DELETE"), "api G-10"),
    Change("1.5.1", "cors_headers", ("Content-Type", "Authorization"), _REST),
    Change("1.6.1", "json_newline", False, "api G-02"),
    Change("1.11.0-alpha.2", "uploads_by_url", True, "api O-02, O-04"),
    Change("1.11.3", "root_usage", True, _REST, ("1.12.0-alpha.1",)),
    Change("1.12.0-beta.3", "tokens", "worded", "go.mod: jwt 5"),
    Change("2.2.0-alpha.3", "uploads_rooted", True, "api O-05"),
    Change("2.2.0-alpha.5", "batch", True, "api G-15"),
    Change("2.4.0-alpha.2", "uploads_whole", True, "api O-06"),
)
"""Every change, in the order of releases."""


@cache
def manners(release: Release) -> Manners:
    """The manners of a release, folded from the changes."""
    return Manners(**fold(CHANGES, release))
