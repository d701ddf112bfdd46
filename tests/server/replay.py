"""Recordings of real servers, sent again to the reference server, over HTTP."""

import http.server
import io
import json
import posixpath
import re
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kuiper_pack.client import Answer, Client
from kuiper_pack.package.architecture import host_architecture
from kuiper_pack.server import Options, ReferenceServer
from tests.server.stand_in import interpreter
from tests.shared_objects import ELF

DATA = Path(__file__).parent.parent / "data" / "recordings"
RUNS = [
    ("0.9.1", "default"),
    ("1.4.4", "default"),
    ("v1.14.7", "default"),
    ("v2.4.0", "open"),
    ("v2.4.0", "default"),
    ("v2.4.0", "uploads"),
    ("1.4.4", "auth"),
    ("v1.14.7", "auth"),
    ("v2.4.0", "auth"),
]
SECTIONS = (
    ("conventions",),
    ("native-create-errors",),
    ("native-lifecycle", "native-restarted", "native-by-hand"),
    ("portable-errors",),
    ("portable-lifecycle", "portable-restarted"),
    ("uploads",),
    ("prebuild-hosts",),
    ("auth",),
    ("native-rules",),
    ("portable-rules",),
    ("native-wrong-builds",),
    ("native-wrong-builds-first",),
)
"""Sections that follow each other on one server."""
Exchange = dict[str, Any]
Difference = dict[str, tuple[object, object]]
"""What was seen and what was recorded, of what is not the same."""
_HANDSHAKE_WITHIN = 4.0

LEFT_OUT = {
    "symbols of shared objects": re.compile(r"native-rules \S+ \S+ rn-rule-nosym"),
    "shared objects of other builds": re.compile(r"native-wrong-builds"),
    "export of all data": re.compile(r"\S+ GET /data/"),
}
"""What is not sent again, and why: patterns of the section, the method, the path and the id."""
_AUTHOR = "a@example.com"
"""Who the descriptions of plugins say that wrote them."""
_ADDRESS = re.compile(r"0x[0-9a-f]+")
_COUNTER = re.compile(
    r'("(?:\w+_(?:total|us|ms|length|invocation|time|status)|last\w+Timestamp)"): ?("[^"]*"|-?\d+)'
)
"""What the operators of a rule count, and times."""
_CUT_OFF = re.compile(r'("\w+_last_exception"): "[^"]*error: [^"]*time out[^"]*"')
"""A row was with the function when its plugin was deleted, or was not: nobody can tell before."""
_BY_HAND = {
    "sources/broken.so": b"broken",
    "functions/Autofn@1.2.so": b"autofn",
    "sources/multi@v1.0.0.so": b"multi1",
    "sources/multi@v10.0.0.so": b"multi10",
    "sources/multi@v9.0.0.so": b"multi9",
}
_HEADERS = (
    "content-type",
    "x-content-type-options",
    "connection",
    "location",
    "access-control-allow-origin",
    "access-control-allow-methods",
    "access-control-allow-headers",
)


class Origin:
    """What packages come from: HTTP on loopback, and a folder for ``file`` URLs."""

    def __init__(self, folder: Path, tokens: dict[str, str]) -> None:
        self.folder = folder
        self.tokens = tokens
        (folder / "dir.zip").mkdir(parents=True, exist_ok=True)
        (folder / "a").mkdir(exist_ok=True)
        (folder / "notzip.zip").write_text("this is no zip")
        (folder / "x.tar").write_text("this is no tar")

    def offer(self, version: str, number: int) -> None:
        """Put a package of the recording where its file name says."""
        described = _packages(version)[number]
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry in described["entries"]:
                folder = entry["name"].endswith("/")
                mode = int(entry.get("mode", "0o755" if folder else "0o644"), 8)
                info = zipfile.ZipInfo(entry["name"], (2024, 1, 1, 0, 0, 0))
                info.create_system = 3
                info.external_attr = ((0o040000 if folder else 0o100000) | mode) << 16
                text = entry.get("text", "")
                for token, value in self.tokens.items():
                    text = text.replace(token, value)
                data = shared_object(entry["so"].encode()) if "so" in entry else text.encode()
                archive.writestr(info, data)
        (self.folder / described["file"]).write_bytes(made.getvalue())


def shared_object(content: bytes) -> bytes:
    """What the ``elf`` loader takes for one."""
    return ELF + content


def _packages(version: str) -> list[dict[str, Any]]:
    packages = json.loads((DATA / f"{version}.packages.json").read_text(encoding="utf-8"))
    assert isinstance(packages, list)
    return packages


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The folder over HTTP, with the oddities of the recorded origin; its host and port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = folder / posixpath.normpath(self.path.split("?")[0]).strip("/")
            if self.path.startswith("/redir/"):
                self.send_response(302)
                self.send_header("Location", self.path.removeprefix("/redir"))
                self.end_headers()
            elif self.path.startswith("/status500"):
                self.send_response(500)
                self.end_headers()
            elif self.path.startswith("/truncated.zip/"):
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"PK")
            elif self.path.startswith("/kuiper-plugins/"):
                self.send_response(200)
                self.end_headers()
                for name in ("random", "zmq"):
                    link = f'<a href="{name}_{host_architecture()}.zip">{name}</a>'
                    self.wfile.write(link.encode())
            elif path.is_file():
                self.send_response(200)
                self.end_headers()
                self.wfile.write(path.read_bytes())
            else:
                self.send_response(404)
                self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def replayed(version: str, mode: str, folder: Path) -> Iterator[tuple[Exchange, Difference]]:
    """Each exchange that is sent again, and where the answer is not as it was recorded."""
    python = interpreter(folder / "python")
    recorded = {one["section"] for one in recordings(version, mode) if reason(one) is None}
    with serving(folder / "files") as host:
        for sections in SECTIONS:
            if recorded.isdisjoint(sections):
                continue
            hosts = f"http://{host}" if sections == ("prebuild-hosts",) else None
            base = folder / sections[0]
            replay = Replay(version, mode, base, folder / "files", host, python, hosts)
            with replay.server:
                for section in sections:
                    for exchange, answer, changes in replay.section(section):
                        yield exchange, difference(exchange, answer, changes)


def recordings(version: str, mode: str, tokens: Mapping[str, str] | None = None) -> list[Exchange]:
    """What was recorded of a server, with the values of tokens in their place."""
    text = (DATA / f"{version}.jsonl").read_text(encoding="utf-8")
    for token, value in (tokens or {}).items():
        text = text.replace(token, value)
    text = text.replace("_amd64.zip", f"_{host_architecture()}.zip")
    lines = (json.loads(line) for line in text.splitlines())
    return [one for one in lines if one["mode"] == mode and not one.get("event")]


def reason(exchange: Exchange) -> str | None:
    """Why an exchange is not sent again."""
    told = "{section} {method} {path} {id}".format_map(exchange)
    return next((why for why, pattern in LEFT_OUT.items() if pattern.match(told)), None)


class Replay:
    """One recorded server, on disk at ``base``."""

    def __init__(
        self,
        version: str,
        mode: str,
        base: Path,
        files: Path,
        host: str,
        python: Path,
        plugin_hosts: str | None = None,
    ) -> None:
        self.python = python
        self.plugin_hosts = plugin_hosts
        self.version = version
        self.mode = mode
        self.tokens = {
            "{PLUGINS}": str(base / "plugins"),
            "{ETC}": str(base / "etc"),
            "{DATA}": str(base / "data"),
            "{BASE}": str(base),
            "{FILES}": str(files),
            "{LOCALHOST_HOST}": host.replace("127.0.0.1", "localhost"),
            "{HOST}": host,
            "{HOSTPORT}": host.partition(":")[2],
        }
        self.base = base
        self.origin = Origin(files, self.tokens)
        self.server = self._new(base)

    def _new(self, base: Path) -> ReferenceServer:
        for kind in ("sources", "sinks", "functions"):
            (base / "etc" / kind).mkdir(parents=True)
            (base / "etc" / kind / "shipped").touch()
        (base / "tmp").mkdir()
        options = Options(
            loader="elf",
            allow_install_scripts=True,
            enable_private_net=self.mode != "default",
            allow_external_file_access=self.mode != "uploads",
            python=self.python,
            handshake_within=_HANDSHAKE_WITHIN,
            plugin_hosts=self.plugin_hosts,
            public_keys=base / "tmp" if self.mode == "auth" else None,
            exit_delay=3600,
        )
        return ReferenceServer(self.version.removeprefix("v"), data=base, options=options)

    def section(self, name: str) -> Iterator[tuple[Exchange, Answer, dict[str, list[str]]]]:
        """Each exchange of a section with the answer, and the files added, removed, changed."""
        if name.endswith(("-restarted", "-by-hand")):
            if name == "native-by-hand":
                for path, content in _BY_HAND.items():
                    data = content if content == b"broken" else shared_object(content)
                    (self.base / "plugins" / path).write_bytes(data)
            self.server.restart()
            if name == "native-by-hand":
                for folder in ("etc", "data"):
                    (self.base / folder / "sources" / "late.yaml").write_text("old: {}\n")
        client = Client(self.server.url)
        for exchange in self._exchanges(name):
            if exchange["id"] == "x-yaml-gone":  # removed by hand before, says the note
                for folder in ("etc", "data"):
                    (self.base / folder / "sources" / "tsrcb.yaml").unlink(missing_ok=True)
            if exchange["id"] == "o-install-from-upload-dir":  # made by hand before
                (Path(self.tokens["{DATA}"]) / "uploads" / "dd.zip").mkdir(exist_ok=True)
            if exchange.get("package") is not None:
                self.origin.offer(self.version, exchange["package"])
            before = self.files()
            target = exchange["path"] + (f"?{exchange['query']}" if exchange["query"] else "")
            body = self._body(exchange)
            answer = client.send(
                exchange["method"],
                target,
                body=body,
                headers=exchange["request_headers"],
                follow=False,
            )
            yield exchange, answer, _changes(before, self.files())

    def _body(self, exchange: Exchange) -> bytes | None:
        """The body; the one form with a package in it was not recorded."""
        body = exchange["body"]
        if exchange["id"] != "o-multipart-zip":
            return None if body is None else str(body).encode()
        name = str(exchange["note"]).rpartition(" ")[2]
        numbers = [n for n, one in enumerate(_packages(self.version)) if one["file"] == name]
        self.origin.offer(self.version, numbers[-1])
        content = Path(self.origin.folder, name).read_bytes()
        about = f'Content-Disposition: form-data; name="uploadFile"; filename="{name}"'
        return b"--B\r\n" + about.encode() + b"\r\n\r\n" + content + b"\r\n--B--\r\n"

    def _exchanges(self, section: str) -> list[Exchange]:
        found = recordings(self.version, self.mode, self.tokens)
        return [one for one in found if one["section"] == section and reason(one) is None]

    def files(self) -> dict[str, tuple[int, int]]:
        """Files and empty folders, each with what changes when it is written."""
        found: dict[str, tuple[int, int]] = {}
        for pattern in ("*", "etc/**/*", "data/**/*", "plugins/**/*"):
            for path in self.base.glob(pattern):
                if path.is_file():
                    found[str(path)] = (path.stat().st_ino, path.stat().st_mtime_ns)
                elif pattern != "*" and not any(path.iterdir()):
                    found[f"{path}/"] = (0, 0)
        return found


def difference(exchange: Exchange, answer: Answer, files: dict[str, list[str]]) -> Difference:
    """Where an answer is not as it was recorded."""
    headers = exchange.get("headers") or {}
    seen: dict[str, object] = {"status": answer.status, "text": _text(answer.text), **files}
    seen |= {name: answer.headers.get(name) for name in _HEADERS}
    recorded: dict[str, object] = {"status": exchange["status"]}
    recorded["text"] = _text(_recorded_text(exchange))
    recorded |= {key: sorted(exchange.get(key) or ()) for key in files}
    recorded |= {name: headers.get(name) for name in _HEADERS}
    return {key: (seen[key], recorded[key]) for key in seen if seen[key] != recorded[key]}


def _recorded_text(exchange: Exchange) -> str:
    """The recorded text; of long ones the elements about plugins are all that there is."""
    if "text_picked" in exchange:
        end = "\n" if str(exchange["text_tail"]).endswith("\n") else ""
        return json.dumps(exchange["text_picked"]) + end
    return exchange.get("text") or ""


def _text(text: str) -> object:
    """Texts to compare: a list as a set, what differs from run to run left out.

    Descriptions are compared of the plugins of the recordings, not of what is built in.
    """
    if text.startswith("["):
        found = [json.dumps(one) for one in json.loads(text)]
        mine = sorted(one for one in found if '"about"' not in one or _AUTHOR in one)
        return (mine, text.endswith("\n"))
    if "_records_in_total" in text:
        return counted(text)
    if text.startswith('{"version"'):
        return list(json.loads(text))
    return _ADDRESS.sub("0x", text)


def counted(text: str) -> str:
    """The status of a rule with what its operators count, and times, as 0."""
    return _CUT_OFF.sub(r'\1: ""', _COUNTER.sub(r"\1: 0", text))


def _changes(
    before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]
) -> dict[str, list[str]]:
    return {
        "files_added": sorted(after.keys() - before.keys()),
        "files_removed": sorted(before.keys() - after.keys()),
        "files_changed": sorted(
            path for path in before.keys() & after.keys() if before[path] != after[path]
        ),
    }
