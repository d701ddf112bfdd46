"""DELETE /plugins/portables/{name}."""

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, MUST, SHOULD, clause
from kuiper_pack.suite.portables import DROPS, MEMBERS, UNKNOWN, is_gone
from kuiper_pack.suite.questions import has_version
from kuiper_pack.suite.subject import CREATES_PORTABLE, Server

DROP = "plugins.md, drop a plugin"
IMMEDIATE = "1.8.0-alpha.2"
"""Before that release the page wants a restart for all types of plugins."""


@clause(DROPS, MUST, documented=DROP, since="1.4.0", needs=[CREATES_PORTABLE])
def test_a_plugin_is_dropped(server: Server) -> None:
    """An installed portable plugin can be dropped."""
    portable = server.portable()
    server.create_portable(portable).accepted()
    server.drop(Kind.PORTABLE, portable.name).accepted()


@clause("portable.drop.immediate", MUST, documented=DROP, since=IMMEDIATE, needs=[DROPS, UNKNOWN])
def test_a_drop_takes_effect_at_once(server: Server) -> None:
    """A dropped portable plugin is neither listed nor described any more, without a restart."""
    portable = server.portable()
    server.create_portable(portable).accepted()
    server.drop(Kind.PORTABLE, portable.name).accepted()
    is_gone(server, portable.name)


@clause(
    "portable.drop.gone",
    SHOULD,
    seen="api P-26",
    since="1.4.0",
    until=IMMEDIATE,
    needs=[DROPS, UNKNOWN],
)
def test_a_dropped_plugin_is_gone(server: Server) -> None:
    """A dropped portable plugin is neither listed nor described any more."""
    test_a_drop_takes_effect_at_once(server)


@clause(
    "portable.drop.create-again",
    MUST,
    documented=DROP,
    since=IMMEDIATE,
    needs=[DROPS, MEMBERS, "portable.drop.immediate"],
)
def test_a_dropped_plugin_can_be_created_again(server: Server) -> None:
    """After a drop a plugin of the same name is created, without a restart."""
    portable = server.portable()
    server.create_portable(portable, "1.0.0").accepted()
    server.drop(Kind.PORTABLE, portable.name).accepted()
    server.create_portable(portable, "2.0.0").accepted()
    has_version(server, portable, "2.0.0")


@clause("portable.drop.others-stay", MUST, documented=DROP, since="1.4.0", needs=[DROPS, MEMBERS])
def test_other_plugins_stay(server: Server) -> None:
    """To drop one portable plugin leaves the others as they are."""
    other, portable = server.portable(), server.portable()
    for one in (other, portable):
        server.create_portable(one, "1.0.0").accepted()
    server.drop(Kind.PORTABLE, portable.name).accepted()
    has_version(server, other, "1.0.0")


@clause("portable.drop.status", SHOULD, seen="api P-26", since="1.4.0", needs=[DROPS])
def test_a_drop_is_reported(server: Server) -> None:
    """A drop is answered with 200 and a text that names the plugin."""
    portable = server.portable()
    server.create_portable(portable).accepted()
    server.drop(Kind.PORTABLE, portable.name).status(200).says(portable.name, "deleted")


@clause("portable.drop.unknown", SHOULD, seen="api P-27", since="1.4.0", needs=[DROPS])
def test_an_unknown_plugin_cannot_be_dropped(server: Server) -> None:
    """To drop a portable plugin that was never there is refused."""
    server.drop(Kind.PORTABLE, server.fresh()).refused()


@clause("portable.drop.twice", SHOULD, seen="api P-27", since="1.4.0", needs=[DROPS])
def test_a_plugin_is_dropped_once(server: Server) -> None:
    """A second drop of a portable plugin is refused."""
    portable = server.portable()
    server.create_portable(portable).accepted()
    server.drop(Kind.PORTABLE, portable.name).accepted()
    server.drop(Kind.PORTABLE, portable.name).refused()


@clause("portable.drop.unknown-status", MAY, seen="api P-27", since="1.4.0", needs=[DROPS])
def test_how_the_drop_of_the_unknown_is_answered(server: Server) -> str:
    """The status of the answer to the drop of a portable plugin that was never there."""
    return str(server.drop(Kind.PORTABLE, server.fresh()).answer.status)
