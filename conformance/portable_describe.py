"""GET /plugins/portables/{name}."""

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, MUST, SHOULD, clause
from kuiper_pack.suite.portables import MEMBERS, UNKNOWN
from kuiper_pack.suite.questions import has_version
from kuiper_pack.suite.subject import CREATES_PORTABLE, Server
from kuiper_pack.suite.verdict import Unmet

DESCRIBE = "plugins.md, describe a plugin"
TOLD = ("language", "sources", "sinks", "functions")
"""What eKuiper tells of a portable plugin beside its name and version."""


@clause(MEMBERS, MUST, documented=DESCRIBE, since="1.4.0", needs=[CREATES_PORTABLE])
def test_a_description_has_name_and_version(server: Server) -> None:
    """The description of a portable plugin is a JSON object with its name and its version."""
    portable = server.installed_portable()
    reply = server.describe(Kind.PORTABLE, portable.name)
    found = reply.members()
    if (found.get("name"), found.get("version")) != (portable.name, "1.2.3"):
        raise Unmet(f'name "{portable.name}" and version "1.2.3"', reply.got)


@clause(
    "portable.describe.whole",
    MUST,
    documented=DESCRIBE,
    since="1.4.0",
    needs=[MEMBERS],
    readings=["documented", "reference"],
)
def test_whether_symbols_are_described(server: Server) -> str:
    """A description has name and version; eKuiper adds the language and all symbols."""
    portable = server.installed_portable()
    reply = server.describe(Kind.PORTABLE, portable.name)
    found = reply.members()
    told = all(found.get(member) == portable.manifest[member] for member in TOLD)
    return "reference" if told else "documented"  # nobody prescribes other members


@clause(UNKNOWN, MUST, documented=DESCRIBE, since="1.4.0", needs=[MEMBERS])
def test_an_unknown_plugin_is_not_described(server: Server) -> None:
    """To describe a portable plugin that is not there is refused."""
    server.describe(Kind.PORTABLE, server.fresh()).refused()


@clause("portable.describe.unknown-404", SHOULD, seen="api 8-2", since="1.4.0", needs=[UNKNOWN])
def test_an_unknown_plugin_is_not_found(server: Server) -> None:
    """To describe a portable plugin that is not there is answered with 404."""
    server.describe(Kind.PORTABLE, server.fresh()).status(404)


@clause(
    "portable.describe.own-type",
    MUST,
    documented=DESCRIBE,
    since="1.4.0",
    needs=[UNKNOWN, "native.describe.unknown"],
)
def test_a_portable_plugin_is_no_native_one(server: Server) -> None:
    """A portable plugin is not described as a native one, even of the types of its symbols."""
    portable = server.installed_portable()
    for kind in server.kinds:
        server.describe(kind, portable.name).refused()


@clause(
    "portable.describe.native",
    MUST,
    documented=DESCRIBE,
    since="1.4.0",
    needs=[UNKNOWN, "native.create.accepted"],
)
def test_a_native_plugin_is_no_portable_one(server: Server) -> None:
    """A native plugin is not described as a portable one."""
    for kind in server.kinds:
        server.describe(Kind.PORTABLE, server.installed(kind).name).refused()


@clause(
    "portable.describe.version-with-v",
    SHOULD,
    seen="api 8-1",
    since="1.4.0",
    needs=[MEMBERS],
)
def test_the_v_of_a_version_is_kept(server: Server) -> None:
    """The version is described as the package says it, also one that starts with "v"."""
    portable = server.portable()
    server.create_portable(portable, "v3.2.1").accepted()
    has_version(server, portable, "v3.2.1")


@clause("portable.describe.no-version", MAY, seen="api 8-1", since="1.4.0", needs=[MEMBERS])
def test_whether_a_version_is_wanted(server: Server) -> str:
    """Whether a package whose manifest says no version is installed."""
    portable = server.portable()
    url = server.deliver(portable.package(manifest={"version": None}))
    return "accepted" if server.post(Kind.PORTABLE, portable.name, url).ok else "refused"


@clause("portable.describe.case", MAY, seen="api D-05", since="1.4.0", needs=[MEMBERS])
def test_whether_names_differ_by_case(server: Server) -> str:
    """Whether a name in other case describes the plugin."""
    swapped = server.installed_portable().name.swapcase()
    return "found" if server.describe(Kind.PORTABLE, swapped).ok else "not found"


@clause("portable.describe.executable", MAY, seen="api 8-1", since="1.4.0", needs=[MEMBERS])
def test_how_the_executable_is_described(server: Server) -> str:
    """Whether a description has the executable, and as the package says it or as a whole path."""
    portable = server.installed_portable()
    reply = server.describe(Kind.PORTABLE, portable.name)
    found = reply.members().get("executable")
    if not isinstance(found, str):
        return "not described"
    return "as in the package" if found == portable.manifest["executable"] else "a path"
