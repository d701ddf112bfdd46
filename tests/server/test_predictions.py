"""For packages made from a seed the reference server does what the planner predicts."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import package_of_bytes
from kuiper_pack.planner import Assumptions, Request, predict
from kuiper_pack.planner.steps import ScriptResult
from kuiper_pack.profiles import Release
from kuiper_pack.server import Service
from kuiper_pack.server.performer import NOT_ALLOWED
from tests.proof.packages import Case, cases
from tests.shared_objects import ELF

NATIVE = (Kind.SOURCE, Kind.SINK, Kind.FUNCTION)


@dataclass(frozen=True)
class Seen:
    """What came of a request: the answer, and what is there that was not."""

    status: int | None
    text: str
    added: frozenset[str]


@pytest.mark.parametrize(
    "release", ["0.9.1", "1.1.2", "1.4.4", "1.10.2", "1.14.7", "2.0.8", "2.4.0"]
)
def test_what_is_predicted_is_what_happens(release: str, tmp_path: Path) -> None:
    differences = {}
    accepted = 0
    for number, case in enumerate(cases(NATIVE, 45, "server", "s")):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / "package.zip"
        data = case.archive(ELF, "python")
        path.write_bytes(data)
        request = Request(case.name, path.as_uri(), case.functions, case.shell_paras)
        seen = happened(Release.parse(release), case.kind, request, folder / "base")
        foreseen = foretold(Release.parse(release), case, request, data)
        accepted += seen.status == 201
        if foreseen is not None and seen != foreseen:
            differences[case.key, case.what] = (seen, foreseen)
    assert differences == {}
    assert accepted


def happened(release: Release, kind: Kind, request: Request, base: Path) -> Seen:
    """What the server does."""
    service = Service(release, base)
    try:
        before = listing(base)
        body = {
            "name": request.name,
            "file": request.file,
            "functions": request.functions,
            "shellParas": request.shell_paras,
        }
        reply = service.handle("POST", f"/plugins/{kind.plural}", body=json.dumps(body).encode())
        shown = service.machine.folders.shown
        return Seen(
            reply.status,
            shown(reply.body.decode("utf-8", "surrogateescape")),
            frozenset(
                shown(path)
                for path in listing(base) - before
                if reply.status != 201 or not path.endswith("/")
            ),
        )
    finally:
        service.close()


def foretold(release: Release, case: Case, request: Request, data: bytes) -> Seen | None:
    """What the planner says; None for what is no package at all."""
    try:
        package = package_of_bytes(data, kind=case.kind, name=case.name)
    except KuiperPackError:
        return None
    prediction = predict(
        package,
        release,
        request,
        assume=Assumptions(script=ScriptResult(NOT_ALLOWED)),
    )
    added = frozenset(prediction.writes if prediction.status == 201 else prediction.left)
    return Seen(prediction.status, prediction.text, added)


def listing(base: Path) -> set[str]:
    """Files, and folders that hold nothing, with a slash."""
    found = set()
    for folder, folders, files in os.walk(base):
        found |= {f"{folder}/{name}" for name in files}
        if not folders and not files:
            found.add(f"{folder}/")
    return {path for path in found if "/.kuiper-pack/" not in path}
