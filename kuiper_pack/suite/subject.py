"""The server under test, as clauses see it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kuiper_pack.client import JSON, Unreachable, plugin_path
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import NEWEST, profile
from kuiper_pack.suite.artifacts import ArtifactHost
from kuiper_pack.suite.exchange import Record
from kuiper_pack.suite.journal import Journal, Made, Owned, Resource, Upload
from kuiper_pack.suite.packages import NATIVE, Plugin, Portable, so_file
from kuiper_pack.suite.pool import EmptyPool, Pool
from kuiper_pack.suite.removal import remove
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.restart import NotBack, Restarted, Restarter, end_of
from kuiper_pack.suite.transport import Request, Transport
from kuiper_pack.suite.verdict import Blocked

CREATES = "native.create.accepted"
"""The clause that everything stands on that installs a plugin."""
OTHERS = "native.create.other-files"
"""The clause that everything stands on that installs a plugin with its metadata."""
CREATES_PORTABLE = "portable.create.accepted"
"""The clause that everything stands on that installs a portable plugin."""
LISTS_PORTABLES = "portable.list.array"
"""The clause that everything stands on that is about portable plugins."""
DELIVERY = "delivery"
"""What is missing where no package reaches the server."""
TYPES = "native.list.types"
"""The clause that blocks whatever concerns a type of plugins that the server does not know."""

Link = Callable[[str], str]
UPLOAD = "upload"
NO_TOKEN = {"Authorization": ""}
"""The header of a request that comes without the token of the run."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A way for packages to reach the server: ``http``, ``file`` or ``upload``.

    ``link`` turns the name of a package into its URL, whether it is there or not; ``before`` are
    the names of files that others have uploaded.
    """

    word: str
    link: Link
    before: frozenset[str] = frozenset()


class Server:
    """One server: requests as methods; names go to the journal before they are sent.

    ``delivery`` is None where no package reaches it.
    """

    def __init__(
        self,
        transport: Transport,
        artifacts: ArtifactHost,
        journal: Journal,
        prefix: str,
        seed: str,
    ) -> None:
        self.transport = transport
        self.artifacts = artifacts
        self.journal = journal
        self.prefix = prefix
        self.seed = seed
        """What clauses draw from, together with their ids."""
        self.delivery: Delivery | None = None
        self.pool: Pool = EmptyPool("discovery has not come to an end")
        self.kinds: tuple[Kind, ...] = NATIVE
        """The kinds of native plugins that the server knows."""
        self.judged = NEWEST
        """The release whose documentation counts."""
        self.mine: list[Made] = []
        """What is to be dropped when the present clause ends."""
        self.before_tidy: list[Callable[[], object]] = []
        """What is to be done before that, so that it can be dropped."""
        self.taken: set[str] = set()
        """Names of plugins from the pool, which may not carry the prefix of the run."""
        self.dropped: set[Made] = set()
        """What was dropped with the server's consent, and not made again."""
        self.gone: set[Made] = set()
        """What the server was found not to have, and was not made again."""
        self._shared: dict[tuple[Kind, bool], tuple[Plugin, Record]] = {}
        self._portable: tuple[Portable, Record] | None = None
        self.expired_token = ""
        """One that was valid, where the user gave such a token."""
        self.restarter: Restarter | None = None
        """Starts the server anew, where the user gave the means."""
        self.ends_within = 0.0
        """Seconds in which a server has to end."""
        self.watched_for = 0.0
        """Seconds after which a server that still answers does not end."""
        self._names = 0

    def fresh(self) -> str:
        """A name that the server has never heard: letters and digits, the first a small letter."""
        self._names += 1
        return f"{self.prefix}n{self._names}"

    def file(self, name: str, version: str = "") -> str:
        """How the file of a plugin's shared object is called, by the release that is judged."""
        return so_file(name, version, upper=profile(self.judged).so_name != "any")

    def take(self, kind: Kind) -> Plugin:
        """A plugin from the pool; raises Blocked where there is none left, or no such type."""
        self.knows(kind)
        plugin = self.pool.take(kind)
        self.taken.add(plugin.name)
        return plugin

    def knows(self, kind: Kind) -> None:
        """Raise Blocked where the server has no such type of plugins."""
        if kind not in self.kinds:
            raise Blocked(TYPES, f"the server does not list {kind.plural}")

    def deliver(self, content: bytes, name: str | None = None) -> str:
        """A URL at which the server finds ``content``; raises Blocked where it finds nothing."""
        name = name or f"{self.fresh()}.zip"
        self.artifacts.put(name, content)
        url = self.url_of(name)
        if self.delivery and self.delivery.word == UPLOAD:
            reply = self.upload(name, content)
            if not reply.ok:
                raise Blocked(DELIVERY, f"a package could not be uploaded: {reply.got}")
        return url

    def url_of(self, name: str) -> str:
        """The URL of an artifact that may or may not be there."""
        if self.delivery is None:
            raise Blocked(DELIVERY, "no package reaches the server")
        return self.delivery.link(name)

    def uploads(self) -> Reply:
        """The uploaded files."""
        return self.send("GET", "/config/uploads")

    def upload(self, name: str, content: bytes) -> Reply:
        """Upload a file, which is removed when the present clause ends."""
        made = Upload(name)
        self.claim(made)
        with self.journal.request(made):
            answer = self.transport.upload(name, content)
        return Reply(answer, self.transport.secrets)

    def drop_upload(self, name: str) -> Reply:
        """Remove an uploaded file."""
        reply = self.send("DELETE", f"/config/uploads/{quote(name, safe='')}")
        if reply.ok:
            self.dropped.add(Upload(name))
        return reply

    def install(self, kind: Kind, *, metadata: bool = False) -> Reply:
        """Install the plugin that is there for the whole run, in version 1.2.3.

        With ``metadata`` it is another one, which brings its metadata.
        """
        plugin = self.take(kind)
        extra = plugin.metadata if metadata else None
        reply = self.create(plugin, version="1.2.3", extra=extra)
        if reply.ok:
            self.mine.remove(Owned(kind, plugin.name))
            self._shared[kind, metadata] = plugin, self.transport.exchanges[-1]
        return reply

    def installed(self, kind: Kind, *, metadata: bool = False) -> Plugin:
        """The plugin that is there for the whole run; clauses only look at it."""
        if (kind, metadata) not in self._shared:
            reply = self.install(kind, metadata=metadata)
            if not reply.ok:
                needed = OTHERS if metadata else CREATES
                raise Blocked(needed, f"no {kind.value} could be installed: {reply.got}")
        plugin, made = self._shared[kind, metadata]
        self.transport.recall(made)
        return plugin

    def plugins(self, kind: Kind) -> Reply:
        """The plugins of a kind."""
        return self.send("GET", f"/plugins/{kind.plural}")

    def describe(self, kind: Kind, name: str) -> Reply:
        """One plugin."""
        return self.send("GET", plugin_path(kind, name))

    def create(
        self,
        plugin: Plugin,
        version: str = "",
        *,
        functions: Sequence[str] = (),
        extra: Mapping[str, bytes] | None = None,
    ) -> Reply:
        """Install a plugin from its own package."""
        url = self.deliver(plugin.package(self.file(plugin.name, version), extra))
        return self.post(plugin.kind, plugin.name, url, functions=functions)

    def post(self, kind: Kind, name: str, url: str, **more: Any) -> Reply:
        """Install whatever is at ``url`` under ``name``; members that are empty are not sent."""
        self.own(kind, name)
        body = {"name": name, "file": url} | {key: value for key, value in more.items() if value}
        return self.send("POST", f"/plugins/{kind.plural}", body)

    def update(self, plugin: Plugin, version: str = "", *, functions: Sequence[str] = ()) -> Reply:
        """Replace a plugin by another version of its package."""
        url = self.deliver(plugin.package(self.file(plugin.name, version)))
        return self.put(plugin.kind, plugin.name, url, functions=functions)

    def put(self, kind: Kind, name: str, url: str, **more: Any) -> Reply:
        """Replace a plugin by whatever is at ``url``."""
        self.own(kind, name)
        body = {"name": name, "file": url} | {key: value for key, value in more.items() if value}
        return self.send("PUT", plugin_path(kind, name), body)

    def drop(self, kind: Kind, name: str, query: str = "") -> Reply:
        """Delete a plugin."""
        reply = self.send("DELETE", plugin_path(kind, name) + (f"?{query}" if query else ""))
        if reply.ok:
            self.dropped.add(Owned(kind, name))
        return reply

    def portable(self) -> Portable:
        """A portable plugin that the server has never heard of."""
        return Portable(self.fresh())

    def install_portable(self) -> Reply:
        """Install the portable plugin that is there for the whole run, in version 1.2.3."""
        portable = self.portable()
        reply = self.create_portable(portable, "1.2.3")
        if reply.ok:
            self.mine.remove(Owned(Kind.PORTABLE, portable.name))
            self._portable = portable, self.transport.exchanges[-1]
        return reply

    def installed_portable(self) -> Portable:
        """The portable plugin that is there for the whole run; clauses only look at it."""
        if self._portable is None:
            reply = self.install_portable()
            if self._portable is None:
                raise Blocked(CREATES_PORTABLE, f"no portable could be installed: {reply.got}")
        portable, made = self._portable
        self.transport.recall(made)
        return portable

    def create_portable(
        self,
        portable: Portable,
        version: str = "1.0.0",
        changed: Mapping[str, bytes | None] | None = None,
    ) -> Reply:
        """Install a portable plugin from its own package, with ``changed`` files."""
        url = self.deliver(portable.package(version, changed))
        return self.post(Kind.PORTABLE, portable.name, url)

    def update_portable(
        self,
        portable: Portable,
        version: str = "2.0.0",
        changed: Mapping[str, bytes | None] | None = None,
    ) -> Reply:
        """Replace a portable plugin by another version of its package."""
        url = self.deliver(portable.package(version, changed))
        return self.put(Kind.PORTABLE, portable.name, url)

    def status(self, portable: Portable) -> Reply:
        """How a portable plugin fares."""
        return self.send("GET", f"{plugin_path(Kind.PORTABLE, portable.name)}/status")

    def make(self, word: str, name: str, collection: str, body: Any) -> Reply:
        """Make a rule or a stream by ``POST collection``; it is deleted when the clause ends."""
        if self.prefix not in name:
            raise ValueError(f"{name} is no name of this run")
        self._own(Resource(word, name, f"{collection}/{quote(name, safe='')}"))
        return self.send("POST", collection, body)

    def udfs(self) -> Reply:
        """All user defined functions."""
        return self.send("GET", "/plugins/udfs")

    def describe_udf(self, name: str) -> Reply:
        """The plugin that a function comes from."""
        return self.send("GET", f"/plugins/udfs/{quote(name, safe='')}")

    def register(self, plugin: str, body: Any) -> Reply:
        """Say which functions a function plugin has."""
        return self.send("POST", f"{plugin_path(Kind.FUNCTION, plugin)}/register", body)

    def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send any request; a ``str`` body goes as it is, any other as JSON."""
        given: dict[str, Any] = {"json": body, "headers": headers}
        if isinstance(body, str):
            data = body.encode("utf-8", "surrogateescape")
            given = {"body": data, "headers": {**JSON, **(headers or {})}}
        with self.journal.request():
            answer = self.transport.send(method, path, **given)
        return Reply(answer, self.transport.secrets)

    def together(
        self, requests: Sequence[Request], once: Callable[[], object] = bool
    ) -> list[Reply]:
        """Send requests at the same time; what they make is owned before.

        The first one does not wait for the others, which wait until ``once`` returns.
        """
        with self.journal.request():
            answers = self.transport.send_together(requests, once)
        return [Reply(answer, self.transport.secrets) for answer in answers]

    def restart(self) -> Restarted:
        """Restart the server; raises Blocked where it does not come back."""
        if self.restarter is None:
            raise NotBack("the server is to be restarted: give --kuiper-restart-command")
        restarted = self.restarter()
        self.share_ends()
        # a plugin may come back with it, a file does not
        self.dropped = {one for one in self.dropped if isinstance(one, Upload)}
        self.gone = {one for one in self.gone if isinstance(one, Upload)}
        return restarted

    def tell(self, restarted: Restarted) -> None:
        """Keep a restart beside the exchanges of the present clause."""
        said = f"the server was restarted, and is back after {restarted.seconds:.1f} seconds"
        self.transport.note("restart", said, "restart", restarted.output)

    def ends(self) -> bool:
        """Whether the server that was asked to end does."""
        return self._watch(self.ends_within)

    def stays(self) -> bool:
        """Whether the server goes on."""
        return not self._watch(self.watched_for)

    def _watch(self, seconds: float) -> bool:
        ended = end_of(self.transport.client, seconds)
        said = f"answers after {seconds:g}" if ended is None else f"ended after {ended:.1f}"
        again = f"sleep {seconds:g}; send GET /"
        self.transport.note("watch", f"the server {said} seconds", again)
        return ended is not None

    def tidy(self) -> None:
        """Drop what the clause made, as far as the server answers."""
        first, self.before_tidy = self.before_tidy, []
        with suppress(Unreachable):
            for act in first:
                act()
        mine, self.mine = self.mine, []
        with suppress(Unreachable):
            for made in reversed(mine):
                self.remove(made)

    def remove(self, made: Made, until: float = 0.0) -> bool:
        """Drop what may be there, as :func:`remove` does; whether it is gone."""
        gone = remove(self.transport, made, self.dropped, until)
        if gone and made not in self.journal.unanswered:
            self.gone.add(made)
        return gone

    def share_ends(self) -> None:
        """Drop what was there for the whole run, with the next :meth:`tidy`."""
        self.mine += [Owned(kind, plugin.name) for (kind, _), (plugin, _) in self._shared.items()]
        self._shared.clear()
        if self._portable is not None:
            self.mine.append(Owned(Kind.PORTABLE, self._portable[0].name))
            self._portable = None

    def own(self, kind: Kind, name: str) -> None:
        """Write down a name that the next request may install, so that it is dropped in the end."""
        if self.prefix not in name and name not in self.taken:
            raise ValueError(f"{name} is no name of this run")
        self._own(Owned(kind, name))

    def claim(self, made: Upload | Resource) -> None:
        """Write down what the next request may make, so that it is removed in the end."""
        if self.prefix not in made.name:
            raise ValueError(f"{made} is not of this run")
        self._own(made)

    def _own(self, made: Made) -> None:
        self.journal.own(made)
        self.dropped.discard(made)
        self.gone.discard(made)
        if made not in self.mine:
            self.mine.append(made)
