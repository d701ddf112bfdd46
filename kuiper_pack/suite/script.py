"""A shell script that shows a failure again, from a clean server to the answer."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from kuiper_pack.client.headers import is_secret
from kuiper_pack.suite.exchange import Event, Exchange, Record
from kuiper_pack.suite.manners import WHOLE
from kuiper_pack.suite.packing import FILE, PACK, TEXT, Folder, line
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.subject import UPLOAD
from kuiper_pack.suite.verdict import Result

Places = Mapping[str, Sequence[str]]
"""Variables of the shell, with the URLs that each stands for."""
_PLACE = "PLACE_OF_THE_PACKAGES_"
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
upload() { # NAME of a file in $D; $U is where the server has it
  A=$(send POST /config/uploads -F "uploadFile=@$D/$1"); printf '%s\\n' "$A"
  U=file://$(printf %s "$A" | tail -n 1 | tr -d '\\r'); U=${U%/*}
}"""
_NO_PACKAGE = [': >"$D/none"', "upload none"]
"""Where no package is needed, where it would be is."""


def script(run: Run, result: Result) -> str:
    """A script for /bin/sh that sends the requests of the clause and prints the answers.

    ``$URL`` may name another server; secrets are taken from the environment. It comes to an end
    whatever the server does, but for a restart by hand. Files that are too large for it are those
    of this machine.
    """
    records, folder = result.exchanges, Folder(run.server.pool.paths())
    packages: list[str] = []
    commands: list[str] = []
    mentioned = _mentioned(run, records)
    for name, content in mentioned.items():
        packages += folder.put(name, content)
    for name, content in mentioned.items():
        packages += _answered(run, name, content)
    places = _places(run, records)
    for one in records:
        if isinstance(one, Event):
            for name, content in one.files.items():
                commands += folder.put(name, content)
        commands += [said] if (said := _command(one, places)) else []
    secrets, headers = _headers(run)
    if (expired := run.options.expired_token) and any(expired in one for one in commands):
        secrets.append(': "${EXPIRED_TOKEN:?a token that has expired}"')
        quoted = shlex.quote(expired)
        commands = [one.replace(quoted, '"$EXPIRED_TOKEN"') for one in commands]
    wants = {place for place in places if any(f'"${place}"' in one for one in commands)}
    by_http = any(
        isinstance(one, Exchange) and run.server.artifacts.http("") in (one.body or "")
        for one in records
    )
    if "P" in wants:
        odd = any(one.startswith("answer ") for one in packages)
        packages += [_BY_FILE if not by_http else _BY_ODD_HTTP if odd else _BY_HTTP]
    if "U" in wants and run.discovery.delivery == UPLOAD:
        here = {name for one in records if isinstance(one, Event) for name in one.files}
        before = [f"upload {shlex.quote(name)}" for name in mentioned if name not in here]
        packages += before or ([] if here else _NO_PACKAGE)
    used = {one.split()[0] for one in packages + commands}
    lines = [f"URL=${{URL:-{shlex.quote(run.client.url)}}}", *secrets]
    lines += [_SEND.format(headers=headers)]
    lines += [_SEND_JSON] if "json" in used else []
    lines += [_AWAIT] if "restart" in used or by_http else []
    if "restart" in used:
        if command := run.options.restart_command:
            lines.append(f"RESTART=${{RESTART:-{shlex.quote(command)}}}")
        lines.append(_RESTART)
    lines += folder.start if packages or "upload" in used else []
    helpers = {"file": FILE, "text": TEXT, "pack": PACK, "answer": _ANSWER, "upload": _UPLOAD}
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


def _command(one: Record, places: Places) -> str:
    """What sends a request again, or brings about an event."""
    if isinstance(one, Event):
        return one.shell
    target, body = f"{one.method} {shlex.quote(one.path)}", _portable(one.body, places)
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
    return line(*words)


def _places(run: Run, records: Sequence[Record]) -> Places:
    """Where the packages are: for ``$P`` on this machine, for ``$U`` what was uploaded."""
    artifacts, way = run.server.artifacts, run.server.delivery
    uploads = [way.link("")] if way and way.word == UPLOAD else []
    uploads += [
        f"file://{one.output.rpartition('/')[0]}"
        for one in records
        if isinstance(one, Event) and one.files and "/" in one.output
    ]
    return {"P": [artifacts.http(""), artifacts.file("")], "U": uploads}


def _portable(body: str | None, places: Places) -> str | None:
    """The body as a word of the shell, with variables for the places of the packages."""
    if body is None:
        return None
    for variable, bases in places.items():
        for base in bases:
            body = body.replace(f"{base.rstrip('/')}/", f"{_PLACE}{variable}/")
    quoted = "'" + body.replace("'", "'\"'\"'") + "'"
    return re.sub(f"{_PLACE}([A-Z])/", "'\"$\\1\"'/", quoted)


def _mentioned(run: Run, records: Sequence[Record]) -> dict[str, bytes]:
    """The packages that the requests name."""
    bodies = [one.body or "" for one in records if isinstance(one, Exchange)]
    return {
        name: content for body in bodies for name, content in run.server.artifacts.mentioned(body)
    }


def _answered(run: Run, name: str, content: bytes) -> Iterator[str]:
    """The command that lets a host misbehave as it did."""
    manner = run.server.artifacts.manner(name)
    if manner is not WHOLE:
        head, size = manner.sends(f"/{name}", content)
        text = head.replace("\r\n", "\\r\\n")
        yield f"answer {shlex.quote(name)} \\\n  {shlex.quote(text)} {size}"
