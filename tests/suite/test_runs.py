"""Sound servers pass, whatever pytest is told; what cannot be judged is said in one line."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import jsonschema
import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.schemas import load
from kuiper_pack.server import ReferenceServer
from kuiper_pack.suite.clause import (
    CAPABILITIES,
    MAY,
    MUST,
    SHOULD,
    TOKENS,
    clause,
    clause_of,
    fingerprint,
)
from kuiper_pack.suite.document import document
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.packages import Plugin
from kuiper_pack.suite.pool import StubPool, needed
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import LONG, clauses, ids, judge, named
from tests.suite.socketless import Socketless
from tests.suite.twins import BY_FILE
from tests.suite.web import web

FAILING = (Verdict.FAILED, Verdict.BLOCKED, Verdict.UNEXPECTED_PASS, Verdict.KNOWN_FAILURE)


def unexplained(run: Run) -> dict[str, str]:
    """What is not well, but for what stands on a known defect, with the reasons."""
    defects = ids(run, Verdict.KNOWN_DEFECT)
    found = [run.results[name] for name in ids(run, *FAILING)]
    return {one.clause.id: one.reason for one in found if one.blocked_by not in defects}


def kuiper_pack(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "kuiper_pack", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=cwd,
    )


@contextmanager
def answering(status: int, body: bytes, post: tuple[int, bytes] | None = None) -> Iterator[str]:
    """A server that says the same to everything, or something else to all POSTs."""

    class Same(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            line = self.rfile.readline(65537)
            self.close_connection = True
            code, text = post if post and line.startswith(b"POST") else (status, body)
            head = f"HTTP/1.1 {code} X\r\nContent-Length: {len(text)}\r\n\r\n".encode()
            self.wfile.write(head + text)

    with web(Same) as url:
        yield url


@pytest.mark.parametrize(
    ("release", "make"),
    [
        ("2.4.0", ReferenceServer),
        ("1.14.7", Socketless),
        ("1.4.4", Socketless),
        ("0.9.1", Socketless),
        ("0.3.2", ReferenceServer),
    ],
)
def test_a_reference_server_breaks_nothing_but_what_its_release_breaks(
    release: str, make: type[ReferenceServer], journals: Path
) -> None:
    with make(release) as server:
        run = judge(server, delivery="auto" if make is ReferenceServer else "file")
        left = list(server.service.machine.state.native[Kind.SINK].values())
    assert unexplained(run) == {}
    assert run.discovery.identity.judged.text == release
    if server.service.profile.marks_deleted:
        assert set(left) <= {"$deleted"}
    assert run.residue == []
    assert list(journals.iterdir()) == []
    jsonschema.validate(document(run.outcome, list(clauses())), load("conformance"))


def test_a_server_by_the_letter_of_the_documentation_passes() -> None:
    with Socketless("2.4.0", strict=True) as server:
        run = judge(server, level="should", delivery="file")
    assert unexplained(run) == {}
    with ReferenceServer("2.4.0", strict=True) as server:
        fetched = judge(server, level="should", wanted=lambda one: one.id.startswith(BY_FILE))
    assert unexplained(fetched) == {}


def test_as_many_plugins_are_taken_as_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []

    class Counting(StubPool):
        def take(self, kind: Kind) -> Plugin:
            taken.append(kind)
            return super().take(kind)

    monkeypatch.setattr("kuiper_pack.suite.pool.StubPool", Counting)
    # of stubs, which never end
    more = named(*LONG, "native.concurrent.one-name", "native.concurrent.update")
    with Socketless("2.4.0") as server:
        run = judge(server, wanted=lambda one: one.id not in more, delivery="http")
    wanted = [one for one in clauses() if one.id in run.results and run.tries(one)]
    assert len(taken) == needed(wanted)


def test_the_catalogue_says_everything_and_nothing_twice() -> None:
    found = list(clauses())
    names = [one.id for one in found]
    assert len(names) == len(set(names)) >= 40
    assert {one.level for one in found} == {MUST, SHOULD, MAY}
    for one in found:
        assert {*one.needs} <= {*names, *CAPABILITIES, TOKENS}, one.id
    assert sum(bool(one.readings) for one in found) >= 2
    assert sum(one.defect_in is not None for one in found) >= 2
    assert fingerprint(found) == fingerprint(reversed(found))


@pytest.mark.parametrize(
    ("level", "source"), [(MUST, {"seen": "api C-01"}), (SHOULD, {}), (MAY, {})]
)
def test_a_clause_without_its_source_is_no_clause(level: object, source: dict[str, str]) -> None:
    def test_it() -> None:
        """Something holds."""

    with pytest.raises(ValueError, match=r"documented|source"):
        clause("a.b", level, **source)(test_it)  # type: ignore[arg-type]
    assert clause_of(test_it) is None


def test_another_service_is_no_plugin_api() -> None:
    with answering(200, b"<html>hello</html>") as url, pytest.raises(KuiperPackError) as caught:
        Run(Options(url))
    assert "is no plugin API" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_machine_is_left_alone() -> None:
    with pytest.raises(KuiperPackError, match="--kuiper-allow remote"):
        Run(Options("http://192.0.2.1:9081"))


def test_a_server_that_dies_blocks_the_rest_and_leaves_its_journal(journals: Path) -> None:
    ready = [one for one in clauses().items() if one[0].level is MUST and not one[0].needs]
    todo = ready[:3]
    with ReferenceServer("2.4.0") as server:
        run = Run(Options(server.url, timeout=2))
        for clause, test in todo:
            run.judge(clause, lambda test=test: test(run.server))  # type: ignore[misc]
            server.stop()
        residue = run.finish()
    first, second, third = (run.results[clause.id] for clause, _ in todo)
    assert first.verdict is Verdict.PASSED
    assert second.verdict is Verdict.FAILED
    assert (third.verdict, third.blocked_by) == (Verdict.BLOCKED, "server")
    assert any("cannot be seen" in line for line in residue)
    assert list(journals.glob("*.jsonl"))


def test_a_binding_reading_fails_the_other(tmp_path: Path) -> None:
    with ReferenceServer("2.4.0") as server:
        run = judge(
            server.url, wanted=lambda one: one.id.startswith("native."), reading="documented"
        )
    assert ids(run, Verdict.FAILED) == {
        "native.list.dropped",
        "native.drop.create-again",
        "native.describe.functions",
        "native.udfs.portable",
    }


def test_the_command_tells_the_verdicts_by_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text(
        '[[known-failure]]\nclause = "native.list.array"\nreason = "none"\n'
    )
    report = tmp_path / "report.json"
    with ReferenceServer("2.4.0") as server:
        few = (server.url, "--", "-k", "native.list")
        good = kuiper_pack("conformance", "--report", str(report), *few, cwd=tmp_path)
        stale = kuiper_pack("conformance", "--expectations", "known.toml", *few, cwd=tmp_path)
        none = kuiper_pack("conformance", server.url, "--", "-k", "no-such", cwd=tmp_path)
        one = kuiper_pack("conformance", server.url, "--", "-k", "native.list.array", cwd=tmp_path)
        url = server.url
    gone = kuiper_pack("conformance", url, cwd=tmp_path)
    assert (good.returncode, stale.returncode, none.returncode) == (0, 1, 2), stale.stdout
    assert "passes, but is expected to fail" in stale.stdout
    assert one.returncode == 0
    assert "1 passed" in one.stdout
    assert gone.returncode == 2
    assert "nothing listens there" in gone.stdout + gone.stderr
    jsonschema.validate(json.loads(report.read_text()), load("conformance"))


HOSTILE = """
[pytest]
python_files = check_*.py
python_functions = check_*
python_classes = Check
addopts = -W error --strict-markers --strict-config --doctest-modules
filterwarnings = error
xfail_strict = true
"""


def test_the_users_configuration_of_pytest_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(HOSTILE)
    with ReferenceServer("2.4.0") as server:
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-c", "pytest.ini", "--rootdir", "."),
                *("--pyargs", "kuiper_pack.conformance", f"--kuiper-url={server.url}"),
                *("-k", "native.list"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-2000:]
    assert f"collected {len(clauses())} items" in ran.stdout


def test_cleanup_finishes_what_a_kill_left(tmp_path: Path, journals: Path) -> None:
    with ReferenceServer("2.4.0") as server:
        sinks = server.service.machine.state.native[Kind.SINK]
        command = [sys.executable, "-m", "kuiper_pack", "conformance", server.url]
        with subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            latest = time.monotonic() + 60
            while not {*sinks.values()} - {"$deleted"} and time.monotonic() < latest:
                time.sleep(0.005)
            process.kill()
        done = kuiper_pack("cleanup", server.url, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert {*sinks.values()} <= {"$deleted"}
        assert list(journals.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="the signals are those of POSIX")
@pytest.mark.parametrize(
    ("number", "code", "said"), [(2, 130, "interrupted"), (15, 143, "terminated")]
)
def test_a_signal_ends_the_run_tidied_up_and_blames_nobody(
    tmp_path: Path, journals: Path, number: int, code: int, said: str
) -> None:
    with ReferenceServer("2.4.0") as server:
        sinks = server.service.machine.state.native[Kind.SINK]
        command = [sys.executable, "-m", "kuiper_pack", "conformance", server.url]
        with subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            latest = time.monotonic() + 60
            while not {*sinks.values()} - {"$deleted"} and time.monotonic() < latest:
                time.sleep(0.005)
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
        assert process.returncode == code
        assert err == f"kuiper-pack: {said}\n"
        assert "FAILED" not in out
        assert {*sinks.values()} <= {"$deleted"}
    assert [*journals.iterdir()] == []


def test_a_server_that_refuses_every_package_is_quoted() -> None:
    with answering(200, b"[]", post=(400, b"out of order")) as url, Run(Options(url)) as run:
        said = [note for note in run.discovery.notes if note.startswith("no package comes by")]
    assert [note.split()[4] for note in said] == ["http:", "file:", "upload:"]
    request = re.compile(r': POST /plugins/\w+ \{"name": "\w+", "file": "\w+://')
    assert all(map(request.search, said[:2]))
    assert said[0].endswith("it is not fetched, and the create answered 400 out of order")
    assert said[1].endswith("whether it is there or not, the create answered 400 out of order")


def test_what_is_not_well_is_named_at_the_end_whatever_the_gate(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text(
        '[[known-failure]]\nclause = "native.list.dropped"\nreason = "it takes a restart"\n'
    )
    only = ["--expectations=known.toml", "--reading=documented"]
    few = "native.list or native.update or native.drop"
    with ReferenceServer("2.4.0") as server:
        ran = kuiper_pack("conformance", server.url, *only, "--", "-k", few, cwd=tmp_path)
    assert "\nknown-failure native.list.dropped: " in ran.stdout
    assert "\nknown-defect native.update.refused-changes-nothing: " in ran.stdout
    assert "\nfailed native.drop.create-again: " in ran.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[known-failures]]", '; did you mean "known-failure"?: write [[known-failure]] or'),
        ("[[excluded]]\nclause = 1", '[[excluded]] wants "clause" and "reason"'),
        ("[excluded", "known.toml: it is no TOML: "),
        (None, "known.toml: No such file or directory: name a file of expectations"),
    ],
)
def test_wrong_expectations_are_told_in_one_line(
    tmp_path: Path, text: str | None, said: str
) -> None:
    path = tmp_path / "known.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(KuiperPackError) as caught:
        Run(Options("http://127.0.0.1:9", expectations=path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_expectations_of_no_clause_name_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text(
        '[[excluded]]\nclause = "native.list.arry"\nreason = "x"\n'
    )
    with ReferenceServer("2.4.0") as server:
        ran = kuiper_pack("conformance", server.url, "--expectations=known.toml", cwd=tmp_path)
    assert ran.returncode == 2
    assert 'did you mean "native.list.array"?' in ran.stdout + ran.stderr


def test_clauses_without_a_server_say_what_is_missing(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--pyargs", "kuiper_pack.conformance"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "clauses need a server: give --kuiper-url URL" in ran.stdout


def test_a_cleanup_leaves_a_run_alone_that_is_still_at_work(tmp_path: Path) -> None:
    with ReferenceServer("2.4.0") as server, Run(Options(server.url)) as run:
        plugin = run.server.installed(Kind.SINK)
        again = server.url.replace("127.0.0.1", "localhost")
        done = kuiper_pack("cleanup", again, cwd=tmp_path)
        assert run.server.describe(Kind.SINK, plugin.name).ok
    assert done.returncode == 0
    assert f"runs against {again} that go on, and were left alone: 1" in done.stdout


def test_a_cleanup_says_that_nothing_was_interrupted(tmp_path: Path, journals: Path) -> None:
    done = kuiper_pack("cleanup", "http://127.0.0.1:9", cwd=tmp_path)
    assert done.returncode == 0
    assert f"{journals} has no journal of one" in done.stdout


def test_options_may_be_called_as_with_pytest(tmp_path: Path) -> None:
    done = kuiper_pack("conformance", "http://127.0.0.1:1", "--kuiper-level", "shuld", cwd=tmp_path)
    assert done.returncode == 2
    assert 'did you mean "should"?' in done.stderr


def test_what_is_no_url_is_said_before_whose_machine_it_is() -> None:
    with pytest.raises(KuiperPackError, match="write it as http://127"):
        Run(Options("127.0.0.1:9081"))
