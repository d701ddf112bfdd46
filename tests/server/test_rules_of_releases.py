"""Streams and rules answer as real servers of six releases did, over two restarts.

Each line of ``tests/data/rules/steps.jsonl`` is a request and what the releases answered, measured
on whole servers with native plugins; what operators count, and times, are 0 there.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from kuiper_pack.profiles import Release
from kuiper_pack.server import Service
from tests.server.replay import counted
from tests.shared_objects import ELF

STEPS = Path(__file__).parent.parent / "data" / "rules" / "steps.jsonl"
RELEASES = ("2.4.0", "2.0.8", "1.14.7", "1.10.2", "1.4.4", "0.9.1")


@pytest.mark.parametrize("release", RELEASES)
def test_streams_and_rules_answer_as_the_real_servers(release: str, tmp_path: Path) -> None:
    service = Service(Release.parse(release), tmp_path / "server")
    differences = {}
    try:
        for line in STEPS.read_text(encoding="utf-8").splitlines():
            step = json.loads(line)
            if "restart" in step:
                service.restart()
                continue
            body = _body(release, step.get("body"), tmp_path)
            reply = service.handle(step["method"], step["path"], body=body)
            text = reply.body.decode("utf-8")
            seen = [reply.status, reply.headers.get("Content-Type", ""), _comparable(text)]
            for releases, status, kind, said in step["answers"]:
                if release in releases and seen != [status, kind, _comparable(said)]:
                    differences[step["id"]] = (seen, [status, kind, _comparable(said)])
    finally:
        service.close()
    assert differences == {}


def _body(release: str, body: Any, folder: Path) -> bytes:
    if isinstance(body, dict):
        kind, name, functions = body["install"]
        path = folder / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as package:
            package.writestr(f"{name}.so", ELF + name.encode())
            if kind == "sources":
                package.writestr(f"{name}.yaml", "default: {}\n")
        made = {"name": name, "file": f"file://{path}", "functions": functions or []}
        return json.dumps(made).encode()
    text = body or ""
    if release == "0.9.1":  # which has neither a memory source nor a memory sink
        text = text.replace('TYPE=\\"memory\\"', 'TYPE=\\"alphasrc\\"')
        text = text.replace('type=\\"memory\\"', 'type=\\"alphasrc\\"').replace("memory", "log")
    return text.encode()


def _comparable(text: str) -> object:
    if text.startswith('["'):
        return sorted(json.loads(text))
    return counted(text)
