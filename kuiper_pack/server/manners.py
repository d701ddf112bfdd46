"""What differs between releases on the wire, and concerns no plugin."""

from typing import Literal, NamedTuple

from kuiper_pack.profiles import Release


class Manners(NamedTuple):
    """The HTTP manners of one release; each fact with the release that brought it."""

    json_newline: bool
    """JSON answers end with a newline (api G-02)."""
    ping: bool
    """GET /ping is there (internal/server/rest.go)."""
    cors: bool
    """Other origins are answered (api G-10)."""
    cors_methods: tuple[str, ...]
    """Methods that a preflight may ask for."""
    cors_headers: tuple[str, ...]
    """Headers that it may ask for, besides those that any may be."""
    root_arch: bool
    """GET / tells the architecture (internal/server/rest.go)."""
    root_usage: bool
    """GET / tells the use of processor and memory (internal/server/rest.go)."""
    documents_restart: bool
    """The documents call the parameter of DELETE ``restart``, not ``stop`` (api section 5)."""
    tokens: Literal["", "coded", "worded"]
    """How a token is refused: with numbers, or in words (api G-11); empty where none is known."""
    batch: bool
    """Many requests can come in one (api G-15)."""
    uploads: str
    """Which of etc and data has the folder of uploads; empty where nothing can be uploaded."""
    uploads_by_url: bool
    """An upload may be a URL, and a body without name or content is answered (api O-02, O-04)."""
    uploads_rooted: bool
    """No upload is written outside the folder (api O-05)."""
    uploads_whole: bool
    """Folders in the name are made, and a download that fails leaves nothing (api O-06)."""


_SIMPLE = ("GET", "HEAD", "POST")


def manners(release: Release) -> Manners:
    """The manners of a release."""
    at = Release.parse
    return Manners(
        json_newline=release < at("1.6.1"),
        ping=release >= at("1.0.2"),
        cors=release >= at("0.9.1"),
        cors_methods=(*_SIMPLE, "PUT", "DELETE") if release >= at("1.5.1") else _SIMPLE,
        cors_headers=("Content-Type", "Authorization")
        if release >= at("1.5.1")
        else ("Content-Type",),
        root_arch=release >= at("1.4.1"),
        root_usage=release >= at("1.11.3") and release != at("1.12.0-alpha.1"),
        documents_restart=release < at("1.4.0"),
        tokens=_tokens(release),
        batch=release >= at("2.2.0-alpha.5"),
        uploads="data" if release >= at("1.7.0") else "etc" if release >= at("1.6.0") else "",
        uploads_by_url=release >= at("1.11.0-alpha.2"),
        uploads_rooted=release >= at("2.2.0-alpha.3"),
        uploads_whole=release >= at("2.4.0-alpha.2"),
    )


def _tokens(release: Release) -> Literal["", "coded", "worded"]:
    at = Release.parse
    if release < at("1.4.0"):
        return ""
    return "worded" if release >= at("1.12.0-beta.3") else "coded"
