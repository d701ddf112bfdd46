"""GET /plugins/{type}/{name}."""

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, MUST, SHOULD, clause
from kuiper_pack.suite.questions import has_version
from kuiper_pack.suite.subject import CREATES, Server
from kuiper_pack.suite.verdict import Unmet

DESCRIBE = "plugins.md, describe a plugin"


@clause("native.describe.members", MUST, documented=DESCRIBE, since="0.3.0", needs=[CREATES])
def test_a_description_has_name_and_version(server: Server) -> None:
    """The description of a plugin is a JSON object with its name and its version."""
    for kind in server.kinds:
        plugin = server.installed(kind)
        reply = server.describe(kind, plugin.name)
        found = reply.members()
        if (found.get("name"), found.get("version")) != (plugin.name, "1.2.3"):
            raise Unmet(f'name "{plugin.name}" and version "1.2.3"', reply.got)


@clause(
    "native.describe.version-without-v",
    MUST,
    documented="develop/overview.md, version",
    since="0.9.1",
    installs=1,
    needs=[CREATES, "native.describe.members"],
)
def test_the_v_of_a_version_is_left_out(server: Server) -> None:
    """Of a version that starts with "v" in the file name, the "v" is not returned."""
    plugin = server.take(Kind.SINK)
    server.create(plugin, version="v3.2.1").accepted()
    has_version(server, plugin, "3.2.1")


@clause(
    "native.describe.any-version",
    MUST,
    documented="develop/overview.md, version",
    since="0.9.1",
    installs=1,
    needs=[CREATES, "native.describe.members"],
)
def test_any_text_may_be_the_version(server: Server) -> None:
    """The version in the file name may be any text, such as a date, and is returned."""
    plugin = server.take(Kind.SINK)
    server.create(plugin, version="20200331").accepted()
    has_version(server, plugin, "20200331")


@clause(
    "native.describe.no-version",
    SHOULD,
    seen="api D-02",
    since="0.3.0",
    installs=1,
    needs=[CREATES, "native.describe.members"],
)
def test_no_version_is_an_empty_one(server: Server) -> None:
    """A plugin whose file name has no version is described with an empty version."""
    plugin = server.take(Kind.SINK)
    server.create(plugin).accepted()
    has_version(server, plugin, "")


@clause(
    "native.describe.unknown",
    MUST,
    documented=DESCRIBE,
    since="0.3.0",
    needs=["native.describe.members"],
)
def test_an_unknown_plugin_is_not_described(server: Server) -> None:
    """To describe a plugin that is not there is refused."""
    for kind in server.kinds:
        server.describe(kind, server.fresh()).refused()


@clause(
    "native.describe.unknown-404",
    SHOULD,
    seen="api D-03",
    since="0.4.1",
    needs=["native.describe.unknown"],
)
def test_an_unknown_plugin_is_not_found(server: Server) -> None:
    """To describe a plugin that is not there is answered with 404."""
    for kind in server.kinds:
        server.describe(kind, server.fresh()).status(404)


@clause(
    "native.describe.bad-name",
    SHOULD,
    seen="api D-04",
    since="2.4.0",
    needs=["native.describe.members"],
)
def test_a_name_with_other_characters_is_a_bad_request(server: Server) -> None:
    """To describe a name with other than letters, digits, hyphens and underscores is a 400."""
    server.describe(Kind.SINK, f"{server.fresh()}.b").status(400)


@clause("native.describe.case", MAY, seen="api D-05", since="0.3.0", needs=[CREATES])
def test_whether_names_differ_by_case(server: Server) -> str:
    """Whether a name in other case describes the plugin."""
    plugin = server.installed(Kind.SINK)
    swapped = plugin.name.swapcase()
    return "found" if server.describe(plugin.kind, swapped).ok else "not found"


@clause(
    "native.describe.functions",
    MUST,
    documented=DESCRIBE,
    since="1.1.2",
    installs=1,
    needs=[CREATES, "native.describe.members"],
    readings=["documented", "reference"],
)
def test_whether_functions_are_described(server: Server) -> str:
    """A description has name and version; eKuiper adds to a function plugin its list."""
    plugin = server.take(Kind.FUNCTION)
    names = plugin.functions
    server.create(plugin, functions=names).accepted()
    reply = server.describe(plugin.kind, plugin.name)
    listed = reply.members().get("functions")
    told = isinstance(listed, list) and sorted(listed, key=str) == sorted(names)
    return "reference" if told else "documented"  # nobody prescribes other members


@clause(
    "native.describe.dropped",
    MAY,
    seen="api D-06",
    since="0.3.0",
    installs=1,
    needs=[CREATES, "native.describe.members", "native.drop.accepted"],
)
def test_how_a_dropped_plugin_is_described(server: Server) -> str:
    """How a plugin is described that was dropped, before a restart: no page tells."""
    plugin = server.take(Kind.SINK)
    server.create(plugin, version="3.0.0").accepted()
    server.drop(plugin.kind, plugin.name).accepted()
    reply = server.describe(plugin.kind, plugin.name)
    if not reply.ok:
        return "not at all"
    version = reply.members().get("version")
    return "as before" if version == "3.0.0" else f"with the version {version}"
