"""A copy of a project's folder, for whoever may change what lies in it."""

import shutil
from pathlib import Path

from kuiper_pack.package.projectfile import FILE
from kuiper_pack.package.walk import walk_folder


def copy_project(folder: Path, copy: Path) -> None:
    """Copy ``folder`` to ``copy``, which must not be there, but for what no package ever holds."""
    copy.mkdir()
    if (folder / FILE).is_file():
        shutil.copyfile(folder / FILE, copy / FILE)
    for entry in walk_folder(folder):
        target = copy / entry.name
        if entry.is_dir:
            target.mkdir()
        elif entry.problem is None:
            shutil.copyfile(folder / entry.name, target)
