"""What nobody may do to a server, and what a server may be set to forbid."""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import PurePosixPath
from typing import Any

from kuiper_pack.conformance.http import SINKS, type_of
from kuiper_pack.conformance.native_create import UNKNOWN
from kuiper_pack.conformance.uploads import LISTED, PATH, UPLOADS, is_there, upload
from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.access import time_of
from kuiper_pack.suite.clause import MAY, MUST, SHOULD, TOKENS, clause
from kuiper_pack.suite.journal import Upload
from kuiper_pack.suite.packages import make_zip, stub
from kuiper_pack.suite.questions import refuses
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.subject import NO_TOKEN, Server
from kuiper_pack.suite.verdict import Inapplicable, Unmet

AUTHENTICATION = "authentication.md"
MARKUP = "<img src=x onerror=alert(1)>"
_AS_MARKUP = ("", "text/html", "application/xhtml+xml", "text/xml", "image/svg+xml")
_LEEWAY = 300.0
"""Seconds after which an expired token is one also for servers that are patient."""
_UP_FROM_PACKAGES = "../../../.."
"""From the folder that native packages are unzipped in, plugins/temp/{type}/{name}."""


@clause(
    "security.names",
    SHOULD,
    seen="api C-08, C-09",
    since="0.3.0",
    needs=[UNKNOWN, "http.unknown-path"],
)
def test_a_name_is_no_path(server: Server) -> None:
    """A create whose name leads to another folder is refused, and nothing is installed."""
    for before in ("../", "a/", "/"):
        name = server.fresh()
        url = server.deliver(make_zip({server.file(name): stub(name)}))
        refuses(server, Kind.SINK, f"{before}{name}", url)


@clause(
    "security.entries",
    SHOULD,
    seen="api C-36",
    since="1.6.0",
    installs=1,
    needs=["uploads", LISTED, PATH],
    defect_in=("1.6.0", "2.2.0-alpha.3"),
)
def test_no_entry_is_written_outside(server: Server) -> None:
    """An entry of a package whose name leads out of its folder is not written where it leads.

    It would lead to the folder of uploads, where it is seen and can be removed.
    """
    name = server.fresh()
    path = PurePosixPath(upload(server, f"{name}.txt").path().replace("\\", "/"))
    outside = f"{name}-outside.txt"
    entry = f"{_UP_FROM_PACKAGES}/{'/'.join(path.parts[-3:-1])}/{outside}"
    plugin = server.take(Kind.SINK)
    server.claim(Upload(outside))
    server.create(plugin, extra={entry: b"outside"})
    if is_there(server, outside):
        raise Unmet(f"no file outside of the package, or a refusal: {entry}", "it was written")


@clause(
    "security.uploads.names",
    SHOULD,
    seen="api O-05",
    since="1.6.0",
    needs=["uploads", LISTED],
    defect_in=("1.6.0", "2.2.0-alpha.3"),
)
def test_no_upload_is_written_outside(server: Server) -> None:
    """An upload whose name leads out of the folder is refused; this one leads back into it."""
    name = f"{server.fresh()}.txt"
    server.claim(Upload(name))
    server.send("POST", UPLOADS, {"name": f"../uploads/{name}", "content": "text"}).refused()


@clause("security.uploads.form", MAY, seen="api O-03", since="1.6.0", needs=["uploads", LISTED])
def test_what_a_path_in_a_form_means(server: Server) -> str:
    """What is done with a form whose file has a name that leads out of the folder."""
    name = f"{server.fresh()}.txt"
    server.claim(Upload(name))
    about = f'Content-Disposition: form-data; name="uploadFile"; filename="../uploads/{name}"'
    lines = ["--kuiper", about, "Content-Type: text/plain", "", "text", "--kuiper--", ""]
    kind = {"Content-Type": "multipart/form-data; boundary=kuiper"}
    accepted = server.send("POST", UPLOADS, "\r\n".join(lines), kind).ok
    return "accepted" if accepted else "refused"


@clause("security.markup", SHOULD, seen="api G-03", since="0.3.0", needs=[UNKNOWN])
def test_markup_is_no_page(server: Server) -> None:
    """A name with markup in it comes back as nothing that a browser takes for a page.

    Where it is not escaped, the answer is declared as something else, and is not to be guessed at.
    """
    name = f"{server.fresh()}{MARKUP}"
    no_page(server.describe(Kind.SINK, name))
    no_page(server.drop(Kind.SINK, name))
    no_page(server.post(Kind.SINK, name, ""))


def no_page(reply: Reply) -> None:
    """Ask for an answer whose markup no browser obeys."""
    __tracebackhide__ = True
    guessed = reply.answer.headers.get("x-content-type-options", "").lower() != "nosniff"
    obeyed = type_of(reply) in _AS_MARKUP or (guessed and type_of(reply) != "application/json")
    if MARKUP in reply.answer.text and obeyed:
        kind = reply.answer.content_type or "no Content-Type"
        raise Unmet("no page: text with nosniff, JSON, or escaped", f"{kind}: {reply.got}")


@clause(
    "security.uploads.markup", SHOULD, seen="api O-01", since="2.0.0", needs=["uploads", LISTED]
)
def test_markup_in_a_path_is_escaped(server: Server) -> None:
    """The path of an upload whose name has markup in it is answered with the markup escaped."""
    reply = upload(server, f"<i>{server.fresh()}.txt")
    if reply.ok and "<i>" in reply.answer.text:
        raise Unmet("a path without markup", reply.got)


@clause("security.private-network", MAY, seen="api 13-8", since="0.3.0")
def test_whether_packages_come_from_loopback(server: Server) -> str:
    """Whether packages are fetched from 127.0.0.1, as in all samples; 2.4.0 is shipped without."""
    name = server.fresh()
    server.artifacts.put(f"{name}.zip", b"no zip")
    server.post(Kind.SINK, name, server.artifacts.http(f"{name}.zip"))
    return "fetched" if f"{name}.zip" in server.artifacts.fetched else "not fetched"


@clause("security.other-files", MAY, seen="api 13-9", since="0.9.1")
def test_whether_packages_come_from_any_folder(server: Server) -> str:
    """Whether file URLs may lead anywhere; documented as forbidden since 2.4.0, shipped allowed."""
    there, gone = (server.fresh() for _ in range(2))
    server.artifacts.put(f"{there}.zip", b"no zip")
    answers = []
    for name in (there, gone):
        reply = server.post(Kind.SINK, name, server.artifacts.file(f"{name}.zip"))
        answers.append((reply.answer.status, reply.answer.text.replace(name, "")))
    return "not looked at" if answers[0] == answers[1] else "looked at"


def endpoints(server: Server) -> list[tuple[str, str, Any]]:
    """A request to each endpoint of the plugin API that changes nothing."""
    name = server.fresh()
    collections = [f"/plugins/{kind.plural}" for kind in server.kinds]
    found: list[tuple[str, str, Any]] = []
    for path in collections:
        found += [("GET", path, None), ("GET", f"{path}/prebuild", None), ("POST", path, {})]
        found += [(method, f"{path}/{name}", None) for method in ("GET", "DELETE")]
        found += [("PUT", f"{path}/{name}", {})]
    found += [("POST", f"/plugins/functions/{name}/register", {})]
    more = ("/plugins/portables", "/plugins/udfs", UPLOADS, "/metadata/sources", "/rules")
    return found + [("GET", path, None) for path in more]


def forged(token: str) -> list[str]:
    """Tokens like that one which nobody signed; without its signature, that reports may show it.

    Raises Inapplicable where it is no JSON Web Token.
    """
    try:
        header, claims = (read_part(part) for part in token.split(".")[:2])
    except ValueError as error:
        raise Inapplicable("the token of the run is no JSON Web Token") from error
    signature = part({"signed": "by nobody"})
    return [
        f"{part(header)}.{part(claims)}.{signature}",
        f"{part(header)}.{part({**claims, 'exp': 1})}.{signature}",
        f"{part(header)}.{part({**claims, 'iss': 'nobody.pub'})}.{signature}",
        f"{part({**header, 'alg': 'none'})}.{part(claims)}.",
    ]


def end_of(token: str) -> float:
    """When a token expires, in seconds since 1970; raises Inapplicable where that is not told."""
    try:
        return float(read_part(token.split(".")[1])["exp"])
    except (ValueError, LookupError, TypeError) as error:
        why = "the token that is to have expired does not say when"
        raise Inapplicable(f"{why}: it needs a number as exp") from error


def part(members: dict[str, Any]) -> str:
    """A part of a token."""
    return urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")


def read_part(text: str) -> dict[str, Any]:
    """What a part of a token says; raises ValueError."""
    found = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    return found


def stranger(server: Server, method: str, path: str, body: Any = None) -> Reply:
    """What somebody without a token is answered."""
    return server.send(method, path, body, NO_TOKEN)


@clause("security.tokens.none", MUST, documented=AUTHENTICATION, since="1.4.0", needs=[TOKENS])
def test_nobody_comes_without_a_token(server: Server) -> None:
    """Where the server wants tokens, no endpoint of plugins answers a request without one."""
    for method, path, body in endpoints(server):
        stranger(server, method, path, body).refused()


@clause(
    "security.tokens.status",
    SHOULD,
    documented=AUTHENTICATION,
    since="1.4.0",
    needs=[TOKENS, "security.tokens.none"],
)
def test_a_missing_token_is_unauthorized(server: Server) -> None:
    """A request without a token is answered with 401."""
    stranger(server, "GET", SINKS).status(401)


@clause(
    "security.tokens.forged",
    MUST,
    documented=AUTHENTICATION,
    since="1.4.0",
    needs=[TOKENS, "security.tokens.none"],
)
def test_nobody_comes_with_a_forged_token(server: Server) -> None:
    """A token that was not signed is refused, whatever it says: time, issuer, algorithm."""
    for token in forged(server.transport.client.token):
        server.send("GET", SINKS, headers={"Authorization": token}).refused()


@clause(
    "security.tokens.expired",
    MUST,
    documented=AUTHENTICATION,
    since="1.4.0",
    needs=[TOKENS, "security.tokens.none"],
    given=["expired-token"],
)
def test_nobody_comes_with_an_expired_token(server: Server) -> None:
    """A token that is signed and has expired is refused."""
    until = end_of(server.expired_token)
    reply = server.send("GET", SINKS, headers={"Authorization": server.expired_token})
    if until > min(time_of(reply.answer), time.time()) - _LEEWAY:
        raise Inapplicable("the token that is to have expired has not, by the clock of the server")
    reply.refused()


@clause(
    "security.tokens.open",
    SHOULD,
    seen="api G-11",
    since="1.4.0",
    needs=[TOKENS, "http.root", "http.ping"],
)
def test_anybody_may_ask_whether_the_server_lives(server: Server) -> None:
    """GET / and GET /ping are answered without a token."""
    for path in ("/", "/ping"):
        stranger(server, "GET", path).accepted()
