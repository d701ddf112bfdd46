"""For packages made from a seed the reference server does what the planner predicts."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import package_of_bytes
from kuiper_pack.planner import Assumptions, Request, predict
from kuiper_pack.planner.folders import Folders
from kuiper_pack.planner.steps import Failure, ScriptResult
from kuiper_pack.profiles import Release
from kuiper_pack.server import Options, Service
from kuiper_pack.server.performer import NOT_ALLOWED
from tests.proof.packages import BAD_PROGRAM, Case, cases
from tests.server.stand_in import interpreter
from tests.shared_objects import ELF
from tests.suite.socketless import IN_MEMORY

NATIVE = (Kind.SOURCE, Kind.SINK, Kind.FUNCTION)
NOT_RUN = ScriptResult(NOT_ALLOWED, "", f"{NOT_ALLOWED}\n")


@dataclass(frozen=True)
class Seen:
    """What came of a request: the answer, and what is there that was not."""

    status: int | None
    text: str
    added: frozenset[str]


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder in which no write waits for a disk."""
    with TemporaryDirectory(prefix="kuiper-pack-", dir=IN_MEMORY) as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    ("release", "kinds"),
    [
        *((one, NATIVE) for one in ("0.9.1", "1.1.2", "1.4.4", "1.10.2", "1.14.7", "2.0.8")),
        ("2.4.0", NATIVE),
        *((one, (Kind.PORTABLE,)) for one in ("1.4.4", "1.14.7", "2.0.8", "2.4.0")),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0].value,
)
def test_what_is_predicted_is_what_happens(
    release: str, kinds: tuple[Kind, ...], tmp_path: Path, in_memory: Path
) -> None:
    differences = {}
    accepted = 0
    python = interpreter(tmp_path / "python")
    for number, case in enumerate(cases(kinds, 45, "server", "s")):
        folder = in_memory / str(number)
        folder.mkdir()
        path = folder / "package.zip"
        data = case.archive(ELF, str(python))
        path.write_bytes(data)
        request = Request(case.name, path.as_uri(), case.functions, case.shell_paras)
        seen = happened(Release.parse(release), case.kind, request, folder / "base", python)
        foreseen = foretold(Release.parse(release), case, request, data)
        accepted += seen.status == 201
        if foreseen is not None and seen != foreseen:
            differences[case.key, case.what] = (seen, foreseen)
    assert differences == {}
    assert accepted


def happened(release: Release, kind: Kind, request: Request, base: Path, python: Path) -> Seen:
    """What the server does."""
    service = Service(release, base, Options(python=python))
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
        assume=Assumptions(script=NOT_RUN, start=_ends(case) if case.has(BAD_PROGRAM) else None),
    )
    added = frozenset(prediction.writes if prediction.status == 201 else prediction.left)
    return Seen(prediction.status, prediction.text, added)


def _ends(case: Case) -> Failure:
    """What becomes of a program that ends at once."""
    path = f"{Folders().plugins}/portable/{case.name.strip(' ')}/main.py"
    return Failure(f"plugin {path} control handshake error: receive time out")


def listing(base: Path) -> set[str]:
    """Files, and folders that hold nothing, with a slash."""
    found = set()
    for folder, folders, files in os.walk(base):
        found |= {f"{folder}/{name}" for name in files}
        if not folders and not files:
            found.add(f"{folder}/")
    return {path for path in found if "/.kuiper-pack/" not in path}
