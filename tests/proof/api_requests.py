"""Requests to all of the plugin API, good ones and odd ones, one after another, from a seed."""

import json
import random
from collections.abc import Callable, Iterator

from kuiper_pack.package.kind import Kind
from tests.proof.api_world import World
from tests.server.wire import Request

RESTART = Request("RESTART", "")
"""Stands for a restart of the server."""
ORIGIN = "http://page.example"
NATIVE = (Kind.SOURCE, Kind.SINK, Kind.FUNCTION)
_JSON = ("Content-Type", "application/json")
_ODD_NAMES = (
    "a.b", " sp ", "Up", "-x", "_y", "é", "ñame", "a b", "a/b", "x%", "a+b", "a:b", "a&b<c>", "1",
    "prebuild", "register", "status", "udfs", "yaml", "rule", "a\"b", "a\\b", "a\tb", "n" * 300,
    "n" * 64, "..", ".", "*", "a;b", "a,b", "'", "\u2028", "\U0001f600", "a?b", "a#b",
)  # fmt: skip
_ODD_METHODS = ("PATCH", "HEAD", "TRACE", "FOO", "PUT", "DELETE", "POST", "GET", "OPTIONS", "get")


def requests(world: World, count: int) -> Iterator[Request]:
    """The first ``count`` requests of a world's generator."""
    rng = world.rng
    ways = [way for way in _WAYS if _is_for(world, way)]
    weights = [_WAYS[way] for way in ways]
    for _ in range(count):
        request = rng.choices(ways, weights)[0](world)
        if request is not RESTART and rng.random() < 0.12:
            request = _odd(world, request)
        yield request


def _is_for(world: World, way: "_Way") -> bool:
    return way is not _portable or world.build.facts.portable


def _native(world: World) -> Request:
    rng = world.rng
    kind = rng.choice(NATIVE)
    name = _name(world, kind)
    path = f"/plugins/{kind.plural}"
    method = rng.choices(("GET", "POST", "PUT", "DELETE", "list"), (2, 5, 2, 2, 1))[0]
    if method == "list":
        return Request("GET", path)
    if method == "POST":
        return Request("POST", path, _creation(world, kind, name), _types(rng))
    if method == "PUT":
        other = _name(world, kind) if rng.random() < 0.15 else name
        return Request("PUT", f"{path}/{_quoted(name)}", _creation(world, kind, other), _types(rng))
    query = rng.choice(("", "", "", "?stop=0", "?restart=1", "?stop=", "?x=1&stop=true"))
    return Request(method, f"{path}/{_quoted(name)}{query if method == 'DELETE' else ''}")


def _portable(world: World) -> Request:
    rng = world.rng
    name = world.stem + (rng.choice("ab") if rng.random() < 0.85 else rng.choice(_ODD_NAMES[:20]))
    path = "/plugins/portables"
    what = rng.choices(("GET", "POST", "PUT", "DELETE", "list", "status"), (2, 4, 2, 2, 1, 3))[0]
    if what == "list":
        return Request("GET", path)
    if what == "status":
        return Request("GET", f"{path}/{_quoted(name)}/status")
    if what in ("GET", "DELETE"):
        return Request(what, f"{path}/{_quoted(name)}")
    other = world.stem + rng.choice("ab") if rng.random() < 0.15 else name
    body = _creation(world, Kind.PORTABLE, other)
    return Request(what, f"{path}/{_quoted(name)}" if what == "PUT" else path, body, _types(rng))


def _functions(world: World) -> Request:
    rng = world.rng
    what = rng.choice(("list", "one", "register", "register", "prebuild"))
    if what == "list":
        return Request("GET", "/plugins/udfs")
    if what == "prebuild":
        kind = rng.choice((*NATIVE, Kind.PORTABLE))
        return Request("GET", f"/plugins/{kind.plural}/prebuild")
    if what == "one":
        return Request(
            "GET", f"/plugins/udfs/{_quoted(rng.choice(('f', 'g', _name(world, Kind.FUNCTION))))}"
        )
    listed = rng.choices(("f", "g", "h", _name(world, Kind.FUNCTION)), k=rng.randrange(3))
    body = _json(rng, {"functions": listed})
    return Request(
        "POST", f"/plugins/functions/{_quoted(_name(world, Kind.FUNCTION))}/register", body, ()
    )


def _uploads(world: World) -> Request:
    rng = world.rng
    path = "/config/uploads"
    name = rng.choice(("up.zip", "a.txt", "../x.txt", "d/x.txt", "", "a b", "é.txt", "<a>&'\".txt"))
    what = rng.choice(("GET", "json", "json", "form", "DELETE", "url"))
    if what == "GET":
        return Request("GET", path)
    if what == "DELETE":
        return Request("DELETE", f"{path}/{_quoted(name)}")
    if what == "form":
        return _form(world, name)
    body: dict[str, object] = {"name": name, "content": rng.choice(("text", "", "ä\n", 5, None))}
    if what == "url":
        body = {"name": name, "file": _url(world, world.package(Kind.SINK, "some", "good"))}
    if rng.random() < 0.15:
        body.pop(rng.choice([*body]))
    return Request("POST", path, _json(rng, body), (rng.choice(_UPLOAD_TYPES),))


_UPLOAD_TYPES = (
    _JSON, _JSON, _JSON, ("Content-Type", "application/json; charset=utf-8"),
    ("Content-Type", "text/plain"), ("Content-Type", "Application/JSON"),
)  # fmt: skip


def _form(world: World, name: str) -> Request:
    rng = world.rng
    label = rng.choice(("uploadFile", "uploadFile", "uploadFile", "other", ""))
    boundary = rng.choice(("B", "B", "B", "other", ""))
    filename = "" if rng.random() < 0.1 else f'; filename="{name}"'
    part = f'--B\r\nContent-Disposition: form-data; name="{label}"{filename}\r\n\r\ncontent\r\n'
    end = rng.choice(("--B--\r\n", "--B--\r\n", "--B--\r\n", ""))
    kind = f"multipart/form-data{'; boundary=' + boundary if boundary else ''}"
    kind = rng.choice((kind, kind, kind, "multipart/mixed; boundary=B"))
    return Request("POST", "/config/uploads", (part + end).encode(), (("Content-Type", kind),))


def _metadata_way(world: World) -> Request:
    rng = world.rng
    kind = rng.choice(NATIVE)
    kinds = kind.plural
    name = _quoted(_name(world, kind) if rng.random() < 0.7 else world.stem + "aCount")
    language = rng.choice((None, None, "zh_CN", "zh-CN", "en_US", "en", "xx"))
    headers = (("Content-Language", language),) if language else ()
    what = rng.choice(("list", "one", "yaml", "key", "key", "unkey", "lookup", "rule"))
    if what == "list" or (what == "lookup" and kind is Kind.SOURCE):
        return Request("GET", f"/metadata/{kinds}", None, headers)
    if what == "lookup":
        return Request("GET", f"/metadata/{kinds}?kind={rng.choice(('lookup', 'scan', 'x', ''))}")
    if what == "one":
        return Request("GET", f"/metadata/{kinds}/{name}", None, headers)
    if what == "yaml":
        return Request("GET", f"/metadata/{kinds}/yaml/{name}", None, headers)
    if what == "rule":
        return Request("GET", f"/metadata/sinks/rule/{name}", None, headers)
    key = rng.choice(("default", "mine", "a.b", "é", "Up"))
    path = f"/metadata/{kinds}/{name}/confKeys/{_quoted(key)}"
    if what == "unkey":
        return Request("DELETE", path, None, headers)
    fields = rng.choice(_FIELDS)
    method = rng.choice(("PUT", "PUT", "PUT", "POST"))
    return Request(method, path, _json(rng, fields), headers)


_FIELDS: tuple[object, ...] = (
    {"interval": 10},
    {"Interval": "20ms", "password": "secret", "nested": {"token": "t", "url": "http://u:p@h/"}},
    {},
    {"b": [1, 2.5, None, True], "a": "text: #"},
    {"password": "******"},
    {"n": 12345678901234567890, "f": 1e21, "s": 0.1, "i": 1.0},
    [1],
    "text",
)


def _streams(world: World) -> Request:
    rng = world.rng
    name = rng.choice(("s", "t", "Up"))
    what = rng.choice(("GET", "POST", "POST", "PUT", "DELETE", "list", "all"))
    if what == "list":
        return Request("GET", "/streams")
    if what == "all":
        return Request("GET", "/streamdetails")
    if what in ("GET", "DELETE"):
        return Request(what, f"/streams/{_quoted(name)}")
    source = rng.choice(
        (*world.memory, world.names(Kind.SOURCE)[0], world.stem + "aCount", "nowhere")
    )
    options = {"DATASOURCE": rng.choice(("topic/a", "topic/b")), "TYPE": source, "FORMAT": "JSON"}
    for option in ("DATASOURCE", "FORMAT"):
        if rng.random() < 0.1:
            options.pop(option)
    listed = ", ".join(f'{key}="{value}"' for key, value in options.items())
    columns = rng.choice(("()", "(a bigint, b string)", "(a float)"))
    sql = f"CREATE STREAM {name} {columns} WITH ({listed})"
    return Request(
        what, "/streams" if what == "POST" else f"/streams/{name}", _json(rng, {"sql": sql})
    )


def _rules(world: World) -> Request:
    rng = world.rng
    # sockets are named after rules, and other servers of this machine have rules, too
    name = world.stem + rng.choice(("r", "q", "a.b"))
    what = rng.choice(
        ("list", "GET", "status", "create", "create", "create", "PUT", "DELETE", "start", "stop",
         "restart")
    )  # fmt: skip
    if what == "list":
        return Request("GET", "/rules")
    if what in ("GET", "DELETE"):
        return Request(what, f"/rules/{_quoted(name)}")
    if what in ("start", "stop", "restart", "status"):
        method = "GET" if what == "status" else "POST"
        return Request(method, f"/rules/{_quoted(name)}/{what}")
    fields = rng.choice(("*", "a", "a AS b", "nope(a)"))
    if world.build.facts.opens_so and rng.random() < 0.4:
        functions = (*world.functions, world.names(Kind.FUNCTION)[0])
        fields = f"{rng.choice(functions)}(a) AS c"
    sinks: tuple[dict[str, object], ...] = (
        {"memory" if world.memory else "log": {"topic": "out"}},
        {"log": {}},
        {"nop": {}},
        {world.names(Kind.SINK)[0]: {}},
        {world.stem + "aLines": {"file": "/dev/null"}},
        {"nowhere": {}},
    )
    rule: dict[str, object] = {
        "id": name,
        "sql": f"SELECT {fields} FROM {rng.choice(('s', 's', 't', 'missing'))}",
        "actions": [rng.choice(sinks)],
    }
    if rng.random() < 0.1:
        rule.pop(rng.choice([*rule]))
    path = "/rules" if what == "create" else f"/rules/{_quoted(name)}"
    return Request("POST" if what == "create" else "PUT", path, _json(rng, rule))


def _batch(world: World) -> Request:
    rng = world.rng
    drawn = [*requests(world, rng.randrange(1, 3))]
    inner = [one for one in drawn if one is not RESTART and "/metadata/" not in one.target]
    listed = [
        {
            "method": one.method,
            "path": one.target,
            **({"body": one.body.decode(errors="replace")} if one.body is not None else {}),
        }
        for one in inner
    ]
    return Request("POST", "/batch/req", _json(rng, listed), (_JSON,))


def _conventions(world: World) -> Request:
    rng = world.rng
    return Request(rng.choice(("GET", "GET", "GET", *_ODD_METHODS)), rng.choice(_PATHS))


_PATHS = (
    "/", "/ping", "/nowhere", "/plugins", "/plugins/", "/metadata", "/config", "/plugins/wasm",
    "/plugins/sinks/", "/rules/", "//", "/PLUGINS/sinks", "/data/nowhere", "/batch",
    "/plugins/sinks/a/b", "/plugins/portables/a/b",
)  # fmt: skip


def _preflight(world: World) -> Request:
    rng = world.rng
    headers = []
    if rng.random() < 0.9:
        headers.append(("Origin", ORIGIN))
    if rng.random() < 0.9:
        method = rng.choice(("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "put", "FOO"))
        headers.append(("Access-Control-Request-Method", method))
    if rng.random() < 0.5:
        named = rng.choice(
            ("Content-Type", "authorization", "X-Own", "content-type, authorization", "Accept",
             "Content-Language,Content-Type", "", ",", "origin")
        )  # fmt: skip
        headers.append(("Access-Control-Request-Headers", named))
    path = rng.choice(("/plugins/sinks", "/plugins/sinks/a", "/nowhere", "/", "/rules", "//x"))
    return Request("OPTIONS", path, None, tuple(headers))


def _restart(_: World) -> Request:
    return RESTART


_Way = Callable[[World], Request]
_WAYS: dict[_Way, float] = {
    _native: 6,
    _portable: 3,
    _functions: 2,
    _uploads: 2,
    _metadata_way: 3,
    _streams: 1.5,
    _rules: 2,
    _batch: 0.5,
    _conventions: 1,
    _preflight: 0.7,
    _restart: 0.2,
}


def _odd(world: World, request: Request) -> Request:
    """The request with something unusual about it."""
    rng = world.rng
    method, target, body, headers = request.method, request.target, request.body, request.headers
    path, mark, query = target.partition("?")
    what = rng.randrange(9)
    if what == 0:
        method = rng.choice(_ODD_METHODS)
    elif what == 1:
        target = f"{path}/{mark}{query}"
    elif what == 2:
        target = path.replace("/", "//", 1) + mark + query
    elif what == 3:
        place = rng.randrange(len(path) + 1)
        odd = rng.choice(("%2F", "%20", "%zz", "%", "/../", "/./", "%00", "%C3", ";x=1", "%25"))
        target = path[:place] + odd + path[place:] + mark + query
    elif what == 4 and len(path) > 1:
        place = rng.randrange(1, len(path))
        if path[place] != "%" and "%" not in path[max(0, place - 2) : place]:
            target = f"{path[:place]}%{ord(path[place]):02X}{path[place + 1 :]}{mark}{query}"
    elif what == 5:
        headers += (("Origin", ORIGIN),)
    elif what == 6:
        headers += (rng.choice((("Accept", "text/html"), ("Accept-Encoding", "gzip"),
                                ("X-Requested-With", "x"), ("Expect", "100-continue"),
                                ("Connection", "keep-alive"))),)  # fmt: skip
    elif what == 7:
        target += f"{'&' if mark else '?'}{rng.choice(('x=1', 'a=%zz', 'a&&b', 'x;y'))}"
    else:
        return Request(method, target, body, headers, chunked=body is not None)
    return Request(method, target, body, headers)


def _creation(world: World, kind: Kind, name: str) -> bytes:
    rng = world.rng
    body: dict[str, object] = {"name": name}
    body["file"] = _url(world, world.package(kind, name, rng.choice(world.variants)))
    if kind is Kind.FUNCTION and rng.random() < 0.4:
        body["functions"] = rng.choices(("f", "g", "h"), k=rng.randrange(3))
    if rng.random() < 0.08:
        body["shellParas"] = rng.choice((["a"], [], "a", [1]))
    if rng.random() < 0.05:
        body[rng.choice(("name", "file", "functions"))] = rng.choice(
            (None, "", 5, [], {}, " ", "x")
        )
    if rng.random() < 0.03:
        body.pop(rng.choice([*body]))
    return _json(rng, body)


def _url(world: World, package: str) -> str:
    rng = world.rng
    if rng.random() < 0.06:
        return rng.choice(
            (f"{world.http}/missing.zip", f"file://{world.files}/missing.zip", "ftp://h/x.zip",
             f"{world.http}/{package}?x=1", "x.zip", "http:///x.zip", "file://h/x.zip", "http://[x.zip",
             f"{world.http}/../{package}", f"file:{world.files}/{package}", f"{world.http}/%zz.zip",
             f"HTTP{world.http[4:]}/{package}", "http://127.0.0.1:1/x.zip", f"{world.files}/x.zip")
        )  # fmt: skip
    with_file = world.build.facts.file_urls and rng.random() < 0.7
    return f"file://{world.files}/{package}" if with_file else f"{world.http}/{package}"


def _name(world: World, kind: Kind) -> str:
    rng = world.rng
    return rng.choice(world.names(kind)) if rng.random() < 0.85 else rng.choice(_ODD_NAMES)


def _json(rng: random.Random, value: object) -> bytes:
    """The value as JSON or, now and then, nearly."""
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.9:
        return text.encode()
    return rng.choice(
        (b"", b"{", b"null", b"[]", b"5", b'"x"', text[:-1].encode(), text.encode() + b"}",
         text.encode() + b" trailing", b"\xef\xbb\xbf" + text.encode(), text.upper().encode(),
         text.replace('"', "'").encode(), text.encode("utf-16"), b"\xff" + text.encode(),
         text.replace(": ", ": \x01", 1).encode(), b" \n\t" + text.encode(),
         text.replace("}", ', "x": {"y": [1, "z"]}}').encode(), b"[" * 20, b"true", b"nul",
         text.replace('": "', '": "\xff', 1).encode("latin-1", "replace"))
    )  # fmt: skip


def _types(rng: random.Random) -> tuple[tuple[str, str], ...]:
    kind = rng.choice(("application/json", "application/json", "", "text/plain", "x"))
    return (("Content-Type", kind),) if kind else ()


def _quoted(name: str) -> str:
    safe = "-._~!$'()*+,;=:@"
    return "".join(
        one if one.isascii() and (one.isalnum() or one in safe) else _escaped(one) for one in name
    )


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())
