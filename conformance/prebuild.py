"""GET /plugins/{type}/prebuild; whether anything is at the URLs is nobody's promise."""

import re
from collections.abc import Iterator

from kuiper_pack.suite.clause import MAY, MUST, SHOULD, clause
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.subject import Server
from kuiper_pack.suite.verdict import Unmet

PREBUILD = "plugins.md, get the available plugins"
OBJECT = "prebuild.object"


def offers(server: Server) -> dict[str, Reply]:
    """The answers for each type of native plugins, where prebuilt ones are offered."""
    kinds = [kind.plural for kind in server.kinds]
    replies = {kind: server.send("GET", f"/plugins/{kind}/prebuild") for kind in kinds}
    return {kind: reply for kind, reply in replies.items() if reply.ok and reply.answer.text}


def members(replies: dict[str, Reply]) -> Iterator[tuple[str, str, str, Reply]]:
    """Types, names and URLs, each with the answer that it is in; raises Unmet for anything else."""
    for kind, reply in replies.items():
        for name, url in reply.members().items():
            if not (name and isinstance(url, str) and re.fullmatch(r"https?://\S+", url)):
                raise Unmet("names of plugins with the URLs of their packages", reply.got)
            yield kind, name, url, reply


def choice(found: set[str]) -> str:
    """What was found in the URLs, in words."""
    return " and ".join(sorted(found)) or "nothing is offered"


@clause("prebuild.route", SHOULD, seen="api 9-1", since="0.9.1")
def test_prebuild_is_no_plugin(server: Server) -> None:
    """The path of prebuilt plugins is one of its own: it is not answered with 404.

    A server without hosts, or in another image than the official one, refuses.
    """
    for kind in server.kinds:
        reply = server.send("GET", f"/plugins/{kind.plural}/prebuild")
        if not reply.ok and reply.refused().answer.status in (404, 405):
            raise Unmet("a list of prebuilt plugins, or a refusal with another status", reply.got)


@clause("prebuild.answer", SHOULD, seen="api B-05", since="0.9.1", defect_in=("0.9.1", "1.6.0"))
def test_the_list_is_not_empty_text(server: Server) -> None:
    """Where prebuilt plugins cannot be listed the request is refused, not answered with nothing."""
    for kind in server.kinds:
        reply = server.send("GET", f"/plugins/{kind.plural}/prebuild")
        if reply.ok and not reply.answer.text:
            raise Unmet("a list, or a refusal", reply.got)


@clause(OBJECT, MUST, documented=PREBUILD, since="0.9.1")
def test_prebuilt_plugins_are_an_object(server: Server) -> None:
    """Prebuilt plugins are listed as a JSON object: the key is the name, the value the URL."""
    list(members(offers(server)))


@clause("prebuild.zip", SHOULD, seen="api 9-1", since="0.9.1", needs=[OBJECT])
def test_prebuilt_plugins_are_zips_of_their_names(server: Server) -> None:
    """The file at the URL of a prebuilt plugin is a zip whose name starts with the plugin's."""
    for _, name, url, reply in members(offers(server)):
        file = url.rpartition("/")[2]
        if not file.startswith(name) or not file.endswith(".zip"):
            raise Unmet(f"a URL that ends with {name}....zip", reply.got)


@clause("prebuild.type", SHOULD, seen="api 9-1", since="0.9.1", needs=[OBJECT])
def test_prebuilt_plugins_are_of_the_type(server: Server) -> None:
    """The URL of a prebuilt plugin has the type that was asked for as a part of its path."""
    for kind, _, url, reply in members(offers(server)):
        if kind not in url.split("/"):
            raise Unmet(f"URLs with /{kind}/", reply.got)


@clause("prebuild.order", MAY, seen="api 13-10", since="0.9.1", needs=[OBJECT])
def test_where_the_system_stands_in_a_url(server: Server) -> str:
    """Whether URLs have the type before the system, as documented, or after it, as in eKuiper."""
    found = set()
    for kind, _, url, _ in members(offers(server)):
        parts = url.split("/")
        known = len(parts) > 2 and kind in parts[-3:-1]
        place = {-3: "the type first", -2: "the system first"}
        found.add(place[parts[-3:-1].index(kind) - 3] if known else "another order")
    return choice(found)


@clause("prebuild.architecture", MAY, seen="api 13-10", since="0.9.1", needs=[OBJECT])
def test_whether_a_file_names_the_processor(server: Server) -> str:
    """Whether files are named like PLUGIN_ARCH.zip, or only like the plugin."""
    return choice(
        {
            "without a processor" if url.endswith(f"/{name}.zip") else "with a processor"
            for _, name, url, _ in members(offers(server))
        }
    )


@clause("prebuild.portables", MAY, seen="api 9-2", since="1.4.0")
def test_whether_portables_are_prebuilt(server: Server) -> str:
    """Whether there is a list of prebuilt portable plugins; in eKuiper there is none."""
    return "listed" if server.send("GET", "/plugins/portables/prebuild").ok else "not listed"
