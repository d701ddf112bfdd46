"""Servers are restarted where the user says how, and what is true after it is told."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kuiper_pack.client import Answer, Client, Unreachable
from kuiper_pack.package.kind import Kind
from kuiper_pack.server import ReferenceServer
from kuiper_pack.server.service import Service
from kuiper_pack.suite import screen
from kuiper_pack.suite.clause import Clause
from kuiper_pack.suite.restart import Command, NotBack, Restarter, end_of
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import ids, judge
from tests.suite.test_runs import kuiper_pack

if sys.platform == "win32":
    pytest.skip("there is no reference server on Windows", allow_module_level=True)

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


def over_a_restart(clause: Clause) -> bool:
    return clause.restarts and not clause.allow


def drops(clause: Clause) -> bool:
    return clause.id.startswith("native.drop.")


def until(happened: Callable[[], object]) -> None:
    """Wait for what has to come, and no longer than a minute."""
    latest = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < latest, "it did not come"
        time.sleep(0.01)


def runs(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody asked about does not."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


@pytest.fixture
def written_pid(tmp_path: Path) -> Iterator[Path]:
    """A file for the id of a process; the process is ended."""
    path = tmp_path / "pid"
    yield path
    with suppress(OSError, ValueError):
        os.kill(int(path.read_text()), signal.SIGKILL)
        until(lambda: not runs(int(path.read_text())))


@linux
def test_what_a_command_starts_in_the_background_outlives_it_and_may_print(
    tmp_path: Path, written_pid: Path
) -> None:
    told = tmp_path / "told"
    server = f"(read x <{tmp_path}/go; echo late; echo later; touch {told}; exec sleep 600)"
    os.mkfifo(tmp_path / "go")
    printed = Command(f"{server} & echo $! >{written_pid}; echo started")()
    assert printed == "started\n"
    (tmp_path / "go").write_text("now\n")
    until(told.exists)
    assert runs(int(written_pid.read_text()))


@linux
def test_a_command_that_does_not_end_is_killed_with_all_that_it_started(
    written_pid: Path,
) -> None:
    command = Command(f"sleep 600 & echo $! >{written_pid}; echo waiting; wait", within=0.5)
    with pytest.raises(NotBack, match=r"within 0.5 seconds.*background; it printed last: waiting"):
        command()
    until(lambda: not runs(int(written_pid.read_text())))


@linux
def test_a_command_that_fails_is_told_with_its_last_words() -> None:
    with pytest.raises(NotBack, match=r"ended with 3; it printed last: no such service$"):
        Command("echo trying; echo no such service >&2; exit 3")()


class Told(Client):
    """A server that answers as told: a status and an uptime, or nothing; the last for ever."""

    def __init__(self, *answers: "tuple[int, float | None] | None") -> None:
        super().__init__("http://127.0.0.1:9")
        self._answers = list(answers)

    def root(self) -> Answer:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer is None:
            raise Unreachable("http://127.0.0.1:9/: nothing listens there")
        status, uptime = answer
        body = b"{}" if uptime is None else b'{"upTimeSeconds": %d}' % uptime
        return Answer("GET", "http://127.0.0.1:9/", status, body=body)


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([(200, 50.0), None, None, (200, 0.0)], id="refused at first"),
        pytest.param([(200, 50.0), (502, None), (200, 0.0)], id="a gateway before it"),
        pytest.param([(200, 50.0), (200, 50.0), (200, 1.0)], id="the old one lingers"),
        pytest.param([None, (200, 1.0)], id="it had ended"),
        pytest.param([(200, None), None, (200, None)], id="tells no uptime"),
        pytest.param([(200, 0.0), (200, 0.0)], id="young before and after"),
    ],
)
def test_a_restart_ends_with_a_young_server_that_answers_as_before(
    answers: list[tuple[int, float | None] | None],
) -> None:
    good = Answer("GET", "/", 200)
    assert Restarter(Told(*answers), good, lambda: "printed")().output == "printed"


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([(200, 50.0), None], "nothing listens there"),
        ([(200, 50.0), (503, None)], "GET / answers 503, and 200 before"),
        ([(200, 50.0)], "up for 50 seconds already, so the command did not end it"),
    ],
)
def test_a_server_that_does_not_come_back_is_told_in_one_line(
    answers: list[tuple[int, float | None] | None], reason: str
) -> None:
    restart = Restarter(Told(*answers), Answer("GET", "/", 200), lambda: "a\nb\n", within=0.1)
    with pytest.raises(NotBack, match=reason) as caught:
        restart()
    assert str(caught.value).endswith("; it printed last: b")
    assert "\n" not in str(caught.value)


def test_a_server_has_ended_also_where_another_takes_its_place_at_once() -> None:
    assert end_of(Told((200, 50.0), (200, 50.0), (200, 0.0)), within=60) is not None
    assert end_of(Told((200, 50.0), None), within=60) is not None
    assert end_of(Told((200, 50.0), (200, 51.0)), within=0.2) is None
    assert end_of(Told((200, None)), within=0.2) is None


def test_clauses_over_a_restart_share_one(journals: Path) -> None:
    restarts = []
    with ReferenceServer() as server:

        def restart() -> None:
            restarts.append(1)
            server.restart()

        run = judge(server, restart=restart, wanted=over_a_restart)
    assert len(restarts) == 1
    assert ids(run, Verdict.PASSED) == set(run.results)
    assert len(run.results) >= 8
    assert not list(journals.iterdir())


def test_a_restart_that_fails_blocks_the_rest_for_one_reason() -> None:
    def restart() -> None:
        raise NotBack("the restart command ended with 1")

    with ReferenceServer() as server:
        run = judge(server, restart=restart, wanted=lambda clause: clause.ends_the_server)
        left = {*server.service.machine.state.native[Kind.SINK].values()}
    told = {(one.blocked_by, one.reason) for one in run.results.values()}
    concerned = {one for one in run.results.values() if run.tries(one.clause)}
    assert {one.verdict for one in concerned} == {Verdict.BLOCKED}
    assert ("server", "the restart command ended with 1") in told
    assert len({reason for _, reason in told if "command" in reason}) == 1
    assert left <= {"$deleted"}


class Forgets(Service):
    def restart(self) -> None:
        super().restart()
        self.machine.state.symbols.clear()


def test_a_failure_shows_where_the_restart_was() -> None:
    with ReferenceServer(make=Forgets) as server:
        run = judge(server, wanted=over_a_restart)
    result = run.results["native.restart.functions"]
    assert result.verdict is Verdict.FAILED
    keys = [one.key.removeprefix("native.restart.functions ") for one in result.exchanges]
    assert [key.partition(" {")[0] for key in keys] == [
        "1 POST /plugins/functions",
        "2 restart",
        "3 GET /plugins/udfs",
    ]
    shown = screen.failure(run, result)
    assert shown.index("> POST") < shown.index("* the server was restarted") < shown.index("> GET")


def test_what_an_earlier_run_left_for_the_restart_may_go_with_it() -> None:
    with ReferenceServer() as server:
        judge(server.url, wanted=drops)
        waiting = {*server.service.machine.state.native[Kind.SINK].values()}
        run = judge(server, wanted=over_a_restart)
    assert waiting == {"$deleted"}
    assert run.residue == []


class BringsBack(Service):
    """What was dropped is there again after a restart."""

    def restart(self) -> None:
        known = {kind: [*names] for kind, names in self.machine.state.native.items()}
        super().restart()
        for kind, names in known.items():
            for name in names:
                self.machine.state.native[kind].setdefault(name, "")


def test_what_comes_back_with_a_restart_and_cannot_be_dropped_is_told(journals: Path) -> None:
    with ReferenceServer(make=BringsBack) as server:
        run = judge(server, wanted=lambda clause: over_a_restart(clause) or drops(clause))
        known = server.service.machine.state.native
    left = {(kind, name) for kind in known for name in known[kind] if known[kind][name] == ""}
    assert left
    assert {f"{kind.value} {name} is left on the server" for kind, name in left} == {*run.residue}
    assert list(journals.glob("*.jsonl"))


@pytest.mark.parametrize("release", ["0.9.1", "1.3.1"])
@pytest.mark.parametrize("strict", [False, True])
def test_the_word_that_ends_the_server_is_read_either_way(release: str, strict: bool) -> None:
    word = "native.stop.word"
    with ReferenceServer(release, strict=strict) as server:
        watched = 60.0 if strict else 0.3
        run = judge(server, wanted=lambda clause: clause.id == word, watched_for=watched)
    result = run.results[word]
    assert result.verdict is Verdict.PASSED
    assert result.reading == ("documented" if strict else "reference")


def test_what_is_not_allowed_is_not_tried_and_said_once(tmp_path: Path) -> None:
    only = ["--", "-k", "native.restart or native.stop or native.list.array"]
    with ReferenceServer() as server:
        ran = kuiper_pack("conformance", server.url, *only, cwd=tmp_path)
        assert server.is_running
    assert ran.returncode == 0, ran.stdout
    assert ran.stdout.count("over a restart are not tried: give --kuiper-restart-command") == 1
    assert ran.stdout.count("are not tried: give --kuiper-restart-command and --kuiper-allow") == 1
    assert "1 passed, " in ran.stdout
    assert " excluded" in ran.stdout


RESTART = """
if [ -e {pid} ]; then
    kill "$(cat {pid})"
    while kill -0 "$(cat {pid})"; do sleep 0.05; done 2>/dev/null
fi
{python} -m kuiper_pack serve --port {port} --data {data} >{data}.log 2>&1 &
echo $! >{pid}
"""


@linux
def test_the_command_restarts_a_server_and_lets_it_end(tmp_path: Path, written_pid: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    script = tmp_path / "restart.sh"
    script.write_text(
        RESTART.format(pid=written_pid, python=sys.executable, port=port, data=tmp_path / "data")
    )
    command = f"sh {script}"
    Command(command)()
    url = f"http://127.0.0.1:{port}"
    with Client(url) as client:
        until(lambda: _answers(client))
    given = ["--restart-command", command, "--allow", "stop"]
    only = ["--", "-k", "native.restart or native.stop.ends"]
    ran = kuiper_pack("conformance", url, *given, *only, cwd=tmp_path)
    broken = kuiper_pack(
        "conformance", url, "--restart-command", "echo no such service; false", *only, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout
    assert "failed" not in ran.stdout
    assert runs(int(written_pid.read_text()))
    assert broken.returncode == 2, broken.stdout
    assert broken.stdout.count("ended with 1; it printed last: no such service") == 1


def _answers(client: Client) -> bool:
    with suppress(Unreachable):
        return client.root().ok
    return False
