"""What holds for every path: methods, types, bodies, names, errors."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from kuiper_pack.conformance.native_create import MEMBERS, UNKNOWN
from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, SHOULD, clause
from kuiper_pack.suite.packages import make_zip, stub
from kuiper_pack.suite.questions import refuses
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.subject import CREATES, Server
from kuiper_pack.suite.verdict import Unmet

SINKS = "/plugins/sinks"
MALFORMED = "native.create.malformed-json"
NO_FILE = "native.create.no-file"
_NO_REQUESTS = (
    b"\0\xff\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /plugins/sinks HTTP/9.9\r\n\r\n",
    b"GET /plugins/sinks HTTP/1.1\r\nno colon\r\n\r\n",
    b"POST /plugins/sinks HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}",
    b"POST /plugins/sinks HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{",
    b"POST /plugins/sinks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
)
_HUGE = 1 << 16
_LONG = 5_000
_DEEP = 20_000
_OTHER_SCRIPTS = (
    "\u043f\u043b\u0430\u0433\u0438\u043d",
    "\u63d2\u4ef6",
    "\u0645\u0643\u0648\u0646",
    "\U0001f50c",
)
"""Words for "plugin" in letters that nobody has to allow, and a picture of a plug."""


def error_of(reply: Reply) -> Mapping[str, Any] | None:
    """The body of a refusal as a JSON object, or None."""
    try:
        found = reply.refused().answer.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def type_of(reply: Reply) -> str:
    """The content type without its parameters."""
    return reply.answer.content_type.partition(";")[0].strip().lower()


def status_of(reply: Reply) -> str:
    """What was answered, in a word that is a choice."""
    return "no answer" if reply.answer.status is None else str(reply.answer.status)


@clause("http.root", SHOULD, documented="overview.md, getting information", since="0.9.1")
def test_the_server_says_what_it_is(server: Server) -> None:
    """GET / is answered with a JSON object of version, os and upTimeSeconds."""
    reply = server.send("GET", "/")
    match reply.members():
        case {"version": str(), "os": str(), "upTimeSeconds": int()}:
            return
    raise Unmet("version and os as texts, upTimeSeconds as a number", reply.got)


@clause("http.ping", SHOULD, documented="overview.md, ping", since="1.0.2")
def test_the_server_says_that_it_lives(server: Server) -> None:
    """GET /ping is accepted."""
    server.send("GET", "/ping").accepted()


@clause("http.unknown-path", SHOULD, seen="api G-06", since="0.3.0")
def test_an_unknown_path_is_not_found(server: Server) -> None:
    """An unknown path is answered with 404."""
    for path in (f"/{server.fresh()}", f"/plugins/{server.fresh()}"):
        server.send("GET", path).status(404)


@clause("http.unknown-method", SHOULD, seen="api G-06", since="0.3.0")
def test_an_unknown_method_is_refused(server: Server) -> None:
    """A method that a path does not know is refused."""
    for path in (SINKS, f"{SINKS}/{server.fresh()}"):
        server.send("PATCH", path, {}).refused()
    server.send("GET", f"/plugins/functions/{server.fresh()}/register").refused()


@clause("http.malformed", SHOULD, seen="api G-06", since="0.3.0", needs=["native.list.array"])
def test_what_is_no_request_ends_nothing(server: Server) -> None:
    """The server goes on answering after it was sent what is no HTTP request."""
    for data in _NO_REQUESTS:
        server.transport.throw(data)
    server.plugins(Kind.SINK).names()


@clause("http.head", MAY, seen="api G-06", since="0.3.0")
def test_whether_there_is_head(server: Server) -> str:
    """Whether HEAD is answered like GET; eKuiper does not allow it."""
    return status_of(server.send("HEAD", SINKS))


@clause("http.trailing-slash", MAY, seen="api G-06", since="0.3.0")
def test_what_a_slash_at_the_end_means(server: Server) -> str:
    """What is answered to the path of a list with a slash at its end."""
    return status_of(server.send("GET", f"{SINKS}/"))


@clause("http.double-slash", MAY, seen="api G-06", since="0.3.0")
def test_what_two_slashes_mean(server: Server) -> str:
    """What is answered, maybe after a redirect, to the path of a list with two slashes in it."""
    return status_of(server.send("GET", "/plugins//sinks"))


@clause("http.escaped-slash", MAY, seen="api G-06", since="0.3.0")
def test_what_an_escaped_slash_means(server: Server) -> str:
    """What is answered to a name with an escaped slash in it."""
    return status_of(server.send("GET", f"{SINKS}/{server.fresh()}%2Fb"))


@clause("http.escaped-letters", SHOULD, seen="api G-06", since="0.3.0", needs=[CREATES, MEMBERS])
def test_escaped_letters_are_letters(server: Server) -> None:
    """A name in a path may be written with percent escapes."""
    plugin = server.installed(Kind.SINK)
    escaped = "".join(f"%{ord(letter):02X}" for letter in plugin.name)
    reply = server.send("GET", f"{SINKS}/{escaped}")
    if reply.members().get("name") != plugin.name:
        raise Unmet(f'the description of "{plugin.name}"', reply.got)


@clause("http.json-type", SHOULD, seen="api G-01", since="0.3.0", needs=[CREATES, MEMBERS])
def test_json_is_declared(server: Server) -> None:
    """A description is declared as application/json."""
    reply = server.describe(Kind.SINK, server.installed(Kind.SINK).name).accepted()
    if type_of(reply) != "application/json":
        raise Unmet("Content-Type application/json", f"{reply.answer.content_type!r}")


@clause("http.body.any-type", SHOULD, seen="api G-07", since="0.3.0", installs=1, needs=[CREATES])
def test_the_type_of_a_body_does_not_matter(server: Server) -> None:
    """A create is accepted whatever Content-Type its JSON has, as curl -d sends it."""
    plugin = server.take(Kind.SINK)
    url = server.deliver(plugin.package(server.file(plugin.name)))
    server.own(plugin.kind, plugin.name)
    body = f'{{"name": "{plugin.name}", "file": "{url}"}}'
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    server.send("POST", SINKS, body, kind).accepted()


@clause(
    "http.body.other-members", SHOULD, seen="api G-07", since="0.3.0", installs=1, needs=[CREATES]
)
def test_other_members_are_ignored(server: Server) -> None:
    """A create may have members that nobody knows."""
    plugin = server.take(Kind.SINK)
    url = server.deliver(plugin.package(server.file(plugin.name)))
    server.post(plugin.kind, plugin.name, url, author="somebody", size=12).accepted()


@clause("http.body.letter-case", MAY, seen="api G-07", since="0.3.0")
def test_whether_members_differ_by_case(server: Server) -> str:
    """Whether the members of a body may be written in capitals, as NAME for name."""
    url = server.artifacts.http(f"{server.fresh()}.zip")
    name = server.fresh()
    server.own(Kind.SINK, name)
    told = [
        server.send("POST", SINKS, body).answer.text
        for body in ({"NAME": name, "FILE": url}, {"other": name, "FILE": url})
    ]
    return "they do" if told[0] == told[1] else "they do not"


@clause("http.body.more-text", MAY, seen="api G-07", since="0.3.0")
def test_whether_text_may_follow(server: Server) -> str:
    """Whether text behind the JSON is ignored."""
    name = server.fresh()
    server.own(Kind.SINK, name)
    body = f'{{"name": "{name}", "file": ""}}'
    plain, more = (server.send("POST", SINKS, body + text).answer for text in ("", " and so on"))
    return "ignored" if plain.text == more.text else "refused"


@clause(
    "http.body.wrong-types",
    SHOULD,
    seen="api C-04",
    since="0.3.0",
    needs=[MALFORMED, UNKNOWN],
)
def test_members_of_other_types_are_refused(server: Server) -> None:
    """A create whose name or file is no text is refused with an answer."""
    name = server.fresh()
    server.own(Kind.SINK, name)
    url = server.artifacts.http(f"{name}.zip")
    for body in ({"name": 5, "file": url}, {"name": name, "file": 5}, {"name": [name]}, 5):
        server.send("POST", SINKS, body).refused()
    server.describe(Kind.SINK, name).refused()


@clause("http.body.no-text", SHOULD, seen="api G-07", since="0.3.0", needs=[MALFORMED, NO_FILE])
def test_bodies_that_are_no_text_are_answered(server: Server) -> None:
    """A create is refused with an answer where its body is no UTF-8, or has zero bytes."""
    name = server.fresh()
    server.own(Kind.SINK, name)
    for text in ("\udcff", "\\u0000", "\\ud800"):
        server.send("POST", SINKS, f'{{"name": "{name}{text}", "file": ""}}').refused()
    server.send("POST", SINKS, f'{{"name": "{name}"}}\0').refused()


@clause("http.body.deep", SHOULD, seen="api G-07", since="0.3.0", needs=[MALFORMED])
def test_deeply_nested_bodies_are_answered(server: Server) -> None:
    """A create whose body nests very deeply is refused with an answer."""
    server.send("POST", SINKS, "[" * _DEEP).refused()


@clause("http.body.huge", SHOULD, seen="api G-07", since="0.3.0", needs=[MALFORMED, NO_FILE])
def test_huge_bodies_are_answered(server: Server) -> None:
    """A create with a very large body, and without a package, is refused with an answer."""
    name = server.fresh()
    server.post(Kind.SINK, name, "", padding="x" * _HUGE).refused()
    server.describe(Kind.SINK, name).refused()


@clause("http.names.long", SHOULD, seen="api D-03", since="0.3.0", needs=[UNKNOWN])
def test_long_names_are_answered(server: Server) -> None:
    """A name of thousands of letters is refused with an answer, and nothing is installed."""
    name = server.fresh() + "x" * _LONG
    url = server.deliver(make_zip({server.file("long"): stub("long")}))
    refuses(server, Kind.SINK, name, url)


@clause(
    "http.names.other-scripts", SHOULD, seen="api D-03", since="0.3.0", needs=[UNKNOWN, NO_FILE]
)
def test_names_in_other_scripts_are_answered(server: Server) -> None:
    """To create, describe or drop an unknown name in any script is refused with an answer."""
    for word in _OTHER_SCRIPTS:
        name = f"{word}{server.fresh()}"
        refuses(server, Kind.SINK, name, "")
        server.drop(Kind.SINK, name).refused()


@clause("http.type-words", MAY, seen="api 13-20", since="0.3.0")
def test_whether_types_have_chinese_names(server: Server) -> str:
    """Whether a type is known by its Chinese name, which the Chinese page gives it."""
    return "known" if server.send("GET", f"/plugins/{quote(chr(0x6E90))}").ok else "not known"


@clause(
    "http.error.quotes",
    SHOULD,
    seen="api G-04",
    since="1.13.0-alpha.2",
    needs=[UNKNOWN, "native.create.error-body"],
    defect_in=("1.13.0-alpha.2", "2.0.0-beta.2"),
)
def test_quotes_in_errors_are_escaped(server: Server) -> None:
    """The body of a refusal is JSON also where its message has quotes in it."""
    reply = server.describe(Kind.SINK, f'{server.fresh()}"q"').refused()
    if error_of(reply) is None:
        raise Unmet("a JSON object", reply.got)


@clause("http.error.code", MAY, seen="api 13-22", since="0.3.0")
def test_whether_a_refusal_has_a_code(server: Server) -> str:
    """Whether a refusal has an error code in its body, as pages say of all releases."""
    found = error_of(server.describe(Kind.SINK, server.fresh()))
    return "with a code" if found and isinstance(found.get("error"), int) else "without a code"


@clause("http.error.type", MAY, seen="api 13-22", since="0.3.0")
def test_how_a_refusal_is_declared(server: Server) -> str:
    """The content type of a refusal; eKuiper sends JSON as text/plain."""
    return type_of(server.describe(Kind.SINK, server.fresh())) or "none"


@clause(
    "http.batch",
    SHOULD,
    documented="overview.md, batch request",
    since="2.2.0",
    needs=["native.list.array", UNKNOWN],
)
def test_requests_come_in_batches(server: Server) -> None:
    """Several requests in one are answered in their order, each with its code and response."""
    unknown = f"{SINKS}/{server.fresh()}"
    asked = [{"method": "GET", "path": SINKS}, {"method": "GET", "path": unknown}]
    reply = server.send("POST", "/batch/req", asked)
    match reply.json():
        case [{"code": 200, "response": str(listed)}, {"code": int(code)}] if (
            listed.strip().startswith("[") and code >= 400
        ):
            return
    raise Unmet("the list of sinks with code 200, and a code of a refusal", reply.got)


@clause("http.other-origins", MAY, seen="api G-10", since="0.9.1")
def test_whether_web_pages_may_read(server: Server) -> str:
    """Which web pages may read answers: the header Access-Control-Allow-Origin."""
    reply = server.send("GET", SINKS, headers={"Origin": "http://page.example"})
    return reply.answer.headers.get("access-control-allow-origin", "none")


@clause("http.preflight", MAY, seen="api G-10", since="0.9.1")
def test_whether_web_pages_may_delete(server: Server) -> str:
    """Whether web pages of other origins are told that they may send DELETE."""
    headers = {"Origin": "http://page.example", "Access-Control-Request-Method": "DELETE"}
    reply = server.send("OPTIONS", f"{SINKS}/{server.fresh()}", headers=headers)
    methods = reply.answer.headers.get("access-control-allow-methods", "")
    return "they may" if reply.ok and "DELETE" in methods else "they may not"
