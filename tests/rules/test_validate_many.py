"""Many packages judged at once: the same answers in the same order, whoever dies on the way."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.mutation import mutated, samples

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="one process judges all elsewhere")

START = """
import os, sys, time
from pathlib import Path
from kuiper_pack.rules.catalogue import ours
from kuiper_pack.rules.engine import Judge
from kuiper_pack.rules.many import validate_many
from kuiper_pack.rules.rule import Rule
from kuiper_pack.rules.target import Target
from kuiper_pack.rules.validation import Order, validate

paths = sorted(Path(sys.argv[1]).iterdir()) + [Path("missing.zip")]
parent = os.getpid()
judge = Judge(Target(), [rule for rule in ours() if rule.code != "KPI17"])


def order_for(path):
    return Order(judge=judge)

"""
COMPARE = """
one = list(validate(paths, order_for))
two = list(validate_many(paths, order_for, 2))
assert [(*map(str, (a.path, a.verdict, a.findings, a.reason)),) for a in two] == [
    (*map(str, (a.path, a.verdict, a.findings, a.reason)),) for a in one
]
print(len(two), len({a.verdict for a in two}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    for sample in samples():
        for number in range(30):
            path = folder / f"{sample.plugin}-{samples().index(sample)}-{number}.zip"
            path.write_bytes(mutated(sample, f"many {number}"))
    return folder


def run(folder: Path, script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", START + script, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_two_processes_say_the_same_as_one_in_the_same_order(folder: Path) -> None:
    assert run(folder, COMPARE) == "301 3\n"


def test_what_a_process_that_dies_does_not_say_is_said_all_the_same(folder: Path) -> None:
    script = """
def order_for(path, plain=order_for):
    if os.getpid() != parent and path.name.endswith("-7.zip"):
        os._exit(1)
    return plain(path)
"""
    assert run(folder, script + COMPARE) == "301 3\n"


def test_a_crash_keeps_its_traceback(folder: Path) -> None:
    script = """
class Crashing(Rule):
    code, severity = "TST01", list(ours())[0].severity
    def check(self, package, target):
        raise ZeroDivisionError("by zero")
        yield

judge = Judge(Target(), [Crashing()])
crashes = [one.crash for one in validate_many(paths, order_for, 2) if one.crash]
assert len(crashes) > 200
assert all(isinstance(one.__cause__, ZeroDivisionError) for one in crashes)
assert all(one.__cause__.__traceback__ is not None for one in crashes)
"""
    assert run(folder, script) == ""


def test_who_stops_listening_leaves_no_process_behind(folder: Path) -> None:
    script = """
answers = validate_many(paths, order_for, 3)
next(answers)
answers.close()
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("none")
"""
    assert run(folder, script) == "none\n"


def test_an_interrupt_ends_all_processes(folder: Path) -> None:
    script = """
def order_for(path):
    if os.getpid() != parent:
        os.write(1, b"working\\n")
        time.sleep(600)

try:
    list(validate_many(paths, order_for, 2))
except KeyboardInterrupt:
    print("interrupted")
"""
    with subprocess.Popen(
        [sys.executable, "-c", START + script, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        first = process.stdout.readline()
        _signal(process.pid, signal.SIGINT if first == "working\n" else signal.SIGTERM)
        out, err = process.stdout.read(), process.stderr.read()
    assert (out.splitlines()[-1:], err, process.returncode) == (["interrupted"], "", 0)
    with pytest.raises(ProcessLookupError):
        _signal(process.pid, signal.SIGTERM)


def _signal(group: int, number: int) -> None:
    """Tell all processes of a group, as a terminal does."""
    if sys.platform != "win32":
        os.killpg(group, number)
