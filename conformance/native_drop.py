"""DELETE /plugins/{type}/{name}."""

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, MUST, SHOULD, clause
from kuiper_pack.suite.questions import has_version
from kuiper_pack.suite.subject import CREATES, Server

DROP = "plugins.md, drop a plugin"
DROPS = "native.drop.accepted"


@clause(DROPS, MUST, documented=DROP, since="0.3.0", installs=1, needs=[CREATES])
def test_a_plugin_is_dropped(server: Server) -> None:
    """An installed plugin can be dropped."""
    plugin = server.take(Kind.SINK)
    server.create(plugin).accepted()
    server.drop(plugin.kind, plugin.name).accepted()


@clause(
    "native.drop.others-stay",
    MUST,
    documented=DROP,
    since="0.3.0",
    installs=2,
    needs=[CREATES, DROPS, "native.describe.members"],
)
def test_other_plugins_stay(server: Server) -> None:
    """To drop one plugin leaves the others as they are."""
    other, plugin = server.take(Kind.SINK), server.take(Kind.SINK)
    for one in (other, plugin):
        server.create(one, version="1.0.0").accepted()
    server.drop(plugin.kind, plugin.name).accepted()
    has_version(server, other, "1.0.0")


@clause(
    "native.drop.says-restart",
    SHOULD,
    seen="api X-01",
    since="0.4.0",
    installs=1,
    needs=[CREATES, DROPS],
)
def test_a_restart_is_announced(server: Server) -> None:
    """A drop is answered with 200 and a text that names the plugin and the restart."""
    plugin = server.take(Kind.SINK)
    server.create(plugin).accepted()
    server.drop(plugin.kind, plugin.name).status(200).says(plugin.name, "deleted", "restart")


@clause("native.drop.unknown", SHOULD, seen="api X-04", since="0.3.0", needs=[DROPS])
def test_an_unknown_plugin_cannot_be_dropped(server: Server) -> None:
    """To drop a plugin that was never there is refused."""
    for kind in server.kinds:
        server.drop(kind, server.fresh()).refused()


@clause(
    "native.drop.unknown-404", SHOULD, seen="api X-04", since="0.4.1", needs=["native.drop.unknown"]
)
def test_an_unknown_plugin_is_not_found(server: Server) -> None:
    """To drop a plugin that was never there is answered with 404."""
    for kind in server.kinds:
        server.drop(kind, server.fresh()).status(404)


@clause(
    "native.drop.twice", MAY, seen="api X-06", since="0.3.0", installs=1, needs=[CREATES, DROPS]
)
def test_whether_a_plugin_is_dropped_twice(server: Server) -> str:
    """Whether a second drop of a plugin is accepted."""
    plugin = server.take(Kind.SINK)
    server.create(plugin).accepted()
    server.drop(plugin.kind, plugin.name).accepted()
    return "accepted" if server.drop(plugin.kind, plugin.name).ok else "refused"


@clause(
    "native.drop.create-again",
    MUST,
    documented="plugins.md, introduction",
    since="0.3.0",
    installs=1,
    needs=[CREATES, DROPS, "native.describe.members"],
    readings=["documented", "reference"],
)
def test_whether_a_restart_is_needed_between(server: Server) -> str:
    """A create after a drop needs a restart, as documented; eKuiper since 1.11 does it at once."""
    plugin = server.take(Kind.SINK)
    server.create(plugin, version="1.0.0").accepted()
    server.drop(plugin.kind, plugin.name).accepted()
    if not server.create(plugin, version="2.0.0").ok:
        return "documented"
    has_version(server, plugin, "2.0.0")
    return "reference"


@clause(
    "native.drop.bad-name", SHOULD, seen="api X-05", since="2.4.0", needs=["native.drop.unknown"]
)
def test_a_name_with_other_characters_is_a_bad_request(server: Server) -> None:
    """To drop a name with other than letters, digits, hyphens and underscores is a 400."""
    server.drop(Kind.SINK, f"{server.fresh()}.b").status(400)
