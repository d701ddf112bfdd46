"""What the server is, and what it can do, found out before the first clause."""

from collections.abc import Mapping
from dataclasses import dataclass

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import NEWEST, RELEASES, Release
from kuiper_pack.suite.clause import Clause
from kuiper_pack.suite.packages import NATIVE, make_zip, stub
from kuiper_pack.suite.removal import is_deleted
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.subject import Link, Server

MEMBERS = {"version", "os", "upTimeSeconds"}
"""What eKuiper says of itself in every release that was recorded."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which release the server is judged by.

    ``release`` is the one it is known to be, or None; ``judged`` the one whose documentation
    counts; ``reason`` says why, in one line.
    """

    release: Release | None
    judged: Release
    reason: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found out; ``notes`` are lines for the top of the report."""

    identity: Identity
    kinds: tuple[Kind, ...]
    delivery: str | None
    loads: bool | None
    notes: tuple[str, ...]

    def concerns(self, clause: Clause) -> bool:
        """Whether the release that the server is judged by is bound by the clause."""
        return clause.concerns(self.identity.judged)


def identify(root: Reply, asked: Release | None) -> Identity:
    """Take the release from the option, or from ``GET /`` if eKuiper itself speaks there."""
    if asked is not None:
        return Identity(asked, asked, f"judged as {asked} since it was asked for")
    try:
        found = root.answer.json()
    except ValueError:
        found = None
    if root.ok and isinstance(found, dict) and found.keys() >= MEMBERS:
        said = found["version"]
        try:
            release = Release.parse(said) if isinstance(said, str) else None
        except KuiperPackError:
            release = None
        if release in RELEASES:
            return Identity(release, release, f"judged as {release}, as GET / says")
        return Identity(
            None, NEWEST, f"judged as {NEWEST}: GET / says {said!r}, an unknown release"
        )
    return Identity(None, NEWEST, f"judged as {NEWEST}: GET / is not an answer of eKuiper")


def native_kinds(server: Server) -> dict[Kind, frozenset[str]]:
    """The names of each kind of native plugin that the server lists.

    Raises KuiperPackError where no kind is listed: then the URL is not that of a plugin API.
    """
    found: dict[Kind, frozenset[str]] = {}
    got = ""
    for kind in NATIVE:
        reply = server.plugins(kind)
        try:
            found[kind] = frozenset(reply.names())
        except AssertionError:
            got = got or reply.got
    if not found:
        raise KuiperPackError(
            f"{server.transport.client.url} is no plugin API: GET /plugins/{NATIVE[0].plural} "
            f"answers {got}"
        )
    return found


def lasting(server: Server, names: Mapping[Kind, frozenset[str]]) -> dict[Kind, frozenset[str]]:
    """The names without those of plugins that only wait for a restart to go."""
    return {
        kind: frozenset(name for name in those if not is_deleted(server.describe(kind, name)))
        for kind, those in names.items()
    }


def find_delivery(server: Server, kind: Kind, wanted: str) -> tuple[str | None, Link | None]:
    """How packages reach the server: ``http``, ``file`` or not at all."""
    artifacts = server.artifacts
    if wanted in ("auto", "http") and _fetches(server, kind):
        return "http", artifacts.http
    if wanted in ("auto", "file") and _reads_files(server, kind):
        return "file", artifacts.file
    return None, None


def _fetches(server: Server, kind: Kind) -> bool:
    name = server.fresh()
    server.artifacts.put(f"{name}.zip", b"not a zip")
    server.post(kind, name, server.artifacts.http(f"{name}.zip"))
    return f"{name}.zip" in server.artifacts.fetched


def _reads_files(server: Server, kind: Kind) -> bool:
    """Whether a package that is there and one that is not are refused in different words."""
    name = server.fresh()
    there = f"{name}.zip"
    server.artifacts.put(there, make_zip({"readme.txt": b"no plugin"}))
    found = server.post(kind, name, server.artifacts.file(there)).answer
    gone = f"{name}x.zip"
    missing = server.post(kind, name, server.artifacts.file(gone)).answer
    words = missing.text.replace(gone, there)
    return (found.status, found.text) != (missing.status, words)


def loads(server: Server, kind: Kind) -> bool:
    """Whether the server tries to load a shared object while it installs it."""
    name = server.fresh()
    url = server.deliver(make_zip({f"{name}.so": stub(name)}), f"{name}.zip")
    return not server.post(kind, name, url).ok
