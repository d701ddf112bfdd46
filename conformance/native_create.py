"""POST /plugins/{type}."""

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, MUST, SHOULD, clause
from kuiper_pack.suite.packages import Plugin, make_zip, so_file, stub
from kuiper_pack.suite.questions import has_version, refuses
from kuiper_pack.suite.subject import CREATES, OTHERS, Server
from kuiper_pack.suite.verdict import Unmet

CREATE = "plugins.md, create a plugin"
FORMAT = "plugins.md, parameters of create"
NAMING = "develop/overview.md, naming"
MEMBERS = "native.describe.members"
UNKNOWN = "native.describe.unknown"


@clause(CREATES, MUST, documented=CREATE, since="0.3.0", installs=1)
def test_a_plugin_is_created(server: Server) -> None:
    """A sound package is installed, for each type of plugin, with a version and without one."""
    for kind in server.kinds:
        server.install(kind).accepted()
    server.create(server.take(Kind.SINK)).accepted()


@clause("native.create.status", SHOULD, seen="api C-01", since="0.3.0", installs=1, needs=[CREATES])
def test_a_created_plugin_is_reported(server: Server) -> None:
    """A create is answered with 201 and a text that names the plugin."""
    plugin = server.take(Kind.SINK)
    server.create(plugin).status(201).says(plugin.name, "created")


@clause(
    "native.create.duplicate-name",
    MUST,
    documented=CREATE,
    since="0.3.0",
    installs=1,
    needs=[CREATES, MEMBERS],
)
def test_a_name_belongs_to_one_plugin(server: Server) -> None:
    """A second create of the same type and name is refused, and the first plugin stays."""
    plugin = server.take(Kind.SINK)
    server.create(plugin, version="1.0.0").accepted()
    server.create(plugin, version="2.0.0").refused()
    has_version(server, plugin, "1.0.0")


@clause(
    "native.create.same-name-other-type",
    MAY,
    seen="api C-34",
    since="0.3.0",
    installs=2,
    needs=[CREATES],
)
def test_whether_types_share_names(server: Server) -> str:
    """Whether plugins of two types may have one name."""
    sink, other = server.take(Kind.SINK), server.take(Kind.FUNCTION)
    server.create(sink).accepted()
    reply = server.create(Plugin(Kind.FUNCTION, sink.name, other.shared_object))
    return "accepted" if reply.ok else "refused"


@clause(
    "native.create.capital-file",
    MUST,
    documented=NAMING,
    since="0.9.1",
    installs=1,
    needs=[CREATES],
)
def test_the_file_may_start_with_a_capital(server: Server) -> None:
    """The shared object may be named like the exported symbol, with an upper-case first letter."""
    plugin = server.take(Kind.SINK)
    url = server.deliver(plugin.package(so_file(plugin.name, "1.0.0", upper=True)))
    server.post(plugin.kind, plugin.name, url).accepted()


@clause("native.create.malformed-json", MUST, documented=CREATE, since="0.3.0", needs=[CREATES])
def test_a_body_that_is_no_json_is_refused(server: Server) -> None:
    """A create whose body is not JSON, or is empty, is refused."""
    for body in ("{", "", "name=x", "[1, 2]"):
        server.send("POST", "/plugins/sinks", body).refused()


@clause("native.create.no-name", MUST, documented=CREATE, since="0.3.0", needs=[CREATES])
def test_a_plugin_needs_a_name(server: Server) -> None:
    """A create without a name, or with an empty one or null, is refused."""
    name = server.fresh()
    url = server.deliver(make_zip({server.file(name): stub(name)}), f"{name}.zip")
    server.own(Kind.SINK, name)  # who takes the name of the file for that of the plugin has it
    server.send("POST", "/plugins/sinks", {"file": url}).refused()
    for empty in ("", None):
        server.send("POST", "/plugins/sinks", {"name": empty, "file": url}).refused()


@clause("native.create.no-file", MUST, documented=FORMAT, since="0.3.0", needs=[UNKNOWN])
def test_a_plugin_needs_a_package(server: Server) -> None:
    """A create whose file is empty is refused, and nothing is installed."""
    refuses(server, Kind.SINK, server.fresh(), "")


@clause("native.create.unknown-scheme", MUST, documented=FORMAT, since="0.3.0", needs=[UNKNOWN])
def test_other_schemes_are_refused(server: Server) -> None:
    """A URL that is neither http nor https nor file is refused."""
    name = server.fresh()
    refuses(server, Kind.SINK, name, f"gopher://127.0.0.1:9/{name}.zip")


@clause(
    "native.create.no-url",
    SHOULD,
    seen="api C-15, C-18",
    since="0.3.0",
    needs=[UNKNOWN, "native.create.missing-package"],
)
def test_a_url_says_where_a_package_is(server: Server) -> None:
    """A file that is a path, a URL of http without a host, or one of file with one is refused."""
    for beginning in ("", "/", "http:///", "file://elsewhere/"):
        name = server.fresh()
        refuses(server, Kind.SINK, name, f"{beginning}{name}.zip")


@clause("native.create.missing-package", MUST, documented=FORMAT, since="0.3.0", needs=[UNKNOWN])
def test_a_package_that_is_not_there_is_refused(server: Server) -> None:
    """A create whose package cannot be had is refused, and nothing is installed."""
    name = server.fresh()
    refuses(server, Kind.SINK, name, server.url_of(f"{name}.zip"))


@clause("native.create.not-a-zip", MUST, documented=FORMAT, since="0.3.0", needs=[UNKNOWN])
def test_a_package_is_a_zip(server: Server) -> None:
    """A package whose content is no zip is refused, and nothing is installed."""
    name = server.fresh()
    refuses(server, Kind.SINK, name, server.deliver(b"plain text", f"{name}.zip"))


@clause(
    "native.create.zip-suffix",
    SHOULD,
    seen="api C-14",
    since="0.3.0",
    installs=1,
    needs=[CREATES, UNKNOWN],
)
def test_a_url_ends_with_zip(server: Server) -> None:
    """A URL that does not end with .zip is refused, whatever is there."""
    plugin = server.take(Kind.SINK)
    url = server.deliver(plugin.package(server.file(plugin.name)), f"{server.fresh()}.tar")
    refuses(server, plugin.kind, plugin.name, url)


@clause("native.create.no-shared-object", MUST, documented=FORMAT, since="0.3.0", needs=[UNKNOWN])
def test_a_package_holds_a_shared_object(server: Server) -> None:
    """A package without a shared object is refused, and nothing is installed."""
    name = server.fresh()
    entries = {f"{name}.yaml": b"default: {}\n", "readme.txt": b"nothing else"}
    for kind in server.kinds:
        refuses(server, kind, name, server.deliver(make_zip(entries)))


@clause(
    "native.create.source-without-configuration",
    MUST,
    documented=FORMAT,
    since="0.3.0",
    installs=1,
    needs=[CREATES, UNKNOWN],
)
def test_a_source_has_a_configuration(server: Server) -> None:
    """A source package without a yaml file is refused, and nothing is installed."""
    plugin = server.take(Kind.SOURCE)
    url = server.deliver(make_zip({server.file(plugin.name): plugin.shared_object}))
    refuses(server, plugin.kind, plugin.name, url)


@clause(
    "native.create.other-file-name",
    MUST,
    documented=FORMAT,
    since="0.3.0",
    installs=1,
    needs=[CREATES, UNKNOWN],
)
def test_the_file_is_named_like_the_plugin(server: Server) -> None:
    """A package whose shared object is named otherwise than the plugin is refused."""
    plugin = server.take(Kind.SINK)
    url = server.deliver(make_zip({server.file(f"other{plugin.name}"): plugin.shared_object}))
    refuses(server, plugin.kind, plugin.name, url)


@clause(
    OTHERS,
    MUST,
    documented="plugins.md, plugin file format",
    since="0.9.1",
    installs=1,
    needs=[CREATES],
)
def test_a_package_may_hold_other_files(server: Server) -> None:
    """A package may hold other files beside the shared object: metadata, and what it depends on."""
    plugin = server.take(Kind.SINK)
    more = {"sdk.conf": b"[sdk]\n", "sdk.zip": make_zip({"sdk.conf": b"[sdk]\n"})}
    server.create(plugin, extra={**plugin.metadata, **more}).accepted()


@clause("native.create.garbage", MAY, seen="api C-26", since="0.3.0")
def test_whether_a_shared_object_is_loaded(server: Server) -> str:
    """Whether the server tries to load a shared object while it installs it."""
    name = server.fresh()
    url = server.deliver(make_zip({server.file(name): stub(name)}))
    return "not loaded" if server.post(Kind.SINK, name, url).ok else "loaded"


@clause("native.create.bad-name", SHOULD, seen="api C-08, C-10", since="2.4.0", needs=[CREATES])
def test_a_name_with_other_characters_is_a_bad_request(server: Server) -> None:
    """To create a name with other than letters, digits, hyphens and underscores is a 400."""
    for bad in (".b", "/b", " b"):
        name = server.fresh() + bad
        server.post(Kind.SINK, name, server.deliver(make_zip({server.file(name): b""}))).status(400)


@clause(
    "native.create.answer-to-odd-name",
    SHOULD,
    seen="api C-11",
    since="0.3.0",
    defect_in=("0.3.0", "2.4.0-alpha.2"),
)
def test_an_odd_name_is_answered(server: Server) -> None:
    """A create is answered, whatever the name: the connection is not closed in silence."""
    name = f"{server.fresh()}(b"
    reply = server.post(Kind.SINK, name, server.deliver(make_zip({"readme.txt": b""})))
    if reply.answer.status is None:
        raise Unmet("an answer", reply.got)


@clause(
    "native.create.error-body",
    SHOULD,
    seen="api G-04",
    since="2.0.0",
    needs=["native.create.no-file"],
)
def test_a_refusal_is_explained_as_json(server: Server) -> None:
    """The body of a refusal is a JSON object with a number as error and a text as message."""
    reply = server.post(Kind.SINK, server.fresh(), "").refused()
    try:
        found = reply.answer.json()
    except ValueError:
        found = None
    match found:
        case {"error": int(), "message": str()}:
            return
    raise Unmet('{"error": NUMBER, "message": TEXT}', reply.got)
