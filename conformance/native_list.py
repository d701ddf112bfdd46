"""GET /plugins/sources, /plugins/sinks and /plugins/functions."""

from contextlib import suppress

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MUST, SHOULD, clause
from kuiper_pack.suite.packages import NATIVE
from kuiper_pack.suite.subject import CREATES, TYPES, Server
from kuiper_pack.suite.verdict import Blocked, Unmet

SHOW = "plugins.md, show plugins"
ARRAY = "native.list.array"


@clause(TYPES, MUST, documented="plugins.md, create a plugin; show plugins", since="0.3.0")
def test_each_type_has_a_list(server: Server) -> None:
    """Sources, sinks and functions each have an endpoint of their own, which lists them."""
    for kind in NATIVE:
        server.plugins(kind).accepted()


@clause(ARRAY, MUST, documented=SHOW, since="0.3.0", needs=[CREATES])
def test_a_list_is_an_array_of_names(server: Server) -> None:
    """The list of each type of native plugin that the server knows is a JSON array of strings."""
    for kind in server.kinds:
        with suppress(Blocked):  # an empty list says less, and something
            server.installed(kind)
        server.plugins(kind).names()


@clause("native.list.content-type", SHOULD, seen="api G-01", since="0.3.0")
def test_a_list_is_declared_as_json(server: Server) -> None:
    """A list is declared as application/json."""
    for kind in server.kinds:
        reply = server.plugins(kind).accepted()
        if not reply.answer.content_type.startswith("application/json"):
            raise Unmet("Content-Type: application/json", reply.answer.content_type or "none")


@clause(
    "native.list.installed",
    MUST,
    documented=SHOW,
    since="0.3.0",
    needs=[CREATES, ARRAY],
)
def test_what_is_installed_is_listed(server: Server) -> None:
    """All plugins of a type that are defined in the server are in the list of that type."""
    for kind in server.kinds:
        plugin = server.installed(kind)
        reply = server.plugins(kind)
        if plugin.name not in reply.names():
            raise Unmet(f"a list with {plugin.name}", reply.got)


@clause("native.list.own-type", MUST, documented=SHOW, since="0.3.0", needs=[CREATES, ARRAY])
def test_a_list_holds_one_type(server: Server) -> None:
    """A plugin is not in the list of another type than its own."""
    plugin = server.installed(Kind.SINK)
    for kind in server.kinds:
        if kind is plugin.kind:
            continue
        reply = server.plugins(kind)
        if plugin.name in reply.names():
            raise Unmet(f"a list of {kind.plural} without the sink {plugin.name}", reply.got)


@clause(
    "native.list.dropped",
    MUST,
    documented=f"{SHOW}; drop a plugin",
    since="0.3.0",
    installs=1,
    needs=[CREATES, "native.list.installed", "native.drop.accepted"],
    readings=["documented", "reference"],
)
def test_whether_a_dropped_plugin_is_listed(server: Server) -> str:
    """A dropped plugin is no longer defined, so not listed; eKuiper lists it until it restarts."""
    plugin = server.take(Kind.SINK)
    server.create(plugin).accepted()
    server.drop(plugin.kind, plugin.name).accepted()
    listed = plugin.name in server.plugins(plugin.kind).names()
    return "reference" if listed else "documented"
