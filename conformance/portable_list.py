"""GET /plugins/portables."""

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MUST, SHOULD, clause
from kuiper_pack.suite.subject import CREATES_PORTABLE, LISTS_PORTABLES, Server
from kuiper_pack.suite.verdict import Unmet

SHOW = "plugins.md, show plugins"


@clause(LISTS_PORTABLES, MUST, documented=SHOW, since="1.4.0")
def test_portable_plugins_are_listed_in_an_array(server: Server) -> None:
    """The portable plugins are listed as a JSON array, which is empty where there are none."""
    server.plugins(Kind.PORTABLE).plugins()


@clause(
    "portable.list.content-type", SHOULD, seen="api G-01", since="1.4.0", needs=[LISTS_PORTABLES]
)
def test_the_list_is_declared_as_json(server: Server) -> None:
    """The list is declared as application/json."""
    reply = server.plugins(Kind.PORTABLE).accepted()
    if not reply.answer.content_type.startswith("application/json"):
        raise Unmet("Content-Type: application/json", reply.answer.content_type or "none")


@clause(
    "portable.list.installed",
    MUST,
    documented=SHOW,
    since="1.4.0",
    needs=[LISTS_PORTABLES, CREATES_PORTABLE],
)
def test_an_installed_plugin_is_listed(server: Server) -> None:
    """An installed portable plugin is in the list, once."""
    portable = server.installed_portable()
    reply = server.plugins(Kind.PORTABLE)
    if reply.plugins().count(portable.name) != 1:
        raise Unmet(f"a list with {portable.name}, once", reply.got)


@clause(
    "portable.list.own-type",
    MUST,
    documented=SHOW,
    since="1.4.0",
    needs=["portable.list.installed", "native.list.array"],
)
def test_portable_plugins_are_a_type_of_their_own(server: Server) -> None:
    """A portable plugin is not among the native ones, even of the types of its symbols."""
    portable = server.installed_portable()
    for kind in server.kinds:
        reply = server.plugins(kind)
        if portable.name in reply.names():
            raise Unmet(f"a list without {portable.name}", reply.got)


@clause(
    "portable.list.entries",
    MUST,
    documented=SHOW,
    since="1.4.0",
    needs=["portable.list.installed"],
    readings=["documented", "reference"],
)
def test_what_stands_for_a_plugin(server: Server) -> str:
    """The list has names, as documented; in eKuiper objects with name and version."""
    portable = server.installed_portable()
    reply = server.plugins(Kind.PORTABLE)
    reply.plugins()
    found = reply.json()
    if all(isinstance(one, str) for one in found):
        return "documented"
    ours = [one for one in found if isinstance(one, dict) and one.get("name") == portable.name]
    if [one.get("version") for one in ours] != ["1.2.3"]:
        raise Unmet(f'names, or objects with {portable.name} and its version "1.2.3"', reply.got)
    return "reference"
