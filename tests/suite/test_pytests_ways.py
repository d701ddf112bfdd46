"""What pytest can do, the clauses can: many workers, reports, the last failures, a terminal."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from kuiper_pack.package.kind import Kind
from kuiper_pack.server import ReferenceServer
from kuiper_pack.suite.catalogue import clauses
from kuiper_pack.suite.journal import Journal, place
from kuiper_pack.suite.spent import Claims
from tests.suite.killing import Relay
from tests.suite.mutants_list import nothing_is_listed

if sys.platform == "win32":
    pytest.skip("there is no reference server on Windows", allow_module_level=True)

ONLY = "native.list or native.describe or native.restart or http.body.no-text"


def run_pytest(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--pyargs", "kuiper_pack.conformance", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=cwd,
        env={**os.environ, "TMPDIR": str(cwd)},
    )


@pytest.fixture(scope="module")
def broken() -> Iterator[Relay]:
    """A server that lists nothing, and may be restarted."""
    mutant = nothing_is_listed
    with (
        ReferenceServer(mutant.release, make=mutant.make) as server,
        Relay(server.url, server.restart) as relay,
    ):
        yield relay


def told(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_workers_come_to_the_verdicts_of_one_process(
    broken: Relay, tmp_path: Path, journals: Path
) -> None:
    given = [f"--kuiper-url={broken.url}", f"--kuiper-restart-command={broken.restart_command}"]
    given += ["-k", ONLY, "-p", "no:cacheprovider"]
    alone = run_pytest(*given, "--kuiper-report=alone.json", cwd=tmp_path)
    many = run_pytest(*given, "--kuiper-report=many.json", "-n", "2", cwd=tmp_path)
    assert alone.returncode == many.returncode == 1, many.stdout + many.stderr
    first, second = told(tmp_path / "alone.json"), told(tmp_path / "many.json")
    wanted = ("id", "verdict", "reading", "blocked_by")
    assert [[one[name] for name in wanted] for one in second["clauses"]] == [
        [one[name] for name in wanted] for one in first["clauses"]
    ]
    assert (second["choices"], second["summary"]) == (first["choices"], first["summary"])
    assert second["residue"] == []
    assert all(one["exchanges"] for one in second["clauses"] if one["verdict"] == "failed")
    lists = [one for one in second["clauses"] if one["id"].startswith("native.")]
    names = {word for one in lists for word in _names(one)}
    assert len({name[:9] for name in names}) == 2
    assert "packages reach the server by http" in many.stdout
    assert list(tmp_path.glob("kuiper-pack-*")) == []
    assert list(journals.iterdir()) == []


def _names(clause: dict[str, Any]) -> Iterator[str]:
    for exchange in clause["exchanges"]:
        if exchange.get("method") == "POST" and exchange["body"]:
            yield json.loads(exchange["body"])["name"]


def test_an_error_of_the_run_is_told_once_however_many_workers(tmp_path: Path) -> None:
    ran = run_pytest("--kuiper-url=http://127.0.0.1:9", "-n", "2", cwd=tmp_path)
    assert ran.returncode == pytest.ExitCode.INTERRUPTED
    assert ran.stdout.count("nothing listens there") == 1
    assert "told no verdicts" not in ran.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_other_tests_alone_judge_no_server(workers: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text("def test_it(): pass\n")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--kuiper-url=http://127.0.0.1:9", *workers],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert ran.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "1 passed" in ran.stdout
    assert "no clause was judged: only other tests were collected" in ran.stdout
    assert "cleanup" not in ran.stdout


def interrupted(server: ReferenceServer, folder: Path) -> tuple[int, str]:
    """The exit code and the output of two workers that get Ctrl-C when a plugin of theirs is there.

    In the end none is, or the command that removes it is named: xdist ends workers that are slow.
    """
    sinks = server.service.machine.state.native[Kind.SINK]
    command = [sys.executable, "-m", "pytest", "--pyargs", "kuiper_pack.conformance", "-n", "2"]
    with subprocess.Popen(
        [*command, "-p", "no:cacheprovider", "-k", "native.create", f"--kuiper-url={server.url}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
        start_new_session=True,
    ) as process:
        latest = time.monotonic() + 60
        while not {*sinks.values()} - {"$deleted"} and time.monotonic() < latest:
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert {*sinks.values()} <= {"$deleted"} or "kuiper-pack cleanup" in out
    return process.returncode, out


def test_workers_that_are_interrupted_tidy_up(tmp_path: Path, journals: Path) -> None:
    with ReferenceServer("2.4.0") as server:
        code, out = interrupted(server, tmp_path)
    assert code == pytest.ExitCode.INTERRUPTED
    assert any(journals.iterdir()) == ("kuiper-pack cleanup" in out)


def test_interrupted_workers_that_leave_something_name_the_cleanup(
    tmp_path: Path, journals: Path
) -> None:
    with ReferenceServer("2.4.0") as server:
        left = Journal(place(server.url, "kpworker2"), server.url)
        left.open()
        left.close(keep=True)
        _, out = interrupted(server, tmp_path)
        assert f"kuiper-pack cleanup {server.url} removes what they left" in out
    assert left.path in journals.iterdir()


def test_the_last_failures_are_judged_again_and_junit_has_their_exchanges(
    broken: Relay, tmp_path: Path
) -> None:
    given = [f"--kuiper-url={broken.url}", "-k", "native.list", "-x", "--junitxml=junit.xml"]
    ran = run_pytest(*given, cwd=tmp_path)
    again = run_pytest(f"--kuiper-url={broken.url}", "--lf", "-p", "no:terminal", cwd=tmp_path)
    assert (ran.returncode, again.returncode) == (1, 1)
    assert again.stdout == ""
    cases = [*ElementTree.parse(tmp_path / "junit.xml").iter("testcase")]
    assert len(cases) < sum(one.id.startswith("native.list") for one in clauses())
    said = [(one.get("name"), one.get("value")) for one in cases[-1].iter("property")]
    assert ("id", "native.list.installed") in said
    assert ("verdict", "failed") in said
    exchanges = [json.loads(value or "") for name, value in said if name == "exchange"]
    assert [one["method"] for one in exchanges] == ["POST", "GET"]


def test_a_terminal_shows_the_clause_at_work(broken: Relay, tmp_path: Path) -> None:
    import pty

    command = [sys.executable, "-m", "kuiper_pack", "conformance", broken.url]
    primary, secondary = pty.openpty()
    with subprocess.Popen(
        [*command, "--", "-k", "native.list.array"],
        stdin=subprocess.DEVNULL,
        stdout=secondary,
        stderr=secondary,
        cwd=tmp_path,
    ):
        os.close(secondary)
        shown = b""
        while part := _read(primary):
            shown += part
    os.close(primary)
    assert b"\r1/1 native list: a list is an array of names" in shown
    assert b"1 passed" in shown


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # so Linux says that the other side is closed
        return b""


def test_a_name_is_taken_by_one(tmp_path: Path) -> None:
    claims = [Claims(tmp_path) for _ in "ab"]
    assert [one.claim(Kind.SINK.value) for one in claims] == [True, False]
