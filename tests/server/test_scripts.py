"""install.sh runs in bounded time and space, whatever it leaves behind."""

import sys
import threading
import time
from pathlib import Path

import pytest

from kuiper_pack.server.scripts import Scripts
from tests.server.worlds import waited_for

if sys.platform == "win32":
    pytest.skip("there is no reference server on Windows", allow_module_level=True)

KILLED = -9


def ran(script: str, folder: Path, seconds: float = 20) -> tuple[int, str, str]:
    return Scripts(seconds).run([b"/bin/sh", b"-c", script.encode()], str(folder))


def test_its_exit_code_and_what_it_prints_are_told(tmp_path: Path) -> None:
    assert ran("pwd; echo bad >&2; exit 3", tmp_path) == (3, f"{tmp_path.resolve()}\n", "bad\n")


def test_of_much_that_it_prints_only_the_beginning_is_kept(tmp_path: Path) -> None:
    code, out, err = ran("head -c 3000000 /dev/zero | tr '\\0' x", tmp_path)
    assert (code, err) == (0, "")
    assert set(out) == {"x"}
    assert len(out) == 1 << 16


def test_it_has_not_ended_while_something_of_it_could_still_print(tmp_path: Path) -> None:
    began = time.monotonic()
    assert ran("sleep 0.3 && echo late & echo first", tmp_path) == (0, "first\nlate\n", "")
    assert time.monotonic() - began >= 0.3


def test_it_is_killed_when_the_time_is_over(tmp_path: Path) -> None:
    assert ran("echo first; sleep 600", tmp_path, 0.2) == (KILLED, "first\n", "")
    assert ran("exec >&- 2>&-; sleep 600", tmp_path, 0.2)[0] == KILLED


def test_what_hides_in_a_session_of_its_own_keeps_nobody_waiting(tmp_path: Path) -> None:
    began = time.monotonic()
    program = "import os, time\nif os.fork() == 0:\n os.setsid()\n time.sleep(8)"
    code, _, _ = ran(f"exec {sys.executable} -c '{program}'", tmp_path, 1.0)
    assert code == 0
    assert time.monotonic() - began < 5


def test_none_runs_once_the_server_ends(tmp_path: Path) -> None:
    scripts = Scripts(600)
    answers = []

    def run() -> None:
        answers.append(scripts.run([b"/bin/sh", b"-c", b"echo > begun; sleep 600"], str(tmp_path)))

    running = threading.Thread(target=run)
    running.start()
    waited_for((tmp_path / "begun").exists)
    scripts.end()
    running.join()
    run()
    assert [code for code, _, _ in answers] == [KILLED, KILLED]
