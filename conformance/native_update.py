"""PUT /plugins/{type}/{name}."""

from kuiper_pack.client import plugin_path
from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, MUST, SHOULD, clause
from kuiper_pack.suite.packages import make_zip, stub
from kuiper_pack.suite.questions import has_version
from kuiper_pack.suite.subject import CREATES, Server

UPDATE = "plugins.md, update a plugin"
UPDATES = "native.update.accepted"


@clause(UPDATES, MUST, documented=UPDATE, since="1.11.0", installs=1, needs=[CREATES])
def test_a_plugin_is_updated(server: Server) -> None:
    """An installed plugin can be updated with the request that creates it."""
    plugin = server.take(Kind.SINK)
    server.create(plugin, version="1.0.0").accepted()
    server.update(plugin, version="2.0.0").accepted()


@clause(
    "native.update.version",
    SHOULD,
    seen="api U-01",
    since="1.11.0",
    installs=1,
    needs=[CREATES, UPDATES, "native.describe.members"],
)
def test_the_new_version_is_described(server: Server) -> None:
    """An update is answered with 200; then the new version is described, whatever code runs."""
    plugin = server.take(Kind.SINK)
    server.create(plugin, version="1.0.0").accepted()
    server.update(plugin, version="2.0.0").status(200)
    has_version(server, plugin, "2.0.0")


@clause(
    "native.update.unknown",
    SHOULD,
    seen="api U-02",
    since="1.11.0",
    needs=[UPDATES, "native.describe.unknown"],
)
def test_an_unknown_plugin_cannot_be_updated(server: Server) -> None:
    """To update a plugin that is not there is refused, and does not create it."""
    for kind in server.kinds:
        name = server.fresh()
        url = server.deliver(make_zip({server.file(name): stub(name), f"{name}.yaml": b""}))
        server.put(kind, name, url).refused()
        server.describe(kind, name).refused()


@clause(
    "native.update.unknown-404",
    SHOULD,
    seen="api U-02",
    since="1.11.0",
    needs=["native.update.unknown"],
)
def test_an_unknown_plugin_is_not_found(server: Server) -> None:
    """To update a plugin that is not there is answered with 404."""
    name = server.fresh()
    server.put(Kind.SINK, name, server.url_of(f"{name}.zip")).status(404)


@clause(
    "native.update.malformed-json",
    MUST,
    documented=UPDATE,
    since="1.11.0",
    installs=1,
    needs=[CREATES, UPDATES, "native.describe.members"],
)
def test_a_body_that_is_no_json_changes_nothing(server: Server) -> None:
    """An update whose body is not JSON is refused, and the plugin stays as it was."""
    plugin = server.take(Kind.SINK)
    server.create(plugin, version="1.0.0").accepted()
    server.send("PUT", f"/plugins/{plugin.kind.plural}/{plugin.name}", "{").refused()
    has_version(server, plugin, "1.0.0")


@clause(
    "native.update.refused-changes-nothing",
    MUST,
    documented=UPDATE,
    since="1.11.0",
    installs=1,
    needs=[CREATES, UPDATES, "native.describe.members"],
    defect_in=("1.11.0", None),
)
def test_a_refused_update_changes_nothing(server: Server) -> None:
    """An update whose package cannot be had is refused, and the plugin stays as it was."""
    plugin = server.take(Kind.SINK)
    server.create(plugin, version="1.0.0").accepted()
    server.put(plugin.kind, plugin.name, server.url_of(f"{server.fresh()}.zip")).refused()
    has_version(server, plugin, "1.0.0")


@clause(
    "native.update.portable-only",
    MUST,
    documented=UPDATE,
    since="1.8.0",
    until="1.11.0",
    needs=[CREATES],
)
def test_native_plugins_cannot_be_updated(server: Server) -> None:
    """Only portable plugins can be updated: for a native one it is refused."""
    plugin = server.installed(Kind.SINK)
    server.update(plugin, version="2.0.0").refused()


@clause(
    "native.update.no-name",
    MUST,
    documented=UPDATE,
    since="1.11.0",
    installs=1,
    needs=[CREATES, UPDATES, "native.create.no-name", "native.describe.members"],
    defect_in=("1.11.0", None),
)
def test_an_update_without_a_name_drops_nothing(server: Server) -> None:
    """An update whose body has no name is refused, or updates the plugin of the path.

    The body is that of a create, which is refused without a name. Either way the plugin is there.
    """
    plugin = server.take(Kind.SINK)
    server.create(plugin, version="1.0.0").accepted()
    url = server.deliver(plugin.package(server.file(plugin.name, "2.0.0")))
    reply = server.send("PUT", plugin_path(plugin.kind, plugin.name), {"file": url})
    # the new version takes effect with a restart, and may be described only then
    has_version(server, plugin, "1.0.0", *(["2.0.0"] if reply.ok else []))


@clause(
    "native.update.other-name",
    MAY,
    seen="api U-04",
    since="1.11.0",
    installs=2,
    needs=[CREATES, UPDATES, "native.describe.unknown"],
)
def test_which_name_counts_in_an_update(server: Server) -> str:
    """What an update does whose body names another plugin than the path."""
    plugin, other = server.take(Kind.SINK), server.take(Kind.SINK)
    server.create(plugin).accepted()
    server.own(other.kind, other.name)
    body = {"name": other.name, "file": server.deliver(other.package(server.file(other.name)))}
    if not server.send("PUT", plugin_path(plugin.kind, plugin.name), body).ok:
        return "refused"
    described = server.describe(other.kind, other.name).ok
    return "the name in the body" if described else "the name in the path"


@clause(
    "native.update.dropped",
    MAY,
    seen="api U-07",
    since="1.11.0",
    installs=1,
    needs=[CREATES, UPDATES, "native.drop.accepted"],
)
def test_whether_a_dropped_plugin_is_updated(server: Server) -> str:
    """Whether a plugin can be updated that was dropped, before a restart."""
    plugin = server.take(Kind.SINK)
    server.create(plugin, version="1.0.0").accepted()
    server.drop(plugin.kind, plugin.name).accepted()
    return "accepted" if server.update(plugin, version="2.0.0").ok else "refused"


@clause(
    "native.update.bad-name",
    SHOULD,
    seen="api U-08",
    since="2.4.0",
    needs=["native.update.unknown"],
)
def test_a_name_with_other_characters_is_a_bad_request(server: Server) -> None:
    """To update a name with other than letters, digits, hyphens and underscores is a 400."""
    name = f"{server.fresh()}.b"
    server.put(Kind.SINK, name, server.url_of(f"{server.fresh()}.zip")).status(400)
