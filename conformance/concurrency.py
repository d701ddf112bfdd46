"""Requests of several clients at the same time."""

from collections.abc import Sequence
from functools import partial

from kuiper_pack.client import plugin_path
from kuiper_pack.conformance import portable_update
from kuiper_pack.conformance.hostile_artifacts import offer, sound
from kuiper_pack.conformance.native_create import CREATE, MEMBERS, UNKNOWN
from kuiper_pack.conformance.native_drop import DROPS
from kuiper_pack.conformance.native_functions import UNIQUE
from kuiper_pack.conformance.native_list import ARRAY, SHOW
from kuiper_pack.conformance.native_update import UPDATE, UPDATES
from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MUST, SHOULD, clause
from kuiper_pack.suite.manners import held
from kuiper_pack.suite.packages import Plugin, make_zip
from kuiper_pack.suite.pool import StubPool
from kuiper_pack.suite.questions import has_version
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.subject import CREATES, CREATES_PORTABLE, Server
from kuiper_pack.suite.transport import Request
from kuiper_pack.suite.verdict import Inapplicable, Unmet

AT_ONCE = 3
"""How many requests of a kind are sent at the same time, or a multiple of it."""
_SERVER_ERROR = 500
_BUSY = (429, 503)
"""Too Many Requests, and Service Unavailable: what HTTP has for servers that are busy."""
_SILENT = (0.3, 2.0)
"""Seconds that a host keeps silent; the second time a server that is only slow is not blamed."""


def creating(
    server: Server, plugin: Plugin, version: str, functions: Sequence[str] = ()
) -> Request:
    """The request that creates a plugin, which is written down already."""
    url = server.deliver(plugin.package(server.file(plugin.name, version)))
    server.own(plugin.kind, plugin.name)
    body = {"name": plugin.name, "file": url} | ({"functions": functions} if functions else {})
    return Request("POST", f"/plugins/{plugin.kind.plural}", body)


def answered(replies: Sequence[Reply]) -> None:
    """Ask that each request has an answer, and none an error of the server."""
    __tracebackhide__ = True
    for reply in replies:
        status = reply.answer.status
        if status is None or status >= _SERVER_ERROR:
            raise Unmet("an answer that is no error of the server (status 5xx)", reply.got)


def not_loaded(server: Server) -> None:
    """Raise Inapplicable where several requests that write one shared object may end eKuiper."""
    if not isinstance(server.pool, StubPool):
        # a file that is loaded while it is written
        raise Inapplicable("shared objects are loaded: the server may end over it, as eKuiper does")


def one_of(replies: Sequence[Reply], versions: Sequence[str]) -> list[str]:
    """The versions whose updates were accepted; at least one of those at the same time has to."""
    __tracebackhide__ = True
    made = [version for version, reply in zip(versions, replies, strict=True) if reply.ok]
    if not made:
        raise Unmet(f"one of {len(replies)} updates is accepted", replies[0].got)
    return made


@clause(
    "native.concurrent.one-name",
    MUST,
    documented=CREATE,
    since="0.3.0",
    needs=[CREATES, MEMBERS, "native.create.duplicate-name"],
    defect_in=("0.3.0", None),
)
def test_of_creates_at_once_one_gets_the_name(server: Server) -> None:
    """Of several creates of one name at the same time exactly one is accepted, and is there."""
    not_loaded(server)
    plugin = server.take(Kind.SINK)
    request = creating(server, plugin, "1.0.0")
    replies = server.together([request] * (2 * AT_ONCE))
    if sum(reply.ok for reply in replies) != 1:
        said = " ".join(str(one.answer.status) for one in replies)
        raise Unmet(f"one of {len(replies)} creates is accepted", f"statuses {said}")
    has_version(server, plugin, "1.0.0")


@clause(
    "native.concurrent.names",
    MUST,
    documented=f"{CREATE}; show plugins",
    since="0.3.0",
    installs=AT_ONCE,
    needs=[CREATES, MEMBERS, "native.list.installed"],
)
def test_creates_at_once_do_not_disturb_each_other(server: Server) -> None:
    """Plugins that are created at the same time are all accepted, listed and described.

    Who is told that the server is busy may come again.
    """
    plugins = [server.take(Kind.SINK) for _ in range(AT_ONCE)]
    versions = [f"{number}.0.0" for number, _ in enumerate(plugins, 1)]
    requests = [creating(server, *each) for each in zip(plugins, versions, strict=True)]
    for plugin, request, reply in zip(plugins, requests, server.together(requests), strict=True):
        if reply.answer.status in _BUSY:
            server.own(plugin.kind, plugin.name)
            server.send(request.method, request.path, request.json).accepted()
        else:
            reply.accepted()
    listed = server.plugins(Kind.SINK)
    if not {one.name for one in plugins} <= set(listed.names()):
        raise Unmet(f"a list with {', '.join(one.name for one in plugins)}", listed.got)
    for plugin, version in zip(plugins, versions, strict=True):
        has_version(server, plugin, version)


@clause(
    "native.concurrent.list",
    MUST,
    documented=SHOW,
    since="0.3.0",
    needs=[CREATES, ARRAY, "native.list.installed", "native.create.no-shared-object"],
)
def test_lists_are_arrays_at_any_time(server: Server) -> None:
    """While packages are taken and refused, the list is an array with what is installed."""
    plugin = server.installed(Kind.SINK)
    requests = []
    for _ in range(AT_ONCE):
        name = server.fresh()
        url = server.deliver(make_zip({"readme.txt": b"nothing else"}))
        server.own(Kind.SINK, name)
        requests.append(Request("POST", "/plugins/sinks", {"name": name, "file": url}))
        requests.append(Request("GET", "/plugins/sinks"))
    replies = server.together(requests)
    for reply in replies[::2]:
        reply.refused()
    for reply in replies[1::2]:
        if plugin.name not in reply.names():
            raise Unmet(f"a list with {plugin.name}", reply.got)


@clause(
    "native.concurrent.functions",
    MUST,
    documented=UNIQUE,
    since="1.1.2",
    installs=AT_ONCE,
    needs=[CREATES, "native.udfs.plugin", "native.udfs.unique"],
)
def test_of_creates_at_once_one_gets_the_function(server: Server) -> None:
    """Of several plugins with one function, created at the same time, exactly one is accepted."""
    plugins = [server.take(Kind.FUNCTION) for _ in range(AT_ONCE)]
    function = plugins[0].functions[0]
    replies = server.together([creating(server, one, "1.0.0", [function]) for one in plugins])
    made = [one.name for one, reply in zip(plugins, replies, strict=True) if reply.ok]
    said = " ".join(str(one.answer.status) for one in replies)
    if len(made) != 1:
        raise Unmet(f"one of {len(replies)} creates is accepted", f"statuses {said}")
    reply = server.describe_udf(function)
    if reply.members().get("plugin") != made[0]:
        raise Unmet(f'plugin "{made[0]}", whose create was accepted', reply.got)


@clause(
    "native.concurrent.drop",
    SHOULD,
    seen="api X-06",
    since="0.3.0",
    installs=1,
    needs=[CREATES, DROPS, MEMBERS],
)
def test_drops_at_once_are_answered(server: Server) -> None:
    """Drops and descriptions of one plugin at the same time are all answered, and it is dropped."""
    plugin = server.take(Kind.SINK)
    server.create(plugin).accepted()
    path = plugin_path(plugin.kind, plugin.name)
    methods = ["DELETE", "GET"] * AT_ONCE
    replies = server.together([Request(method, path) for method in methods])
    answered(replies)
    if not any(one.ok for one in replies[::2]):
        said = " ".join(str(one.answer.status) for one in replies[::2])
        raise Unmet(f"one of {AT_ONCE} drops is accepted", f"statuses {said}")


@clause(
    "native.concurrent.update",
    MUST,
    documented=UPDATE,
    since="1.11.0",
    needs=[CREATES, UPDATES, MEMBERS],
    defect_in=("1.11.0", None),
)
def test_of_updates_at_once_one_is_there(server: Server) -> None:
    """After several updates of a plugin at the same time it is there, in a version that was sent.

    One of them at least is accepted.
    """
    not_loaded(server)
    plugin, versions = server.take(Kind.SINK), ["2.0.0", "3.0.0", "4.0.0"]
    server.create(plugin, "1.0.0").accepted()
    path = plugin_path(plugin.kind, plugin.name)
    requests = [creating(server, plugin, version)._replace(method="PUT") for version in versions]
    replies = server.together([one._replace(path=path) for one in requests])
    known = ["1.0.0", *one_of(replies, versions)]  # the first until a restart
    has_version(server, plugin, *known)


@clause(
    "portable.concurrent.update",
    MUST,
    documented=UPDATE,
    since=portable_update.SINCE,
    needs=[CREATES_PORTABLE, portable_update.UPDATES, "portable.update.version"],
    defect_in=(portable_update.SINCE, None),
)
def test_of_portable_updates_at_once_one_is_there(server: Server) -> None:
    """After two updates of a portable plugin at the same time it has a version that was accepted.

    One of them at least is accepted.
    """
    portable, versions = server.portable(), ["2.0.0", "3.0.0"]
    server.create_portable(portable).accepted()
    server.own(Kind.PORTABLE, portable.name)
    path = plugin_path(Kind.PORTABLE, portable.name)
    urls = [server.deliver(portable.package(version)) for version in versions]
    bodies = [{"name": portable.name, "file": url} for url in urls]
    replies = server.together([Request("PUT", path, body) for body in bodies])
    has_version(server, portable, *one_of(replies, versions))


@clause(
    "native.concurrent.silent-host",
    SHOULD,
    seen="api C-43",
    since="0.3.0",
    needs=[ARRAY, UNKNOWN, "native.download.broken-off"],
)
def test_a_silent_host_holds_up_nobody_else(server: Server) -> None:
    """While the host of a package keeps silent others are answered; then the create is refused."""
    for seconds in _SILENT:
        name = server.fresh()
        url = offer(server, sound(server, name), held(seconds), "held")
        server.own(Kind.SINK, name)
        create = Request("POST", "/plugins/sinks", {"name": name, "file": url})
        others = [Request("GET", "/plugins/sinks")] * AT_ONCE
        is_asked = partial(server.artifacts.is_asked, url.rpartition("/")[2])
        replies = server.together([create, *others], is_asked)
        replies[0].refused()
        for reply in replies[1:]:
            reply.names()
        late = max(replies[1:], key=lambda one: one.answer.elapsed)
        if late.answer.elapsed < seconds / 2:
            break
    else:
        took = f"{late.answer.elapsed:.1f} of the {seconds:g} seconds of silence"
        raise Unmet("a list while a package is awaited", f"one that took {took}")
    server.describe(Kind.SINK, name).refused()
