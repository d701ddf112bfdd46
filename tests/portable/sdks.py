"""The SDKs of eKuiper for Python, each in a venv of its own, and a plugin that uses one.

The venvs are made once and kept: in the folder that ``KUIPER_PACK_SDKS`` names, or in
``kuiper-pack/sdks`` of the user's cache folder. Each is called by the version of the SDK.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from kuiper_pack.build.scaffold import Scaffold, render, write
from kuiper_pack.package.kind import Kind

VARIABLE = "KUIPER_PACK_SDKS"
VERSIONS = ("1.10.2", "1.14.7", "2.1.2", "2.4.2")
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
FOLDER = Path(os.environ.get(VARIABLE) or _CACHE / "kuiper-pack" / "sdks")
_INSTALLED_WITHIN = 300


def sdk(version: str) -> Path:
    """The venv with that SDK; skips the test, with the reason, where it cannot be had."""
    if why := _missing(version):
        pytest.skip(why)
    return FOLDER / version


@cache
def _missing(version: str) -> str:
    """Why there is no such SDK; empty where there is one, which is made if need be."""
    if sys.platform == "win32":
        return "servers run portables on POSIX only"
    import fcntl

    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        python = FOLDER / version / "bin" / "python"
        if python.exists() and _run(python, "-c", "import ekuiper").returncode == 0:
            return ""
        print(f"making a venv with ekuiper {version} in {FOLDER}", file=sys.__stderr__, flush=True)
        _run(Path(sys.executable), "-m", "venv", "--clear", str(FOLDER / version))
        done = _run(python, "-m", "pip", "install", "--quiet", f"ekuiper=={version}")
        if done.returncode == 0:
            return ""
        said = (done.stderr.strip().splitlines() or ["pip says nothing"])[-1]
        return f"ekuiper {version} cannot be installed from PyPI: {said}"


def _run(python: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [python, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=_INSTALLED_WITHIN,
        stdin=subprocess.DEVNULL,
    )


def greeter(folder: Path, changed: Mapping[str, tuple[str, str]] | None = None) -> Path:
    """The folder of what ``kuiper-pack init`` makes; ``changed`` replaces a text in a file."""
    home = folder / "greeter"
    write(render(Scaffold(Kind.PORTABLE, "greeter", "python")), home)
    for file, (old, new) in (changed or {}).items():
        text = (home / file).read_text()
        assert old in text, f"{file} has no {old}"
        (home / file).write_text(text.replace(old, new))
    return home
