"""No name in a package and no link on the disk leads out of where a server may write."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kuiper_pack.client import Client
from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.steps import Failure
from kuiper_pack.server import ReferenceServer
from kuiper_pack.server.files import RealFiles
from tests.server.worlds import ELF, files_below, package_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs openat")

ESCAPES = Failure("path escapes from parent")
DENIED = Failure("permission denied")
NAMES = [
    "../evil",
    "a/../../evil",
    "/evil",
    "out/evil",
    "out",
    "up/evil",
    "deep/link/evil",
    "absolute",
]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A root with links of every kind; what is outside has one file that must stay."""
    base, outside = tmp_path / "base", tmp_path / "outside"
    root = base / "top"
    (root / "deep").mkdir(parents=True)
    (root / "a").mkdir()
    (base / "private").mkdir()
    (base / "private" / "store").write_text("kept")
    outside.mkdir()
    (outside / "kept").write_text("kept")
    (root / "out").symlink_to(outside)
    (root / "up").symlink_to("../../outside")
    (root / "deep" / "link").symlink_to("../../../outside")
    (root / "absolute").symlink_to(root / "a")
    (root / "inside").symlink_to("a")
    (root / "loop").symlink_to("loop")
    (root / "file").symlink_to("../../outside/kept")
    return base


@pytest.fixture
def files(base: Path) -> Iterator[RealFiles]:
    files = RealFiles(str(base), str(base / "private"))
    files.content = lambda _entry, _limit: [b"new"]
    yield files
    files.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_out_is_refused_and_changes_nothing(
    files: RealFiles, base: Path, name: str
) -> None:
    before = sorted(map(str, base.parent.rglob("*")))
    root = str(base / "top")
    tried = [files.create_inside(root, name, 0o644)]
    if not (base / "top" / name).is_symlink():
        tried += [files.make_folder_inside(root, name), files.remove_inside(root, name)]
    assert tried == [ESCAPES] * len(tried)
    assert sorted(map(str, base.parent.rglob("*"))) == before


def test_a_link_that_stays_inside_is_followed(files: RealFiles, base: Path) -> None:
    root = str(base / "top")
    assert files.create_inside(root, "inside/deep/../x", 0o644) == Failure(
        "no such file or directory"
    )
    assert files.create_inside(root, "inside/x", 0o640) is None
    assert files.extract(Entry("x", False, 0o100640, 3)) is None
    assert (base / "top" / "a" / "x").read_bytes() == b"new"
    assert files.remove_inside(root, "inside/x") is None
    assert files.remove_inside(root, "inside") is None  # the link, not what it names
    assert (base / "top" / "a").is_dir()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "empty path"),
        ("loop", "too many levels of symbolic links"),
        ("none/x", "no such file or directory"),
        ("a", "is a directory"),
        ("n" * 300, "file name too long"),
        ("a\0b", "invalid argument"),
        ("file", "path escapes from parent"),
    ],
)
def test_what_cannot_be_created_inside_is_said_in_the_words_of_go(
    files: RealFiles, base: Path, name: str, words: str
) -> None:
    assert files.create_inside(str(base / "top"), name, 0o644) == Failure(words)
    assert (base.parent / "outside" / "kept").read_text() == "kept"


@pytest.mark.parametrize(
    "path",
    ["outside/new", "base/top/out/new", "base/top/file", "base/private/store", "base/private/n"],
)
def test_nothing_outside_can_be_written_or_removed_by_any_path(
    files: RealFiles, base: Path, path: str
) -> None:
    before = sorted(map(str, base.parent.rglob("*")))
    where = str(base.parent / path)
    assert files.create(where, 0o644) == DENIED
    assert files.remove(where) == DENIED
    if os.path.lexists(where):
        assert files.remove_tree(where) == DENIED
    else:
        assert files.make_folders(where) == Failure("permission denied", where)
    assert sorted(map(str, base.parent.rglob("*"))) == before
    assert (base.parent / "outside" / "kept").read_text() == "kept"


def test_not_even_the_folder_of_the_server_can_be_removed(files: RealFiles, base: Path) -> None:
    for path in (base, base.parent, base / "private", Path("/")):
        assert files.remove_tree(str(path)) == DENIED
    assert (base / "private" / "store").read_text() == "kept"


@pytest.mark.parametrize("release", ["0.9.1", "1.4.4", "1.14.7", "2.0.8", "2.2.0", "2.4.0"])
def test_a_package_cannot_write_outside_the_folder_of_the_server(
    release: str, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    far = "../" * 20 + str(tmp_path).lstrip("/") + "/evil"
    url = package_of(
        tmp_path / "s.zip", {"s.so": ELF, "../../../../../evil": b"x", far: b"x", "/evil": b"x"}
    )
    with ReferenceServer(release, data=base) as server:
        Client(server.url).create(Kind.SINK, "s", url)
    assert not [path for path in tmp_path.rglob("evil") if base not in path.parents]
    assert not Path("/evil").exists()


def test_what_a_release_writes_beside_its_folders_is_still_below_its_own(tmp_path: Path) -> None:
    url = package_of(tmp_path / "s.zip", {"s.so": ELF, "../../../../seen": b"x"})
    with ReferenceServer("1.14.7", data=tmp_path / "base") as server:
        assert Client(server.url).create(Kind.SINK, "s", url).status == 201
    assert (tmp_path / "base" / "seen").read_bytes() == b"x"
    assert "plugins/sinks/s.so" in files_below(tmp_path / "base")
