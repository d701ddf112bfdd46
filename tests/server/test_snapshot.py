"""What --strict promises: a plan is done as a whole or not at all, whatever comes in between."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.profiles import Release
from kuiper_pack.server import Options, Service
from kuiper_pack.server.snapshot import Snapshot
from kuiper_pack.server.store import Store
from tests.server.worlds import ELF, files_below, package

if sys.platform == "win32":
    pytest.skip("there is no reference server on Windows", allow_module_level=True)

RELEASE = Release.parse("2.4.0")
STRICT = Options(strict=True)
TREE = "plugins"


class Killed(BaseException):
    """The process ends here."""


def made(service: Service, name: str, url: str) -> int | None:
    """Create a plugin with a function of its name; the status."""
    body = {"name": name, "file": url, "functions": [name]}
    return service.handle("POST", "/plugins/functions", body=json.dumps(body).encode()).status


@pytest.mark.parametrize(
    ("owner", "step", "kept"),
    [
        (Store, "end", False),
        (Snapshot, "drop", True),
        (Store, "discard", True),
    ],
)
def test_a_kill_around_the_end_of_a_plan_leaves_files_and_store_of_one_state(
    owner: type, step: str, kept: bool, tmp_path: Path
) -> None:
    one, two = (package(tmp_path / f"{n}.zip", **{f"{n}__so": ELF}) for n in ("one", "two"))
    service = Service(RELEASE, tmp_path / "base", STRICT)
    assert made(service, "one", one) == 201
    with patch.object(owner, step, side_effect=Killed), pytest.raises(Killed):
        made(service, "two", two)
    service.machine._store.close()
    names = ["one", *(["two"] if kept else [])]
    again = Service(RELEASE, tmp_path / "base", STRICT)
    try:
        assert sorted(again.machine.state.symbols) == names
        assert sorted(again.machine.state.function_lists) == names
        there = {path for path in files_below(tmp_path / "base") if path.endswith(".so")}
        assert there == {f"plugins/functions/{name}.so" for name in names}
        assert made(again, "three", package(tmp_path / "three.zip", three__so=ELF)) == 201
    finally:
        again.close()


def test_a_refusal_leaves_folders_where_they_are_for_programs_that_run_there(
    tmp_path: Path,
) -> None:
    service = Service(RELEASE, tmp_path / "base", STRICT)
    home = tmp_path / "base" / "plugins" / "portable" / "other"
    home.mkdir()
    before = home.stat().st_ino
    try:
        bad = package(tmp_path / "bad.zip", bad__so=ELF, install__sh=b"exit 3")
        assert made(service, "bad", bad) == 400
        assert home.stat().st_ino == before
    finally:
        service.close()


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "private").mkdir()
    (tmp_path / TREE / "folder").mkdir(parents=True)
    (tmp_path / TREE / "file").write_text("before")
    (tmp_path / TREE / "link").symlink_to("nowhere")
    os.mkfifo(tmp_path / TREE / "folder" / "pipe")
    yield tmp_path


@pytest.mark.parametrize("copies", [False, True])
def test_all_that_a_plan_does_is_undone(root: Path, copies: bool) -> None:
    kept = Snapshot(root, root / "private", (TREE,))
    kept.take(copies=copies)
    tree = root / TREE
    (tree / "file").unlink()
    (tree / "file").mkdir()
    (tree / "file" / "more").write_text("new")
    (tree / "link").unlink()
    (tree / "link").write_text("new")
    (tree / "folder" / "pipe").unlink()
    (tree / "folder").rmdir()
    (tree / "folder").symlink_to(root)
    (tree / "new").write_text("new")
    kept.put_back()
    assert sorted(path.name for path in tree.iterdir()) == ["file", "folder", "link"]
    assert (tree / "file").read_text() == "before"
    assert (tree / "link").readlink() == Path("nowhere")
    assert (tree / "folder" / "pipe").is_fifo()
    assert not [*(root / "private").iterdir()]


def test_a_file_that_a_script_has_written_into_is_as_before(root: Path) -> None:
    kept = Snapshot(root, root / "private", (TREE,))
    kept.take(copies=True)
    (root / TREE / "file").write_text("after")
    kept.put_back()
    assert (root / TREE / "file").read_text() == "before"


def test_a_kill_while_everything_is_put_back_is_made_good(root: Path) -> None:
    kept = Snapshot(root, root / "private", (TREE,))
    kept.take(copies=False)
    (root / TREE / "file").unlink()
    with patch("shutil.copystat", side_effect=Killed), pytest.raises(Killed):
        kept.put_back()
    kept.put_back()
    assert (root / TREE / "file").read_text() == "before"


def test_what_could_not_be_kept_is_said_and_stands_in_no_later_way(root: Path) -> None:
    kept = Snapshot(root, root / "private", (TREE,))
    with (
        patch("os.link", side_effect=PermissionError),
        patch("shutil.copy2", side_effect=PermissionError(13, "Permission denied", "it")),
        pytest.raises(KuiperPackError, match="it: Permission denied: --strict"),
    ):
        kept.take(copies=False)
    kept.take(copies=False)
    kept.drop()
    assert not [*(root / "private").iterdir()]
