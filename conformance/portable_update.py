"""PUT /plugins/portables/{name}."""

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, MUST, SHOULD, clause
from kuiper_pack.suite.portables import MEMBERS
from kuiper_pack.suite.questions import has_version
from kuiper_pack.suite.subject import CREATES_PORTABLE, Server

UPDATE = "plugins.md, update a plugin"
UPDATES = "portable.update.accepted"
SINCE = "1.8.0-alpha.2"


@clause(UPDATES, MUST, documented=UPDATE, since=SINCE, needs=[CREATES_PORTABLE])
def test_a_plugin_is_updated(server: Server) -> None:
    """An installed portable plugin can be updated with the request that creates it."""
    portable = server.portable()
    server.create_portable(portable).accepted()
    server.update_portable(portable).accepted()


@clause("portable.update.version", MUST, documented=UPDATE, since=SINCE, needs=[UPDATES, MEMBERS])
def test_an_update_takes_effect_at_once(server: Server) -> None:
    """An updated plugin is described with its new version, without a restart."""
    portable = server.portable()
    server.create_portable(portable, "1.0.0").accepted()
    server.update_portable(portable, "2.0.0").accepted()
    has_version(server, portable, "2.0.0")


@clause("portable.update.status", SHOULD, seen="api P-22", since=SINCE, needs=[UPDATES])
def test_an_update_is_reported(server: Server) -> None:
    """An update is answered with 200 and a text that names the plugin."""
    portable = server.portable()
    server.create_portable(portable).accepted()
    server.update_portable(portable).status(200).says(portable.name, "updated")


@clause(
    "portable.update.malformed-json", MUST, documented=UPDATE, since=SINCE, needs=[UPDATES, MEMBERS]
)
def test_a_body_that_is_no_json_changes_nothing(server: Server) -> None:
    """An update whose body is not JSON is refused, and the plugin stays as it was."""
    portable = server.installed_portable()
    server.send("PUT", f"/plugins/portables/{portable.name}", "{").refused()
    has_version(server, portable, "1.2.3")


@clause(
    "portable.update.refused-changes-nothing",
    MUST,
    documented=UPDATE,
    since=SINCE,
    needs=[UPDATES, MEMBERS],
    defect_in=(SINCE, None),
)
def test_a_refused_update_changes_nothing(server: Server) -> None:
    """An update whose package cannot be had is refused, and the plugin stays as it was."""
    portable = server.portable()
    server.create_portable(portable, "1.0.0").accepted()
    server.put(Kind.PORTABLE, portable.name, server.url_of(f"{server.fresh()}.zip")).refused()
    has_version(server, portable, "1.0.0")


@clause("portable.update.unknown", MAY, seen="api P-23", since=SINCE, needs=[UPDATES])
def test_whether_the_unknown_is_updated(server: Server) -> str:
    """Whether the update of a plugin that is not there is refused, or creates it."""
    portable = server.portable()
    if not server.update_portable(portable).ok:
        return "refused"
    described = server.describe(Kind.PORTABLE, portable.name)
    return "created" if described.ok else "accepted"


@clause("portable.update.other-name", MAY, seen="api P-24", since=SINCE, needs=[UPDATES])
def test_which_name_counts_in_an_update(server: Server) -> str:
    """What an update does whose body names another plugin than the path."""
    portable, other = server.portable(), server.portable()
    server.create_portable(portable).accepted()
    server.own(Kind.PORTABLE, other.name)
    body = {"name": other.name, "file": server.deliver(other.package())}
    reply = server.send("PUT", f"/plugins/portables/{portable.name}", body)
    there = [server.describe(Kind.PORTABLE, one.name).ok for one in (portable, other)]
    left = {(True, True): "both", (True, False): "the old one", (False, True): "the new one"}
    said = "accepted" if reply.ok else "refused"
    return f"{said}, and {left.get((there[0], there[1]), 'none')} is there"
