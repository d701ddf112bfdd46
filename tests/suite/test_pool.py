"""Plugins for servers that load shared objects: built once, each used once, and said before."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import NEWEST, Release, profile
from kuiper_pack.server import Options as ServerOptions
from kuiper_pack.server import ReferenceServer, Reply, Service
from kuiper_pack.server.messages import Asked, text_reply
from kuiper_pack.suite.go_compiler import GoCompiler
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.pool import CAPABILITY, BuiltPool, ReadyPool, needed
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.shelf import Shelf
from kuiper_pack.suite.spent import Spent
from kuiper_pack.suite.verdict import Blocked, Verdict
from tests.server.hosts import no_processes
from tests.shared_objects import ELF
from tests.suite.judging import clauses, ids, judge
from tests.suite.socketless import Socketless

URL = "http://127.0.0.1:9081"
HASTY: dict[str, Any] = {"watched_for": 0.2, "ends_within": 4.0}
"""What is enough for servers in this process."""


class Fake:
    """Makes what the ``elf`` loader takes for shared objects; keeps what it was asked for."""

    def __init__(self, folder: Path, key: str = "go") -> None:
        self.folder = folder
        self.key = key
        self.asked: list[str] = []
        self.gate = threading.Barrier(1)

    def compile(self, names: Sequence[str]) -> Iterator[tuple[str, Path]]:
        self.gate.wait(20)
        for name in names:
            self.asked.append(name)
            if name == "broken":
                raise KuiperPackError("it is broken")
            file = self.folder / f"{name}-{id(self)}"
            file.write_bytes(ELF + name.encode() * 1000)
            yield name, file


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Stands in for Go."""
    made = Fake(tmp_path)
    monkeypatch.setattr("kuiper_pack.suite.go_compiler.GoCompiler", lambda *_: made)
    return made


def loading(**more: object) -> ReferenceServer:
    """A server that loads shared objects, each once."""
    return ReferenceServer("2.4.0", loader="elf", **more)  # type: ignore[arg-type]


def quiet(_done: int, _all: int) -> None:
    pass


def test_as_many_plugins_are_built_as_is_said_before_and_not_one_later(fake: Fake) -> None:
    with (
        no_processes(),
        loading() as server,
        Run(Options(server.url, native="build", **HASTY)) as run,
    ):
        told: list[tuple[int, int]] = []
        said = run.prepare(clauses(), lambda *counts: told.append(counts))
        number = 1 + needed(filter(run.tries, clauses()))
        assert said == [
            f"{number} shared objects of their own are used, {number} of them built now"
        ]
        assert told == [(done, number) for done in range(number + 1)]
        run.judge_all({one: partial(test, run.server) for one, test in clauses().items()})
    assert len(fake.asked) == number
    assert ids(run, Verdict.FAILED, Verdict.BLOCKED) == set()


def test_a_second_run_on_the_same_server_uses_other_plugins(fake: Fake) -> None:
    with loading() as server:
        for _ in range(2):
            run = judge(server.url, native="build", wanted=lambda one: "create" in one.id)
            assert ids(run, Verdict.FAILED, Verdict.BLOCKED) == set()
    assert len(fake.asked) == len({*fake.asked}) > needed([])


def test_a_second_run_on_another_server_builds_nothing(fake: Fake) -> None:
    for _ in range(2):
        with loading() as server:
            judge(server.url, native="build", wanted=lambda one: one.id == "native.create.status")
    assert len(fake.asked) == 1


def test_what_decides_the_bytes_decides_where_they_are_kept() -> None:
    keys = {
        GoCompiler(Release.parse(release), arch, {"CC": command}).key
        for release in ("2.4.0", "2.3.0", "2.0.8")
        for arch in ("amd64", "arm64")
        for command in ("gcc", "musl-gcc")
    }
    assert len(keys) == 12
    twins = {GoCompiler(Release.parse(one), "amd64", {}).key for one in ("2.0.5", "2.0.8")}
    assert len(twins) == 1


def test_runs_that_build_at_the_same_time_get_whole_files(tmp_path: Path) -> None:
    both = threading.Barrier(2)
    names = [f"p{number}" for number in range(20)]
    made = []

    def build(folder: Path) -> None:
        folder.mkdir()
        compiler = Fake(folder)
        compiler.gate = both
        made.append(Shelf(compiler).fill(names))

    threads = [threading.Thread(target=build, args=(tmp_path / word,)) for word in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [20, 20]
    shelf = Shelf(Fake(tmp_path))
    for name in names:
        assert shelf.read(name).endswith(name.encode() * 1000)
    kept = shelf.path("p0").parent
    assert sorted(path.stem for path in kept.iterdir()) == sorted(names)


def test_a_build_that_fails_keeps_what_was_built(tmp_path: Path) -> None:
    shelf = Shelf(Fake(tmp_path))
    with pytest.raises(KuiperPackError, match="it is broken"):
        shelf.fill(["fine", "broken", "never"])
    assert [path.name for path in shelf.path("fine").parent.iterdir()] == ["fine.so"]
    assert shelf.fill(["fine"]) == 0


def test_a_cache_that_cannot_be_written_is_one_line_that_says_where_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KUIPER_PACK_CACHE", str(tmp_path / "file"))
    with pytest.raises(KuiperPackError, match=r"file.*: .*: set KUIPER_PACK_CACHE"):
        Shelf(Fake(tmp_path)).fill(["p"])
    with pytest.raises(KuiperPackError, match=r"file.*: .*: set KUIPER_PACK_CACHE"):
        Spent(URL, None).claim("p")


@pytest.mark.parametrize(
    ("uptime", "is_spent"), [(None, True), (1000.0, True), (99.0, False), (0, False)]
)
def test_a_plugin_is_spent_as_long_as_the_process_lives(
    uptime: float | None, is_spent: bool, tmp_path: Path
) -> None:
    assert Spent(URL, 1000.0).claim("p")
    (path,) = (tmp_path / "cache" / "spent").glob("*/p")
    long_ago = time.time() - 500
    os.utime(path, (long_ago, long_ago))
    spent = Spent(URL, uptime)
    assert ("p" in spent) == is_spent
    assert spent.claim("p") == (not is_spent)
    assert "p" not in Spent("http://127.0.0.1:9082", uptime)


def test_two_runs_at_a_time_never_take_the_same_plugin(tmp_path: Path) -> None:
    pools = [BuiltPool(Shelf(Fake(tmp_path)), {"kuiperPackPool002"}, Spent(URL, 1)) for _ in "ab"]
    names = [pool.take(Kind.SINK).name for _ in range(3) for pool in pools]
    assert names == [f"kuiperPackPool00{number}" for number in (1, 3, 4, 5, 6, 7)]


@pytest.mark.parametrize(
    ("release", "remedy"),
    [("2.4.0", "build them with --kuiper-native build"), ("1.14.7", "add more, each with its")],
)
def test_a_folder_that_runs_short_blocks_with_what_mends_it(
    release: str, remedy: str, tmp_path: Path
) -> None:
    for number in range(3):
        (tmp_path / f"kpready{number}.so").write_bytes(ELF + bytes([number]))
    given: dict[str, Any] = {"native": str(tmp_path), "delivery": "file"}
    with Socketless(release, loader="elf") as server:
        run = judge(server.url, **given, **HASTY)
        again = judge(server.url, **given, **HASTY)
    assert ids(run, Verdict.FAILED) == ids(again, Verdict.FAILED) == set()
    result = again.results["native.create.status"]
    assert (result.verdict, result.blocked_by) == (Verdict.BLOCKED, CAPABILITY)
    assert f"no sink is left in {tmp_path}: {remedy}" in result.reason
    assert "start the server anew" in result.reason


def test_a_folder_serves_a_server_that_loads_nothing_again_and_again(tmp_path: Path) -> None:
    (tmp_path / "kpready.so").write_bytes(b"anything")
    for _ in range(2):
        pool = ReadyPool(tmp_path, (), None, "")
        assert pool.take(Kind.SINK).name == "kpready"
        with pytest.raises(Blocked):
            pool.take(Kind.SINK)


@pytest.mark.parametrize(
    ("release", "what"),
    [
        ("2.4.0", "have them built with --kuiper-native build, or give ready ones with"),
        ("1.14.7", "give ready ones with --kuiper-native DIR"),
    ],
)
def test_without_an_option_it_is_said_which_one_brings_plugins(release: str, what: str) -> None:
    with ReferenceServer(release, loader="elf") as server, Run(Options(server.url)) as run:
        assert f"the server loads shared objects: {what}" in run.discovery.notes[-1]
        assert run.prepare(clauses(), quiet) == []


def test_plugins_of_1_x_cannot_be_built_out_of_their_tree(journals: Path) -> None:
    with (
        ReferenceServer("1.14.7", loader="elf") as server,
        pytest.raises(KuiperPackError) as caught,
    ):
        Run(Options(server.url, native="build"))
    assert "built in its source tree: give a folder" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [*journals.iterdir()] == []


def test_a_server_that_loads_nothing_needs_no_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with ReferenceServer("1.4.4") as server, Run(Options(server.url, native="build")) as run:
        assert run.prepare(clauses(), quiet) == []
        assert run.server.take(Kind.SINK).name.startswith(run.server.prefix)


class OfAnotherGo(Service):
    """Refuses shared objects as a server of another Go does."""

    def create(self, asked: Asked, kind: str) -> Reply:
        reply = super().create(asked, kind)
        if reply.status != 201:
            return reply
        words = 'plugin.Open("p"): plugin was built with a different version of package net'
        return text_reply(400, f'{{"error":1000,"message":"{words}"}}\n')


def test_what_was_built_for_another_server_blocks_and_fails_nothing(fake: Fake) -> None:
    with (
        no_processes(),
        loading(make=OfAnotherGo) as server,
        Run(Options(server.url, native="build", **HASTY)) as run,
    ):
        (said,) = run.prepare(clauses(), quiet)
        run.judge_all({one: partial(test, run.server) for one, test in clauses().items()})
    assert "different version of package net" in said
    assert "native.create.accepted" not in ids(run, Verdict.FAILED)
    assert run.results["native.create.accepted"].blocked_by == CAPABILITY


class Ending(Service):
    """Ends when it loads a shared object."""

    def create(self, asked: Asked, kind: str) -> Reply:
        reply = super().create(asked, kind)
        if reply.status != 201:
            return reply
        self.machine.performer.exit_code = 2
        return Reply(None)


def test_a_server_that_ends_over_a_plugin_is_one_line(fake: Fake) -> None:
    with (
        loading(make=Ending) as server,
        Run(Options(server.url, native="build", timeout=5)) as run,
        pytest.raises(KuiperPackError, match="name its release with --kuiper-server"),
    ):
        server.service.options = server.options = ServerOptions(loader="elf", exit_delay=0.0)
        run.prepare(clauses(), quiet)


def command(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "kuiper_pack", "conformance", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


ONE_CLAUSE = ("--", "-k", "native.create.duplicate-name")


@pytest.mark.parametrize("missing", ["go", "cc"])
def test_what_building_needs_and_is_missing_is_one_line(missing: str, tmp_path: Path) -> None:
    (tmp_path / "go").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "go").chmod(0o755)
    folder = {"go": "nowhere", "cc": str(tmp_path)}[missing]
    with loading() as server:
        told = command(server.url, "--native=build", *ONE_CLAUSE, PATH=folder, CC="nonesuch")
    printed = told.stdout + told.stderr
    (line,) = [line for line in printed.splitlines() if line.startswith("ERROR")]
    assert told.returncode == 2
    assert {"go": "install Go 1.21 or later", "cc": "set CC"}[missing] in line
    assert "--kuiper-native DIR" in line
    assert "shared objects are built" not in printed


@pytest.mark.go
def test_what_go_builds_is_taken_by_the_command_and_kept_for_the_next(tmp_path: Path) -> None:
    printed = []
    for _ in range(2):
        with loading() as server:
            done = command(server.url, "--native", "build", *ONE_CLAUSE)
        assert done.returncode == 0, done.stdout + done.stderr
        printed.append(done.stdout)
    assert "kuiper: 5 shared objects of their own are used, 5 of them built now\n" in printed[0]
    assert "kuiper: 5 shared objects of their own are used\n" in printed[1]


HOST = """
package main

import (
	"fmt"
	"os"
	"plugin"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

func main() {
	for _, path := range os.Args[1:] {
		opened, err := plugin.Open(path)
		if err != nil {
			panic(err)
		}
		found, err := opened.Lookup("KuiperPackPool00" + path[len(path)-4:len(path)-3])
		if err != nil {
			panic(err)
		}
		_, source := found.(api.Source)
		_, sink := found.(api.Sink)
		_, function := found.(api.Function)
		fmt.Println(source, sink, function)
	}
}
"""


@pytest.mark.go
@pytest.mark.skipif(sys.platform != "linux", reason="plugins are built for Linux")
def test_one_process_opens_several_of_them_as_any_kind(tmp_path: Path) -> None:
    compiler = GoCompiler(NEWEST)
    shelf = Shelf(compiler)
    names = [f"kuiperPackPool00{number}" for number in (1, 2, 3)]
    assert shelf.fill(names) == 3
    for name, text in compiler.module().items():
        (tmp_path / name).write_text(text)
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "host.go").write_text(HOST)
    host = subprocess.run(
        ["go", "run", "-trimpath", "./host", *(str(shelf.path(name)) for name in names)],
        cwd=tmp_path,
        env={
            **os.environ,
            "GOTOOLCHAIN": f"go{profile(NEWEST).go}",
            "GOFLAGS": "",
            "CGO_ENABLED": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert host.stdout.splitlines() == ["true true true"] * 3, host.stderr
