"""Try what `python -m build` made as a stranger would: ``try_package.py DIST``.

Every file of the package is in the wheel and in the sdist, and the wheel, installed in an empty
virtual environment without extras, passes ``kuiper-pack demo``.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

LINKED = ("conformance", "schemas")
"""Folders at the top of the checkout that are packages inside ``kuiper_pack``."""


def main(dist: str) -> None:
    """Check the one wheel and the one sdist in the folder ``dist``; exits with the first fault."""
    (wheel,) = Path(dist).glob("*.whl")
    (sdist,) = Path(dist).glob("*.tar.gz")
    wanted = set(_package_files())
    with zipfile.ZipFile(wheel) as archive:
        _demand(wanted, set(archive.namelist()), wheel.name)
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        _demand(wanted | set(_git_files()) - _links(), names, sdist.name)
    with tempfile.TemporaryDirectory() as folder:
        _demo(wheel.resolve(), Path(folder))


def _git_files(*under: str) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *under], check=True, capture_output=True, text=True
    )
    return [name for name in listed.stdout.split("\0") if name and not name.startswith(".")]


def _links() -> set[str]:
    return {f"kuiper_pack/{name}" for name in LINKED}


def _package_files() -> list[str]:
    own = [name for name in _git_files("kuiper_pack") if name not in _links()]
    return own + [f"kuiper_pack/{name}" for name in _git_files(*LINKED)]


def _demand(wanted: set[str], there: set[str], where: str) -> None:
    missing = sorted(wanted - there)
    if missing:
        sys.exit(f"not in {where}: {', '.join(missing)}")
    print(f"{where}: all {len(wanted)} files are there")


def _demo(wheel: Path, folder: Path) -> None:
    home = folder / "empty"
    venv.create(home, with_pip=True)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    commands: list[list[str | Path]] = [
        [scripts / "python", "-m", "pip", "install", "--quiet", wheel],
        [scripts / "kuiper-pack", "--version"],
        [scripts / "kuiper-pack", "demo"],
    ]
    for command in commands:
        subprocess.run(command, check=True, cwd=folder, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    main(*sys.argv[1:])
