"""A repository of plugins, read over HTTP as the server of each generation does."""

import http.server
import shutil
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from kuiper_pack.build.repository import Placed, Plugin, check, lay_out, shelf
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.prebuild import built_in, folder_of, listed
from kuiper_pack.profiles import STABLE, Release, profile, select

SERVERS = [release.text for release in STABLE if profile(release).prebuild != "none"]
GENERATIONS = (*SERVERS[::6], SERVERS[-1])


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def shown(folder: Path) -> Iterator[str]:
    """The URL of a plain web server that shows ``folder``."""
    handler = partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        content: bytes = answer.read()
    return content


def prebuilt(host: str, release: Release, system: str, kind: Kind, arch: str) -> dict[str, str]:
    """What a server of ``release`` lists when ``host`` is its plugin host."""
    folder = f"{host}/{folder_of(release, system, kind)}"
    pages = [fetched(folder).decode()] if built_in(release, kind) is None else []
    return listed(release, kind, [folder], arch, pages)


def plugin(folder: Path, name: str, kind: Kind = Kind.SOURCE, content: bytes = b"") -> Plugin:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-1.0.zip"
    path.write_bytes(content or f"{kind} {name}".encode())
    return Plugin(path, kind, name)


def laid_out(folder: Path, server: str, *plugins: Plugin, image: str | None = None) -> list[Placed]:
    return list(lay_out(folder, shelf(select([server]), image, "amd64"), plugins))


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("server", GENERATIONS)
def test_a_server_of_each_generation_lists_and_gets_what_was_laid_out(
    tmp_path: Path, server: str
) -> None:
    release = Release.parse(server)
    plugins = [
        plugin(tmp_path / "zips", "zmq", Kind.SINK),
        plugin(tmp_path / "zips", "random", Kind.SOURCE),
        plugin(tmp_path / "zips", "echo", Kind.FUNCTION),
    ]
    placed = laid_out(tmp_path / "host", server, *plugins)
    assert all(one.listed for one in placed)
    with shown(tmp_path / "host") as host:
        for one in plugins:
            answer = prebuilt(host, release, "debian", one.kind, "amd64")
            assert fetched(answer[one.name]) == one.path.read_bytes()
            if built_in(release, one.kind) is None:
                assert list(answer) == [one.name]


def test_alpine_has_a_tree_of_its_own(tmp_path: Path) -> None:
    one = plugin(tmp_path / "zips", "random")
    (placed,) = laid_out(tmp_path / "host", "2.4.0", one, image="alpine-python")
    assert placed.path == "kuiper-plugins/2.4.0/alpine/sources/random_amd64.zip"
    with shown(tmp_path / "host") as host:
        answer = prebuilt(host, placed.release, "alpine", Kind.SOURCE, "amd64")
        assert fetched(answer["random"]) == one.path.read_bytes()


def test_a_plugin_that_no_release_knows_is_said_to_be_unlisted(tmp_path: Path) -> None:
    own = plugin(tmp_path / "zips", "tide")
    assert [one.listed for one in laid_out(tmp_path / "a", "2.4.0", own)] == [False]
    assert [one.listed for one in laid_out(tmp_path / "a", "1.4.0", own)] == [True]


def test_what_is_there_stays_and_is_listed(tmp_path: Path) -> None:
    host = tmp_path / "host"
    laid_out(host, "1.4.0", plugin(tmp_path / "zips", "random"))
    other = plugin(tmp_path / "zips", "tide")
    assert [one.change for one in laid_out(host, "1.4.0", other)] == ["added"]
    newer = plugin(tmp_path / "zips", "random", content=b"newer")
    assert [one.change for one in laid_out(host, "1.4.0", newer, other)] == ["replaced", "same"]
    with shown(host) as url:
        answer = prebuilt(url, Release.parse("1.4.0"), "debian", Kind.SOURCE, "amd64")
        assert sorted(answer) == ["random", "tide"]
        assert fetched(answer["random"]) == b"newer"


def test_the_same_packages_give_the_same_tree_in_any_order(tmp_path: Path) -> None:
    one, two = plugin(tmp_path / "zips", "random"), plugin(tmp_path / "zips", "tide")
    laid_out(tmp_path / "a", "1.4.0", one, two)
    laid_out(tmp_path / "b", "1.4.0", two)
    laid_out(tmp_path / "b", "1.4.0", one)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_an_interrupt_leaves_whole_files_and_no_link_to_a_missing_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = tmp_path / "host"
    plugins = [plugin(tmp_path / "zips", name) for name in ("one", "two", "three")]
    laid_out(host, "1.4.0", plugins[0])
    before = tree(host)

    def broken(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes()[:3])
        raise KeyboardInterrupt

    monkeypatch.setattr("kuiper_pack.build.repository.shutil.copyfile", broken)
    with pytest.raises(KeyboardInterrupt):
        laid_out(host, "1.4.0", *plugins)
    assert tree(host) == before
    monkeypatch.undo()
    laid_out(host, "1.4.0", *plugins)
    shutil.rmtree(tmp_path / "zips")
    assert len(tree(host)) == 4


@pytest.mark.parametrize(
    ("server", "image", "message"),
    [
        ("0.5.1", None, "eKuiper 0.5.1 has no /prebuild; leave it out"),
        ("1.6.0", "alpine", "eKuiper 1.6.0 has no /prebuild in an image of Alpine"),
        ("2.4.0", "mine", "the image mine is not one of eKuiper"),
    ],
)
def test_servers_that_would_not_look_there_are_refused(
    server: str, image: str | None, message: str
) -> None:
    with pytest.raises(KuiperPackError, match=message):
        shelf(select([server]), image, "amd64")


def test_what_cannot_be_listed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KuiperPackError, match="a portable plugin; /prebuild lists sources"):
        check([plugin(tmp_path / "zips", "thermo", Kind.PORTABLE)])
    with pytest.raises(KuiperPackError, match='"a b" cannot be listed: letters'):
        check([plugin(tmp_path / "zips", "a b")])
    twice = [plugin(tmp_path / "zips", "random"), plugin(tmp_path / "other", "random")]
    with pytest.raises(KuiperPackError, match=r"source random is .*zips.* already"):
        check(twice)
