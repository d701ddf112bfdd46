"""GET /plugins/sources, /plugins/sinks and /plugins/functions."""

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MUST, SHOULD, clause
from kuiper_pack.suite.packages import NATIVE
from kuiper_pack.suite.subject import CREATES, Server
from kuiper_pack.suite.verdict import Unmet

SHOW = "plugins.md, show plugins"
ARRAY = "native.list.array"


@clause(ARRAY, MUST, documented=SHOW, since="0.3.0")
def test_a_list_is_an_array_of_names(server: Server) -> None:
    """The list of each type of native plugin is a JSON array of strings."""
    for kind in NATIVE:
        server.plugins(kind).names()


@clause("native.list.content-type", SHOULD, seen="api G-01", since="0.3.0")
def test_a_list_is_declared_as_json(server: Server) -> None:
    """A list is declared as application/json."""
    for kind in NATIVE:
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
    for kind in NATIVE:
        plugin = server.installed(kind)
        reply = server.plugins(kind)
        if plugin.name not in reply.names():
            raise Unmet(f"a list with {plugin.name}", reply.got)


@clause("native.list.own-type", MUST, documented=SHOW, since="0.3.0", needs=[CREATES, ARRAY])
def test_a_list_holds_one_type(server: Server) -> None:
    """A plugin is not in the list of another type than its own."""
    plugin = server.installed(Kind.SINK)
    for kind in (Kind.SOURCE, Kind.FUNCTION):
        reply = server.plugins(kind)
        if plugin.name in reply.names():
            raise Unmet(f"a list of {kind.plural} without the sink {plugin.name}", reply.got)


@clause(
    "native.list.dropped",
    MUST,
    documented=f"{SHOW}; drop a plugin",
    since="0.3.0",
    installs=1,
    needs=[CREATES, ARRAY, "native.drop.accepted"],
    readings=["documented", "reference"],
)
def test_whether_a_dropped_plugin_is_listed(server: Server) -> str:
    """A dropped plugin is no longer defined, so not listed; eKuiper lists it until it restarts."""
    plugin = server.take(Kind.SINK)
    server.create(plugin).accepted()
    server.drop(plugin.kind, plugin.name).accepted()
    listed = plugin.name in server.plugins(plugin.kind).names()
    return "reference" if listed else "documented"
