"""A build that is stopped leaves the old package or none, and after an interrupt nothing else."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kuiper_pack.build.atomic import staged
from tests.build.conftest import Maker

if sys.platform == "win32":
    pytest.skip("the signals are those of POSIX", allow_module_level=True)


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


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["interrupt", "kill"])
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
        if how is signal.SIGINT:
            assert [file.name for file in target.parent.iterdir()] == [target.name]
            assert not list(temporary.iterdir())
    assert stopped > 0
    took(folder, temporary)
    assert target.read_bytes() == new


def test_an_interrupt_while_compiling_leaves_no_temporary_folder(
    portable: Maker, tmp_path: Path
) -> None:
    folder = portable(files={"go.mod": "module x\n"}, language="go", executable="run")
    tools, temporary = tmp_path / "tools", tmp_path / "temporary"
    tools.mkdir()
    temporary.mkdir()
    go = tools / "go"
    go.write_text('#!/bin/sh\n[ "$1" = build ] || exit 0\n: > "$TMPDIR/compiling"\nexec sleep 60\n')
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
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=20)[1] == b"kuiper-pack: interrupted\n"
    assert process.returncode == 130
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
