"""What is there of portable plugins after a restart, and whether their drop ends the server."""

from collections.abc import Generator

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MUST, STOP, clause
from kuiper_pack.suite.portables import DROPS, MEMBERS, UNKNOWN, calls, is_gone, runs
from kuiper_pack.suite.questions import has_version
from kuiper_pack.suite.subject import CREATES_PORTABLE, Server
from kuiper_pack.suite.verdict import Unmet

SHOW = "plugins.md, show plugins"
DROP = "plugins.md, drop a plugin"
UPDATE = "plugins.md, update a plugin"
STARTS = "extension/portable/overview.md, architecture"
STAYS = "portable.restart.created"

Restart = Generator[None, None, None]
"""A clause over a restart: the server is restarted where it yields."""


@clause(
    STAYS,
    MUST,
    documented=SHOW,
    since="1.4.0",
    needs=[CREATES_PORTABLE, MEMBERS, "portable.list.installed", "portable.drop.others-stay"],
)
def test_created_plugins_are_there_after_a_restart(server: Server) -> Restart:
    """A portable plugin is listed after a restart, and described with its version."""
    portable = server.portable()
    server.create_portable(portable, "1.2.3").accepted()
    yield
    reply = server.plugins(Kind.PORTABLE)
    if portable.name not in reply.plugins():
        raise Unmet(f"a list with {portable.name}", reply.got)
    has_version(server, portable, "1.2.3")


@clause(
    "portable.restart.running",
    MUST,
    documented=STARTS,
    since="2.0.0-beta.1",
    needs=[STAYS, "portable.status.running"],
)
def test_plugins_run_after_a_restart(server: Server) -> Restart:
    """The program of a portable plugin runs again after a restart, and no rule has to ask."""
    portable = server.portable()
    server.create_portable(portable).accepted()
    yield
    runs(server, portable)


@clause(
    "portable.restart.functions",
    MUST,
    documented="extension/portable/overview.md, management",
    since="1.4.0",
    needs=[STAYS, "portable.create.usable", "rules", "streams"],
)
def test_functions_are_known_after_a_restart(server: Server) -> Restart:
    """Rules may call a function of a portable plugin after a restart, as before it."""
    portable = server.portable()
    server.create_portable(portable).accepted()
    yield
    calls(server, portable.function).accepted()


@clause(
    "portable.restart.dropped",
    MUST,
    documented=DROP,
    since="1.4.0",
    needs=[DROPS, STAYS, UNKNOWN],
)
def test_dropped_plugins_are_gone_after_a_restart(server: Server) -> Restart:
    """A dropped portable plugin is neither listed nor described after a restart."""
    portable = server.portable()
    server.create_portable(portable).accepted()
    server.drop(Kind.PORTABLE, portable.name).accepted()
    yield
    is_gone(server, portable.name)


@clause(
    "portable.restart.create-again",
    MUST,
    documented="plugins.md, introduction",
    since="1.4.0",
    needs=[DROPS, STAYS, "portable.restart.dropped"],
)
def test_dropped_plugins_can_be_created_after_a_restart(server: Server) -> Restart:
    """Drop, restart, create: a portable plugin can be replaced by another version so."""
    portable = server.portable()
    server.create_portable(portable, "1.0.0").accepted()
    server.drop(Kind.PORTABLE, portable.name).accepted()
    yield
    server.create_portable(portable, "2.0.0").accepted()
    has_version(server, portable, "2.0.0")


@clause(
    "portable.restart.refused",
    MUST,
    documented=SHOW,
    since="1.4.0",
    needs=[STAYS, UNKNOWN, "portable.create.missing-executable"],
)
def test_refused_plugins_do_not_appear_after_a_restart(server: Server) -> Restart:
    """A portable plugin that the server refused to create is not there after a restart."""
    portable = server.portable()
    server.create_portable(portable, changed={"main.py": None}).refused()
    yield
    is_gone(server, portable.name)


@clause(
    "portable.restart.updated",
    MUST,
    documented=UPDATE,
    since="1.8.0-alpha.2",
    needs=[STAYS, "portable.update.version"],
)
def test_updates_are_kept_over_a_restart(server: Server) -> Restart:
    """An updated portable plugin has its new version after a restart."""
    portable = server.portable()
    server.create_portable(portable, "1.0.0").accepted()
    server.update_portable(portable, "2.0.0").accepted()
    yield
    has_version(server, portable, "2.0.0")


@clause(
    "portable.stop.ends",
    MUST,
    documented=DROP,
    since="1.4.0",
    needs=[DROPS],
    allow=[STOP],
    readings=["documented", "reference"],
)
def test_whether_a_drop_lets_the_server_end(server: Server) -> str:
    """A drop with ``stop=1`` lets the server end; in eKuiper not that of a portable plugin."""
    portable = server.portable()
    server.create_portable(portable).accepted()
    server.drop(Kind.PORTABLE, portable.name, "stop=1").accepted()
    return "reference" if server.stays() else "documented"
