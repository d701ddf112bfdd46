"""A failure on one screen: what is required, what was seen, and a script that shows it again."""

import base64
import shlex
import textwrap
from collections.abc import Mapping

from kuiper_pack.suite.exchange import Event, Exchange, Record, curl, is_secret
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Result

_WIDTH = 96
_LINES = 5
_SMALL = 16_000
_PACKAGES = "PACKAGES_OF_THE_SUITE"


def failure(run: Run, result: Result) -> str:
    """The screen for a clause that the server broke."""
    clause = result.clause
    lines = [
        f"{clause.level.name} {clause.id}",
        textwrap.fill(clause.requirement, _WIDTH),
        f"source: {clause.source}",
        result.reason,
        "",
    ]
    lines += [_line(one) for one in result.exchanges[-6:]]
    lines += ["", "# the same again, from a clean server:", script(run, result)]
    return "\n".join(lines)


def script(run: Run, result: Result) -> str:
    """A script for /bin/sh that sends the clause's requests; ``$URL`` may name another server."""
    options, artifacts = run.options, run.server.artifacts
    lines = [f": ${{URL:={shlex.quote(run.client.url)}}}"]
    packages: dict[str, bytes] = {}
    commands = []
    for one in result.exchanges:
        if isinstance(one, Event):
            commands.append(one.shell)
            continue
        packages.update(artifacts.mentioned(one.body or ""))
        commands.append(curl(_portable(run, one), {**options.headers, **_token(options.token)}))
    if any(_PACKAGES in command for command in commands):
        lines += _host(packages, by_http=run.discovery.delivery == "http")
    commands = [one.replace(_PACKAGES, "'\"$PACKAGES\"'") for one in commands]
    return "\n".join(lines + commands)


def _host(packages: Mapping[str, bytes], *, by_http: bool) -> list[str]:
    """Commands that put the packages where the server finds them at ``$PACKAGES``."""
    lines = ["D=$(mktemp -d); trap 'rm -r \"$D\"; kill $H 2>/dev/null' EXIT"]
    for name, content in packages.items():
        if len(content) <= _SMALL:
            text = base64.b64encode(content).decode()
            lines.append(f'printf %s {text} | base64 -d > "$D/{name}"')
        else:
            size = len(content)
            lines.append(f'echo "put {name} ({size} bytes) into $D, then press enter"; read x')
    if by_http:
        lines += [
            ": ${PORT:=18099}",
            'python3 -m http.server "$PORT" --bind 127.0.0.1 --directory "$D" >/dev/null 2>&1 &',
            "H=$!",
            "PACKAGES=http://127.0.0.1:$PORT; sleep 1",
        ]
    else:
        lines.append("PACKAGES=file://$D")
    return lines


def _portable(run: Run, one: Exchange) -> Exchange:
    """The exchange with the address of our artifact host replaced."""
    body = one.body
    if body is not None:
        for base in (run.server.artifacts.http(""), run.server.artifacts.file("")):
            body = body.replace(base.rstrip("/") + "/", _PACKAGES + "/")
    return Exchange(one.key, one.method, one.path, body, one.headers, one.answer)


def _token(token: str | None) -> dict[str, str]:
    return {"Authorization": token} if token else {}


def _line(one: Record) -> str:
    if isinstance(one, Event):
        return "\n  ".join([f"* {one.text}", *one.output.strip().splitlines()[-_LINES:]])
    secret = " (with secret headers)" if any(map(is_secret, one.headers)) else ""
    body = f" {one.body}" if one.body is not None else ""
    sent = textwrap.shorten(f"> {one.method} {one.path}{body}{secret}", 2 * _WIDTH)
    return f"{sent}\n< {textwrap.shorten(Reply(one.answer).got, 2 * _WIDTH)}"
