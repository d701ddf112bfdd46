"""GET /plugins/portables/{name}/status."""

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, MUST, SHOULD, clause
from kuiper_pack.suite.portables import DROPS, MEMBERS, UNKNOWN, ends, references, runs, status_of
from kuiper_pack.suite.subject import CREATES_PORTABLE, Server
from kuiper_pack.suite.verdict import Unmet

STATUS = "plugins.md, portable plugin status"
STARTS = "extension/portable/overview.md, architecture"
SINCE = "2.0.0-beta.1"
TELLS = "portable.status.members"
RUNS = "portable.status.running"


@clause(TELLS, MUST, documented=STATUS, since=SINCE, needs=[CREATES_PORTABLE])
def test_a_status_has_its_members(server: Server) -> None:
    """A status has the references by rule, a word for the status, and a text for errors.

    It stands at ``/plugins/portables/{name}/status``, or at ``/plugins/portables/{name}``.
    """
    reply = status_of(server, server.installed_portable())
    match reply.members():
        case {"refCount": dict(), "status": str(), "errMsg": str()}:
            return
    raise Unmet('{"refCount": {...}, "status": TEXT, "errMsg": TEXT}', reply.got)


@clause(
    "portable.status.path",
    MUST,
    documented=STATUS,
    since=SINCE,
    needs=[TELLS],
    readings=["documented", "reference"],
)
def test_where_the_status_is(server: Server) -> str:
    """The status is at the path of the plugin, as documented; in eKuiper below it."""
    return "reference" if server.status(server.installed_portable()).ok else "documented"


@clause(
    "portable.status.pid",
    MUST,
    documented=STATUS,
    since=SINCE,
    needs=[TELLS],
    readings=["documented", "reference"],
)
def test_whether_the_process_is_named(server: Server) -> str:
    """The status has the id of the process as pid; in eKuiper there is no such member."""
    reply = status_of(server, server.installed_portable())
    found = reply.members().get("pid")
    if found is None:
        return "reference"
    if not isinstance(found, int) or found <= 0:
        raise Unmet("a positive number as pid, or none", reply.got)
    return "documented"


@clause(RUNS, MUST, documented=STARTS, since=SINCE, needs=[TELLS])
def test_a_plugin_runs_once_it_is_installed(server: Server) -> None:
    """The program of a plugin runs from the installation on; its status is "running"."""
    runs(server, server.installed_portable())


@clause("portable.status.unused", SHOULD, seen="api 8-3", since=SINCE, needs=[TELLS])
def test_an_unused_plugin_has_no_references(server: Server) -> None:
    """No rule is among the references of a plugin that none uses."""
    found, reply = references(server, server.installed_portable())
    if found:
        raise Unmet("an empty refCount", reply.got)


@clause("portable.status.unknown", MUST, documented=STATUS, since=SINCE, needs=[TELLS, UNKNOWN])
def test_the_unknown_has_no_status(server: Server) -> None:
    """To ask for the status of a portable plugin that was never there is refused."""
    server.status(server.portable()).refused()


@clause(
    "portable.status.unknown-404",
    SHOULD,
    seen="api 8-3",
    since=SINCE,
    needs=["portable.status.unknown"],
)
def test_the_status_of_the_unknown_is_not_found(server: Server) -> None:
    """The status of a portable plugin that was never there is answered with 404."""
    server.status(server.portable()).status(404)


@clause("portable.status.dropped", MUST, documented=STARTS, since=SINCE, needs=[RUNS, DROPS])
def test_a_dropped_plugin_does_not_run(server: Server) -> None:
    """The program of a plugin runs until the plugin is deleted: no status says "running" then."""
    portable = server.portable()
    server.create_portable(portable).accepted()
    server.drop(Kind.PORTABLE, portable.name).accepted()
    ends(server, portable)


@clause(
    "portable.status.updated",
    MUST,
    documented="extension/portable/overview.md, hot update",
    since=SINCE,
    needs=[RUNS, "portable.update.version"],
    defect_in=(SINCE, "2.1.3"),
)
def test_an_updated_plugin_runs(server: Server) -> None:
    """Once a plugin is updated, the program of its new version runs."""
    portable = server.portable()
    server.create_portable(portable, "1.0.0").accepted()
    server.update_portable(portable, "2.0.0").accepted()
    runs(server, portable)


@clause("portable.status.of-dropped", MAY, seen="api 8-3", since=SINCE, needs=[TELLS, DROPS])
def test_what_is_told_of_a_dropped_plugin(server: Server) -> str:
    """The word for the status of a dropped plugin, or that none is told."""
    portable = server.portable()
    server.create_portable(portable).accepted()
    server.drop(Kind.PORTABLE, portable.name).accepted()
    reply = server.status(portable)
    return str(reply.members().get("status")) if reply.ok else "none"


@clause("portable.status.content-type", MAY, seen="api 8-3", since=SINCE, needs=[TELLS])
def test_how_the_status_is_declared(server: Server) -> str:
    """The media type that the status is declared as."""
    return status_of(server, server.installed_portable()).answer.content_type or "none"


@clause(
    "portable.status.of-refused",
    MAY,
    seen="api 14-2",
    since=SINCE,
    needs=[TELLS, MEMBERS, "portable.create.not-startable"],
)
def test_what_is_told_of_a_program_that_did_not_start(server: Server) -> str:
    """The word for the status of a plugin that was refused since it did not start, or none."""
    portable = server.portable()
    url = server.deliver(portable.package(manifest={"language": "go"}))
    server.post(Kind.PORTABLE, portable.name, url).refused()
    reply = server.status(portable)
    return str(reply.members().get("status")) if reply.ok else "none"
