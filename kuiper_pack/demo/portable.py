"""A portable plugin on the server: it runs as a process there, and a rule gets rows through it."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kuiper_pack.client import Client
from kuiper_pack.client.answer import Answer
from kuiper_pack.demo.step import Result, Step
from kuiper_pack.package.kind import Kind

_WITHIN, _PAUSE = 10.0, 0.02
_STREAM, _RULE = "counted", "greets"


def used(client: Client, package: Path) -> Iterator[Step]:
    """Install ``package``, the miniplugin, let a rule use all it has, and drop everything."""
    name = package.stem
    yield _sent(client, "POST", "/plugins/portables", {"name": name, "file": package.as_uri()})
    stream = f'CREATE STREAM {_STREAM} () WITH (TYPE="{name}Count", CONF_KEY="default")'
    yield _sent(client, "POST", "/streams", {"sql": stream})
    rows = package.with_suffix(".rows")
    rule = {
        "id": _RULE,
        "sql": f"SELECT {name}Echo(number) AS said FROM {_STREAM}",  # noqa: S608 - no database reads it
        "actions": [{f"{name}Lines": {"path": str(rows)}}],
    }
    yield _sent(client, "POST", "/rules", rule)
    yield _first(rows)
    yield _sent(client, "GET", f"/plugins/portables/{name}/status")
    for path in (f"/rules/{_RULE}", f"/streams/{_STREAM}", f"/plugins/portables/{name}"):
        yield _sent(client, "DELETE", path)
    gone = client.describe(Kind.PORTABLE, name)
    yield _told(f"curl {client.url}/plugins/portables/{name}", gone, right=gone.status == 404)


def _sent(client: Client, method: str, path: str, body: Any = None) -> Step:
    answer = client.send(method, path, json=body)
    data = "" if body is None else f"-d '{json.dumps(body)}' "
    verb = f"-X {method} " if method == "DELETE" else ""
    return _told(f"curl {verb}{data}{client.url}{path}", answer, right=answer.ok)


def _told(command: str, answer: Answer, *, right: bool) -> Step:
    result = Result.DONE if right else Result.FAILED
    return Step(command, (f"{answer.status} {answer.text.strip()}",), result)


def _first(rows: Path) -> Step:
    """The first row that the rule has written."""
    latest = time.monotonic() + _WITHIN
    lines: list[str] = []
    while not lines and time.monotonic() < latest:
        time.sleep(_PAUSE)
        lines = rows.read_text().splitlines(keepends=True) if rows.exists() else []
        lines = [line.strip() for line in lines if line.endswith("\n")]
    right = bool(lines) and json.loads(lines[0]).keys() == {"said"}
    said = lines[0] if lines else f"no row within {_WITHIN:g} seconds"
    return Step(f"head -1 {rows.name}", (said,), Result.DONE if right else Result.FAILED)
