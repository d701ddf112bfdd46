"""What the server is, and what it can do, found out before the first clause."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from kuiper_pack.client import Answer, read_about
from kuiper_pack.client.words import LOADED, OTHER_BUILD, OTHER_SYSTEM
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.architecture import host_architecture
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import NEWEST, Release
from kuiper_pack.suite import access
from kuiper_pack.suite.clause import CAPABILITIES, TOKENS, Clause
from kuiper_pack.suite.exchange import Exchange, Record
from kuiper_pack.suite.packages import NATIVE, Plugin, Portable, make_zip, stub
from kuiper_pack.suite.removal import is_deleted, uploaded
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.restart import end_of
from kuiper_pack.suite.subject import NO_TOKEN, UPLOAD, Delivery, Server
from kuiper_pack.suite.verdict import Blocked, Unmet

_ENDS = 2.0
"""Seconds in which a process is gone that crashes."""
_MISFIT = re.compile(f"{OTHER_BUILD}|{LOADED}|{OTHER_SYSTEM}")
"""What Go and the dynamic linker say of a file that was built for another server."""
_WANTS_TLS = re.compile(r"plain HTTP|HTTP request to an HTTPS server")
"""What servers say in plain text at a port for TLS: nginx and Apache, and whatever is Go."""
_NO_PLUGIN = make_zip({"readme.txt": b"no plugin"})


class NoPluginApi(KuiperPackError):
    """No list of plugins is there; ``said`` are the requests that asked for one."""

    def __init__(self, url: str, got: str, said: Sequence[Record]) -> None:
        answers = [one.answer for one in said if isinstance(one, Exchange)]
        silent = all(one.status is None or _WANTS_TLS.search(one.text) for one in answers)
        tls = "; where it speaks TLS, write https://" if silent and url[:5] == "http:" else ""
        asked = f"GET /plugins/{NATIVE[0].plural}"
        what = tls or "; the URL is what stands before /plugins"
        wanted = "which is no JSON array of names"
        super().__init__(f"{url} is no plugin API: {asked} answers {got}, {wanted}{what}")
        self.said = tuple(said)


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
    """What was found out; ``notes`` are lines for the top of the report.

    ``lacks`` has each of the ``CAPABILITIES`` that is not there, and why that is thought.
    """

    identity: Identity
    kinds: tuple[Kind, ...]
    delivery: str | None
    loads: bool | None
    lacks: Mapping[str, str]
    notes: tuple[str, ...]

    def concerns(self, clause: Clause) -> bool:
        """Whether the release that the server is judged by is bound by the clause."""
        return clause.concerns(self.identity.judged)


def before(server: Server) -> dict[Kind, frozenset[str]]:
    """The names of each kind that the server lists; its native kinds are known from now on.

    Raises NoPluginApi where no kind is listed, KuiperPackError where we are not let in.
    """
    listed, others = native_kinds(server)
    server.kinds = tuple(listed)
    said = tuple(server.transport.exchanges)
    portable = portables(server)
    if not listed and (portable is None or any(one.ok for one in others)):
        raise NoPluginApi(server.transport.client.url, others[0].got, said)
    return listed if portable is None else {**listed, Kind.PORTABLE: portable}


def any_kind(server: Server) -> Kind:
    """A kind of plugins that the server lists: a native one where there is one."""
    return server.kinds[-1] if server.kinds else Kind.PORTABLE


def discover(server: Server, identity: Identity, delivery: str) -> Discovery:
    """Find out how packages reach the server, and what it does with them.

    ``delivery`` is one way, or auto.
    """
    kind, notes = any_kind(server), [identity.reason]
    server.delivery, why_not = find_delivery(server, kind, delivery)
    notes += [f"{one.plural} are not listed" for one in NATIVE if one not in server.kinds]
    lacking = lacks(server)
    notes += [
        f"there are no {word}, which some clauses need: {why}" for word, why in lacking.items()
    ]
    if server.delivery is None:
        return Discovery(identity, server.kinds, None, None, lacking, (*notes, *why_not))
    server.transport.replaced[server.delivery.link("")] = "{artifacts}/"
    word = server.delivery.word
    notes.append(f"packages reach the server by {word}")
    tries = None
    if kind.is_native:
        tries = loads(server, kind)
        notes.append(f"shared objects are {'' if tries else 'not '}loaded at installation")
    return Discovery(identity, server.kinds, word, tries, lacking, tuple(notes))


def identify(root: Reply, asked: Release | None) -> Identity:
    """Take the release from the option, or from ``GET /`` if eKuiper itself speaks there."""
    if asked is not None:
        like = f", and like {NEWEST}, the newest that is known here" if asked > NEWEST else ""
        return Identity(asked, asked, f"judged as {asked} since it was asked for{like}")
    about = read_about(root.answer)
    if about is not None and about.release is not None:
        release = about.release
        return Identity(release, release, f"judged as {release}, as GET / says")
    if about is not None:
        return Identity(
            None, NEWEST, f"judged as {NEWEST}: GET / says {about.version!r}, an unknown release"
        )
    return Identity(None, NEWEST, f"judged as {NEWEST}: GET / is not an answer of eKuiper")


def architecture(root: Answer) -> str:
    """The processor of the server, as Go calls it; that of this machine where it does not say."""
    about = read_about(root)
    return about.arch if about is not None and about.arch else host_architecture()


def native_kinds(server: Server) -> tuple[dict[Kind, frozenset[str]], list[Reply]]:
    """The names of each kind of native plugin that the server lists; the answers that are no lists.

    Raises KuiperPackError where we are not let in.
    """
    found: dict[Kind, frozenset[str]] = {}
    others: list[Reply] = []
    for kind in NATIVE:
        reply = server.plugins(kind)
        try:
            found[kind] = frozenset(reply.names())
        except AssertionError:
            if access.is_closed(reply.answer):
                token = bool(server.transport.client.token)
                raise KuiperPackError(access.refusal(reply, has_token=token)) from None
            others.append(reply)
    return found, others


def portables(server: Server) -> frozenset[str] | None:
    """The names of the portable plugins that the server lists; None where it lists none."""
    try:
        return frozenset(server.plugins(Kind.PORTABLE).plugins())
    except AssertionError:
        return None


def lacks(server: Server) -> dict[str, str]:
    """What a plugin API may well do without and this one does, each with what was answered."""
    found = {}
    for word, path in CAPABILITIES.items():
        reply = server.send("GET", path)
        if not _is_collection(reply):
            found[word] = f"GET {path} answered {reply.got}"
    if why := _wants_no_token(server):
        found[TOKENS] = why
    return found


def _wants_no_token(server: Server) -> str:
    """Why the server is thought to answer those who have no token; nothing where it does not."""
    if not server.transport.client.token:
        return "the run was given none"
    path = f"/plugins/{any_kind(server).plural}"
    reply = server.send("GET", path, headers=NO_TOKEN)
    return f"GET {path} without one answered {reply.got}" if reply.ok else ""


def _is_collection(reply: Reply) -> bool:
    """Whether an answer is a list, or that of a server with nothing to list."""
    try:
        return isinstance(reply.json(), list | None)
    except AssertionError:
        return False


def lasting(server: Server, names: Mapping[Kind, frozenset[str]]) -> dict[Kind, frozenset[str]]:
    """The names without those of plugins that only wait for a restart to go."""
    return {
        kind: frozenset(
            name for name in those if not is_deleted(server.describe(kind, name).answer)
        )
        for kind, those in names.items()
    }


def find_delivery(server: Server, kind: Kind, wanted: str) -> tuple[Delivery | None, list[str]]:
    """The first way that packages reach the server, or None; and why the others are none.

    ``wanted`` is one way, or auto.
    """
    why: list[str] = []
    for word, find in {"http": _by_http, "file": _by_file, UPLOAD: _by_upload}.items():
        if wanted not in ("auto", word):
            continue
        found = find(server, kind)
        if isinstance(found, Delivery):
            return found, why
        why.append(f"no package comes by {word}: {found}")
    return None, why


def _by_http(server: Server, kind: Kind) -> Delivery | str:
    name = server.fresh()
    server.artifacts.put(f"{name}.zip", b"not a zip")
    reply = server.post(kind, name, server.artifacts.http(f"{name}.zip"))
    if f"{name}.zip" in server.artifacts.fetched:
        return Delivery("http", server.artifacts.http)
    return f"{_sent(server)}: it is not fetched, and the create answered {reply.got}"


def _by_file(server: Server, kind: Kind) -> Delivery | str:
    name = server.fresh()
    server.artifacts.put(f"{name}.zip", _NO_PLUGIN)
    return _told(server, kind, name, Delivery("file", server.artifacts.file), server.artifacts.put)


def _by_upload(server: Server, kind: Kind) -> Delivery | str:
    name = server.fresh()
    listed = server.uploads()
    try:
        before = uploaded(listed)
    except Unmet:
        return f"GET /config/uploads answered {listed.got}"
    reply = server.upload(f"{name}.zip", _NO_PLUGIN)
    folder, slash, file = (reply.path() if reply.ok else "").rpartition("/")
    if not reply.ok or not slash or file != f"{name}.zip":
        where = ", which is not where the file is" if reply.ok else ""
        return f"POST /config/uploads answered {reply.got}{where}"

    def link(file: str) -> str:
        return f"file://{quote(folder)}/{file}"

    return _told(server, kind, name, Delivery(UPLOAD, link, before), server.upload)


def _told(
    server: Server, kind: Kind, name: str, way: Delivery, put: Callable[[str, bytes], object]
) -> Delivery | str:
    """The way, where creates tell a package that is there from one that is not; or what they say.

    A server of few words may still install one that is sound.
    """
    there, gone = f"{name}.zip", f"{name}x.zip"
    reply = server.post(kind, name, way.link(there))
    found, missing = reply.answer, server.post(kind, name, way.link(gone)).answer
    words = missing.text.replace(gone, there)
    if (found.status, found.text) != (missing.status, words):
        return way
    sound = server.fresh()
    put(f"{sound}.zip", _package(server, kind, sound))
    if server.post(kind, sound, way.link(f"{sound}.zip")).ok:
        return way
    return f"{_sent(server)}: whether it is there or not, the create answered {reply.got}"


def _sent(server: Server) -> str:
    """The last request, for who has to write what answers it."""
    last = server.transport.exchanges[-1]
    return f"{last.method} {last.path} {last.body}" if isinstance(last, Exchange) else ""


def misfit(server: Server) -> str:
    """Why shared objects of the pool cannot be loaded by this server; nothing where they can.

    Raises KuiperPackError where the server ends over the first one.
    """
    try:
        plugin = server.take(any_kind(server))
    except Blocked:
        return ""
    reply = server.create(plugin)
    if reply.answer.status is None and end_of(server.transport.client, _ENDS) is not None:
        raise KuiperPackError(
            "the server ended over a shared object that was built otherwise than it is: "
            "start it anew, and name its release with --kuiper-server"
        )
    found = None if reply.ok else _MISFIT.search(reply.answer.text)
    return f"the server cannot load the shared objects: {reply.got}" if found else ""


def loads(server: Server, kind: Kind) -> bool:
    """Whether the server tries to load a shared object while it installs it."""
    name = server.fresh()
    url = server.deliver(_package(server, kind, name), f"{name}.zip")
    return not server.post(kind, name, url).ok


def _package(server: Server, kind: Kind, name: str) -> bytes:
    """A package that is sound for servers that do not look into a shared object."""
    if kind is Kind.PORTABLE:
        return Portable(name).package()
    return Plugin(kind, name, stub(name)).package(server.file(name))
