"""A shell script that shows a failure again, from a clean server to the answer."""

import base64
import hashlib
import io
import re
import shlex
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from kuiper_pack.client.headers import is_secret
from kuiper_pack.suite.exchange import Event, Exchange, Record
from kuiper_pack.suite.manners import WHOLE
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.subject import UPLOAD
from kuiper_pack.suite.verdict import Result

WIDTH = 100
_SMALL = 4096
"""Bytes that are written into the script; what is larger comes from its file."""
_PLACE = "PLACE_OF_THE_PACKAGES"
_JSON = {"Content-Type": "application/json"}
_SEND = """\
send() {{ # METHOD PATH, and what else curl is told
  printf '> %s %s\\n' "$1" "$2"; m=$1 p=$2; shift 2
  curl -sS -i -w '\\n' -m 60 --path-as-is {headers}-X "$m" "$@" "$URL$p"
}}"""
_SEND_JSON = """\
json() { send "$1" "$2" -H 'Content-Type: application/json' --data-raw "$3"; }"""
_AWAIT = """\
await() { n=0; until "$@"; do n=$((n + 1)); [ "$n" -lt 300 ] || exit 1; sleep 0.1; done; }"""
_RESTART = """\
restart() { # by $RESTART, a command that starts the server anew
  if [ "${RESTART-}" ]; then sh -c "$RESTART"; else echo 'restart it, press enter'; read -r _; fi
  await curl -s -o /dev/null "$URL/"
}"""
_FOLDER = """\
D=$(mktemp -d); H=; trap 'rm -r "$D"; [ -z "$H" ] || kill "$H"' EXIT; trap 'exit 1' INT TERM"""
_FILE = """\
file() { printf %s "$2" | base64 -d >"$D/$1"; }"""
_PACK = """\
pack() (cd "$D" && python3 -m zipfile -c "$@")"""
_BY_HTTP = """\
python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$D" >"$D/log" 2>&1 & H=$!
await grep -q http: "$D/log"; P=$(sed -n 's/.*(\\(http:.*\\)\\/).*/\\1/p' "$D/log")"""
_BY_ODD_HTTP = """\
(cd "$D" && exec python3 -u -c 'import http.server, os, time
class Host(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if not os.path.exists(f".{self.path}.answer"): return super().do_GET()
        said = open(f".{self.path}.answer", "rb").read()
        for at in range(8):
            time.sleep(0.03); self.wfile.write(said[len(said) * at // 8:len(said) * (at + 1) // 8])
http.server.test(Host, port=0, bind="127.0.0.1")' >log 2>&1) & H=$!
await grep -q http: "$D/log"; P=$(sed -n 's/.*(\\(http:.*\\)\\/).*/\\1/p' "$D/log")"""
_ANSWER = """\
answer() { { printf %b "$2"; head -c "$3" "$D/$1"; } >"$D/$1.answer"; }"""
_BY_FILE = "P=file://$D"
_UPLOAD = """\
upload() {{ # NAME of a file in $D
  P=file://$(curl -sS -m 60 {headers}-F "uploadFile=@$D/$1" "$URL/config/uploads"); P=${{P%/*}}
}}"""
_NO_PACKAGE = [': >"$D/none"', "upload none"]
"""Where no package is needed, where it would be is."""


def script(run: Run, result: Result) -> str:
    """A script for /bin/sh that sends the requests of the clause and prints the answers.

    ``$URL`` may name another server; secrets are taken from the environment. It comes to an end
    whatever the server does, but for a restart by hand.
    """
    commands = [line for one in result.exchanges if (line := _command(run, one))]
    mentioned = _mentioned(run, result)
    packages = [line for named in mentioned.items() for line in _package(run, *named)]
    packages += [line for named in mentioned.items() for line in _answered(run, *named)]
    hosted = any('"$P"' in line for line in commands)
    by_http = hosted and run.discovery.delivery == "http"
    if hosted and run.discovery.delivery == UPLOAD:
        packages += [f"upload {shlex.quote(name)}" for name in mentioned] or _NO_PACKAGE
    elif hosted:
        odd = any(line.startswith("answer ") for line in packages)
        packages += [_BY_FILE if not by_http else _BY_ODD_HTTP if odd else _BY_HTTP]
    secrets, headers = _headers(run)
    used = {line.split()[0] for line in packages + commands}
    lines = [f"URL=${{URL:-{shlex.quote(run.client.url)}}}", *secrets]
    lines += [_SEND.format(headers=headers)]
    lines += [_SEND_JSON] if "json" in used else []
    lines += [_AWAIT] if "restart" in used or by_http else []
    if "restart" in used:
        if command := run.options.restart_command:
            lines.append(f"RESTART=${{RESTART:-{shlex.quote(command)}}}")
        lines.append(_RESTART)
    lines += [_FOLDER] if hosted else []
    helpers = {
        "file": _FILE,
        "pack": _PACK,
        "answer": _ANSWER,
        "upload": _UPLOAD.format(headers=headers),
    }
    lines += [text for word, text in helpers.items() if word in used]
    tools = ["curl"]
    tools += ["base64"] if "file" in used else []
    tools += ["python3"] if "pack" in used or by_http else []
    head = f"# {result.clause.id}, for /bin/sh with {', '.join(tools)}"
    return "\n".join([head, *lines, *packages, *commands])


def _headers(run: Run) -> tuple[list[str], str]:
    """Commands that ask for the secrets, and the headers of all requests as options of curl."""
    options, secrets, headers = run.options, [], ""
    for name, value in {**options.headers, "Authorization": options.token or ""}.items():
        if not value:
            continue
        if is_secret(name):
            variable = "TOKEN" if name == "Authorization" else re.sub(r"\W", "_", name).upper()
            secrets.append(f': "${{{variable}:?the secret value of the header {name}}}"')
            headers += f'-H "{name}: ${variable}" '
        else:
            headers += f"-H {shlex.quote(f'{name}: {value}')} "
    return secrets, headers


def _command(run: Run, one: Record) -> str:
    """What sends a request again, or brings about an event."""
    if isinstance(one, Event):
        return one.shell
    target, body = f"{one.method} {shlex.quote(one.path)}", _portable(run, one.body)
    token = one.headers.get("Authorization")  # instead of the one that all requests have
    if body is not None and one.headers == _JSON:
        words = [f"json {target}", body]
    else:
        headers = {name: value for name, value in one.headers.items() if name != "Authorization"}
        words = [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
        words = [f"send {target}", *words, *([f"--data-raw {body}"] if body is not None else [])]
    words += ["&"] if one.together else []
    if token is not None:
        words = [f"(TOKEN={shlex.quote(token)};", *words[:-1], f"{words[-1]})"]
    line = " ".join(words)
    return line if len(line) <= WIDTH else " \\\n  ".join(words)


def _portable(run: Run, body: str | None) -> str | None:
    """The body as a word of the shell, with the place of the packages as ``$P``."""
    if body is None:
        return None
    bases = [run.server.artifacts.http(""), run.server.artifacts.file("")]
    bases += [run.server.delivery.link("")] if run.server.delivery else []
    for base in bases:
        body = body.replace(base.rstrip("/") + "/", f"{_PLACE}/")
    quoted = "'" + body.replace("'", "'\"'\"'") + "'"
    return quoted.replace(_PLACE, "'\"$P\"'")


def _mentioned(run: Run, result: Result) -> dict[str, bytes]:
    """The packages that the requests name."""
    bodies = [one.body or "" for one in result.exchanges if isinstance(one, Exchange)]
    return {
        name: content for body in bodies for name, content in run.server.artifacts.mentioned(body)
    }


def _package(run: Run, name: str, content: bytes) -> Iterator[str]:
    """Commands that put a package into ``$D``."""
    if len(content) <= _SMALL:
        yield _file(name, content)
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = {entry: archive.read(entry) for entry in archive.namelist()}
    except zipfile.BadZipFile:
        entries = {}
    paths = _paths(run)
    known = {entry: paths.get(_digest(content)) for entry, content in entries.items()}
    if not entries or any(
        "/" in entry or (known[entry] is None and len(content) > _SMALL)
        for entry, content in entries.items()
    ):
        yield f'echo "put {name} ({len(content)} bytes) into $D, press enter"; read -r _'
        return
    for entry, inside in entries.items():
        path = known[entry]
        yield (
            _file(entry, inside)
            if path is None
            else f'cp {shlex.quote(str(path.resolve()))} "$D"/{shlex.quote(entry)}'
        )
    yield "pack " + " ".join(map(shlex.quote, [name, *entries]))


def _answered(run: Run, name: str, content: bytes) -> Iterator[str]:
    """The command that lets a host misbehave as it did."""
    manner = run.server.artifacts.manner(name)
    if manner is not WHOLE:
        head, size = manner.sends(f"/{name}", content)
        text = head.replace("\r\n", "\\r\\n")
        yield f"answer {shlex.quote(name)} \\\n  {shlex.quote(text)} {size}"


def _file(name: str, content: bytes) -> str:
    """The command that writes a small file, in lines that are not too long."""
    start = f"file {shlex.quote(name)} '"
    text = base64.b64encode(content).decode()
    first = WIDTH - len(start) - 1
    rest = [text[at : at + WIDTH - 1] for at in range(first, len(text), WIDTH - 1)]
    return start + "\n".join([text[:first], *rest]) + "'"


def _paths(run: Run) -> Mapping[str, Path]:
    """The shared objects that are files, by the digest of their content."""
    return {_digest(path.read_bytes()): path for path in run.server.pool.paths()}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
