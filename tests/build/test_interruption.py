"""A build that is stopped leaves the old package or none, and after an interrupt nothing else."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kuiper_pack.build.atomic import staged, text_file
from tests.build.conftest import Maker

if sys.platform == "win32":
    pytest.skip("the signals are those of POSIX", allow_module_level=True)


GO_THAT_CLEANS_UP = """#!/bin/sh
[ "$1" = build ] || exit 0
trap 'rm "$TMPDIR/work"; exit 1' INT
: > "$TMPDIR/work"
: > "$TMPDIR/compiling"
while :; do sleep 0.05; done
"""


def large(portable: Maker) -> Path:
    letters = random.Random(7)
    words = [bytes(letters.choices(b"abcdefgh", k=9)) for _ in range(5000)]
    content = b" ".join(letters.choices(words, k=1_500_000))
    return portable(files={"a.bin": content, "z.bin": content[::-1]})


def build(folder: Path, temporary: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "kuiper_pack", "build", folder],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def took(folder: Path, temporary: Path) -> float:
    start = time.monotonic()
    assert build(folder, temporary).wait() == 0
    return time.monotonic() - start


@pytest.mark.parametrize(
    "how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["interrupt", "terminate", "kill"]
)
def test_a_build_stopped_at_any_point_keeps_the_old_package(
    portable: Maker, tmp_path: Path, how: signal.Signals
) -> None:
    folder, temporary = large(portable), tmp_path / "temporary"
    temporary.mkdir()
    target = folder / "dist" / "thermo-1.0.0.zip"
    whole = took(folder, temporary)
    new, old = target.read_bytes(), b"the old package"
    stopped = 0
    for part in range(8):
        target.write_bytes(old)
        process = build(folder, temporary)
        time.sleep(whole * (part + random.random()) / 8)
        process.send_signal(how)
        stopped += process.wait() != 0
        assert target.read_bytes() in (old, new)
        if how is signal.SIGTERM and process.returncode > 0:
            assert process.returncode == 143
        if how is not signal.SIGKILL:
            assert [file.name for file in target.parent.iterdir()] == [target.name]
            assert not list(temporary.iterdir())
    assert stopped > 0
    took(folder, temporary)
    assert target.read_bytes() == new
    assert [file.name for file in target.parent.iterdir()] == [target.name]


def test_what_a_killed_process_left_is_removed_and_what_a_live_one_writes_is_not(
    tmp_path: Path,
) -> None:
    target = tmp_path / "p.zip"
    left = tmp_path / ".p.zip.0123456789ab.tmp"
    others = [tmp_path / name for name in (".p.zip.tmp", ".q.zip.0123456789ab.tmp", ".p.zip.x.tmp")]
    for path in (left, *others):
        path.write_bytes(b"left")
    with staged(target) as first:
        assert not left.exists()
        with staged(target) as second:
            second.path.write_bytes(b"second")
        first.path.write_bytes(b"first")
    assert target.read_bytes() == b"first"
    assert sorted(tmp_path.iterdir()) == sorted([target, *others])


def test_a_report_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    target.write_text("old")
    link = tmp_path / "link"
    link.symlink_to(target.name)
    with pytest.raises(KeyboardInterrupt), text_file(link) as stream:
        stream.write("new" * 100_000)
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    with text_file(link) as stream:
        stream.write("new")
    assert (target.read_text(), link.is_symlink()) == ("new", True)
    assert sorted(tmp_path.iterdir()) == [link, target]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_report_that_cannot_be_written_names_its_file() -> None:
    with pytest.raises(OSError, match=r"No space left on device: '/dev/full'"):  # noqa: SIM117
        with text_file(Path("/dev/full")) as stream:
            stream.write("x")


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [(signal.SIGINT, 130, b"interrupted"), (signal.SIGTERM, 143, b"terminated")],
)
def test_an_interrupt_while_compiling_leaves_no_temporary_folder(
    portable: Maker, tmp_path: Path, how: signal.Signals, code: int, said: bytes
) -> None:
    folder = portable(files={"go.mod": "module x\n"}, language="go", executable="run")
    tools, temporary = tmp_path / "tools", tmp_path / "temporary"
    tools.mkdir()
    temporary.mkdir()
    go = tools / "go"
    go.write_text(GO_THAT_CLEANS_UP)
    go.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tools}:/usr/bin:/bin", "TMPDIR": str(temporary)}
    process = subprocess.Popen(
        [sys.executable, "-m", "kuiper_pack", "build", folder],
        env=environment,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    while not (temporary / "compiling").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(how)
    assert process.communicate(timeout=20)[1] == b"kuiper-pack: " + said + b"\n"
    assert process.returncode == code
    assert [path.name for path in temporary.iterdir()] == ["compiling"]
    assert not (folder / "dist").exists()


def test_what_is_not_kept_never_arrives(tmp_path: Path) -> None:
    target = tmp_path / "new" / "file"
    with staged(target) as file:
        file.path.write_text("one")
    assert target.read_text() == "one"
    with staged(target) as file:
        file.path.write_text("two")
        file.keep = False
    with pytest.raises(KeyboardInterrupt), staged(target) as file:
        file.path.write_text("three")
        raise KeyboardInterrupt
    assert target.read_text() == "one"
    assert [path.name for path in target.parent.iterdir()] == ["file"]
