"""/metadata: what packages tell user interfaces."""

from typing import Any

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, MUST, SHOULD, clause
from kuiper_pack.suite.journal import Resource
from kuiper_pack.suite.packages import Plugin
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.subject import CREATES, OTHERS, Server
from kuiper_pack.suite.verdict import Unmet

KEYS = "configKey.md, list all configKey"
LISTED = "metadata.listed"
DESCRIBED = "metadata.described"
YAML = "metadata.keys.listed"
WRITTEN = "metadata.keys.written"
KINDS = (Kind.SOURCE, Kind.SINK)


def entry(server: Server, kind: Kind, name: str) -> tuple[dict[str, Any] | None, Reply]:
    """What the list of metadata says of a plugin, or None."""
    reply = server.send("GET", f"/metadata/{kind.plural}")
    found = reply.json() if reply.accepted().answer.body else None
    return next((one for one in objects(found) if one.get("name") == name), None), reply


def described(server: Server, plugin: Plugin) -> tuple[dict[str, Any], Reply]:
    """The metadata of a source or sink; until 1.2 that of a sink has more around it."""
    reply = server.send("GET", f"/metadata/{plugin.kind.plural}/{plugin.name}")
    found = reply.members()
    inner = found.get("customProperty")
    shown = inner.get(plugin.name) if isinstance(inner, dict) else found
    if not isinstance(shown, dict) or not isinstance(shown.get("about"), dict):
        raise Unmet('an object with "about"', reply.got)
    return shown, reply


def told(found: dict[str, Any] | None, member: str) -> Any:
    """What "about" in an entry of the list has as a member, if anything."""
    about = found.get("about") if found else None
    return about.get(member) if isinstance(about, dict) else None


def objects(found: Any) -> list[dict[str, Any]]:
    """The objects in a list; none where it is no list."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def with_metadata(server: Server) -> list[Plugin]:
    """A source and a sink that brought metadata, as far as the server knows these types."""
    kinds = [kind for kind in KINDS if kind in server.kinds]
    return [server.installed(kind, metadata=True) for kind in kinds]


def keys_of(server: Server, name: str) -> tuple[dict[str, Any], Reply]:
    """The keys of a source's configuration."""
    reply = server.send("GET", f"/metadata/sources/yaml/{name}")
    return reply.members(), reply


def lists_keys(server: Server) -> None:
    """Ask that the keys of a package's configuration are listed."""
    __tracebackhide__ = True
    plugin = server.installed(Kind.SOURCE, metadata=True)
    found, reply = keys_of(server, plugin.name)
    if found.get("default") != {"place": "here"}:
        raise Unmet('{"default": {"place": "here"}}', reply.got)


def write_key(server: Server, plugin: Plugin, key: str) -> Reply:
    """Write a key of a configuration."""
    path = f"/metadata/sources/{plugin.name}/confKeys/{key}"
    server.claim(Resource("configuration", key, path, f"/metadata/sources/yaml/{plugin.name}"))
    return server.send("PUT", path, {"place": "there"})


@clause(
    LISTED,
    SHOULD,
    seen="api M-01, M-03",
    since="0.9.1",
    installs=2,
    needs=["metadata", CREATES, OTHERS],
)
def test_sources_and_sinks_with_metadata_are_listed(server: Server) -> None:
    """A source or sink whose package has a {name}.json is in the list of metadata."""
    for plugin in with_metadata(server):
        found, reply = entry(server, plugin.kind, plugin.name)
        if found is None or not isinstance(found.get("about"), dict):
            raise Unmet(f'{plugin.name} with "about"', reply.got)


@clause(
    "metadata.functions.listed",
    SHOULD,
    seen="api M-04",
    since="0.9.1",
    installs=1,
    needs=["metadata", CREATES, "native.drop.accepted"],
)
def test_functions_with_metadata_are_listed(server: Server) -> None:
    """The functions in the {name}.json of a package are in the list of metadata."""
    plugin = server.installed(Kind.FUNCTION, metadata=True)
    reply = server.send("GET", "/metadata/functions")
    listed = [
        one
        for each in objects(reply.json())
        for one in objects(each.get("functions"))
        if one.get("name") == plugin.name
    ]
    if not listed or listed[0].get("example") != f"{plugin.name}(a)":
        raise Unmet(f"the function {plugin.name} with its example", reply.got)


@clause(
    DESCRIBED, SHOULD, seen="api M-02, M-03", since="0.9.1", needs=["metadata", CREATES, LISTED]
)
def test_metadata_are_described(server: Server) -> None:
    """The metadata of a source or sink have the fields of its {name}.json."""
    for plugin in with_metadata(server):
        found, reply = described(server, plugin)
        fields = found.get("properties")
        if isinstance(fields, dict):
            fields = fields.get("default")
        if [one.get("name") for one in objects(fields)] != ["place"]:
            raise Unmet("the one property place", reply.got)


@clause(
    "metadata.languages",
    SHOULD,
    seen="api 11-1",
    since="0.9.1",
    needs=["metadata", CREATES, DESCRIBED],
)
def test_texts_come_in_languages(server: Server) -> None:
    """Texts come in their languages, en and zh for the en_US and zh_CN of the package."""
    for plugin in with_metadata(server):
        found, reply = described(server, plugin)
        text = f"description of {plugin.name} in"
        if found["about"].get("description") != {"en": f"{text} English", "zh": f"{text} Chinese"}:
            raise Unmet("the description in en and in zh", reply.got)


@clause(
    "metadata.installed",
    SHOULD,
    seen="api 11-2",
    since="0.9.1",
    needs=["metadata", CREATES, LISTED],
)
def test_what_is_installed_says_so(server: Server) -> None:
    """A plugin that is installed is told as installed, whatever its {name}.json says."""
    for plugin in with_metadata(server):
        found, reply = entry(server, plugin.kind, plugin.name)
        if told(found, "installed") is not True:
            raise Unmet(f"{plugin.name} is told as installed", reply.got)


@clause(
    "metadata.type", SHOULD, seen="api M-01", since="2.0.0", needs=["metadata", CREATES, LISTED]
)
def test_native_plugins_are_told_as_native(server: Server) -> None:
    """The type of a native plugin is native."""
    for plugin in with_metadata(server):
        found, reply = entry(server, plugin.kind, plugin.name)
        if not (found and found.get("type") == "native"):
            raise Unmet(f'{plugin.name} of the type "native"', reply.got)


@clause(
    "metadata.unknown",
    SHOULD,
    seen="api M-02",
    since="0.9.1",
    needs=["metadata", CREATES, DESCRIBED],
)
def test_metadata_of_the_unknown_are_refused(server: Server) -> None:
    """To ask for metadata, or for the configuration, of what is not there is refused."""
    name = server.fresh()
    for path in ("sources", "sinks", "sources/yaml"):
        server.send("GET", f"/metadata/{path}/{name}").refused()


@clause(
    "metadata.keys.of-old",
    SHOULD,
    seen="api M-05",
    since="0.9.1",
    until="1.10.1",
    needs=["metadata", CREATES],
)
def test_the_configuration_of_a_package_is_listed(server: Server) -> None:
    """Before the keys were documented, too, those in the yaml file of a source are listed."""
    lists_keys(server)


@clause(YAML, MUST, documented=KEYS, since="1.10.1", needs=["metadata", CREATES])
def test_the_keys_of_a_package_are_listed(server: Server) -> None:
    """The keys in the yaml file of a source are listed as JSON."""
    lists_keys(server)


@clause(
    WRITTEN,
    MUST,
    documented="configKey.md, register a configKey",
    since="1.10.1",
    needs=["metadata", CREATES, YAML],
)
def test_a_key_is_written(server: Server) -> None:
    """A key that is registered is listed with what it was given, beside the others."""
    plugin, key = server.installed(Kind.SOURCE, metadata=True), server.fresh()
    write_key(server, plugin, key).accepted()
    found, reply = keys_of(server, plugin.name)
    if found.get(key) != {"place": "there"} or "default" not in found:
        raise Unmet(f'default, and {key} with {{"place": "there"}}', reply.got)


@clause(
    "metadata.keys.deleted",
    MUST,
    documented="configKey.md, delete a configKey",
    since="1.10.1",
    needs=["metadata", CREATES, WRITTEN],
)
def test_a_key_is_deleted(server: Server) -> None:
    """A key that is deleted is listed no more; the others are."""
    plugin, key = server.installed(Kind.SOURCE, metadata=True), server.fresh()
    write_key(server, plugin, key).accepted()
    server.send("DELETE", f"/metadata/sources/{plugin.name}/confKeys/{key}").accepted()
    found, reply = keys_of(server, plugin.name)
    if key in found or "default" not in found:
        raise Unmet(f"default, and no {key}", reply.got)


@clause(
    "metadata.dropped.not-installed",
    SHOULD,
    seen="api 5-2",
    since="0.9.1",
    installs=1,
    needs=["metadata", CREATES, "metadata.installed", "native.drop.accepted"],
)
def test_what_is_dropped_is_not_told_as_installed(server: Server) -> None:
    """A plugin that was dropped is told as installed no more."""
    found, reply = entry(server, Kind.SINK, dropped(server))
    if told(found, "installed"):
        raise Unmet("it is not there, or told as not installed", reply.got)


@clause(
    "metadata.dropped.gone",
    SHOULD,
    seen="api 5-2",
    since="1.7.2",
    installs=1,
    needs=["metadata", CREATES, "metadata.dropped.not-installed", "metadata.unknown"],
)
def test_what_is_dropped_has_no_metadata(server: Server) -> None:
    """The metadata of a plugin are gone when it was dropped."""
    name = dropped(server)
    found, reply = entry(server, Kind.SINK, name)
    if found:
        raise Unmet(f"a list without {name}", reply.got)
    server.send("GET", f"/metadata/sinks/{name}").refused()


def dropped(server: Server) -> str:
    """The name of a sink that came with metadata and was dropped."""
    plugin = server.take(Kind.SINK)
    server.create(plugin, extra=plugin.metadata).accepted()
    server.drop(plugin.kind, plugin.name).accepted()
    return plugin.name


@clause("metadata.words", MAY, seen="api M-07", since="0.9.1", needs=["metadata"])
def test_whether_refusals_come_in_chinese(server: Server) -> str:
    """Whether the header Content-Language chooses the language of a refusal."""
    path = f"/metadata/sources/{server.fresh()}"
    plain = server.send("GET", path).answer.text
    chosen = server.send("GET", path, headers={"Content-Language": "zh-CN"}).answer.text
    return "they do" if plain != chosen else "they do not"


@clause("metadata.lookup", MAY, seen="api M-01", since="1.7.2", needs=["metadata", CREATES])
def test_whether_a_plugin_is_listed_as_a_lookup_source(server: Server) -> str:
    """Whether a source that says nothing of lookups is listed among those for lookups."""
    plugin = server.installed(Kind.SOURCE, metadata=True)
    reply = server.send("GET", "/metadata/sources?kind=lookup")
    return "listed" if plugin.name in reply.answer.text else "not listed"
