"""Building twice, to see that the bytes come out the same."""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from kuiper_pack.build.copying import copy_project
from kuiper_pack.build.difference import difference
from kuiper_pack.build.gomod import go_module
from kuiper_pack.build.make import Built, build
from kuiper_pack.build.project import Project
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.folder import DEFAULT_OUTPUT, output_patterns

_DEEP = Path("a/b/c/d")
"""Where the copy lies: folders that go.mod names may lie so far above it."""


def verify(
    folder: Path, project: Project, first: list[Built], environment: Mapping[str, str]
) -> None:
    """Build the project again elsewhere and compare with what ``first`` put in place.

    The second build happens in a copy of the folder, with another umask and time zone and with an
    empty Go build cache. Raises :class:`KuiperPackError` naming the first entry that differs.
    """
    with tempfile.TemporaryDirectory(prefix="kuiper-pack-verify-") as temporary:
        home = Path(temporary)
        copy = home / _DEEP / "elsewhere"
        copy.parent.mkdir(parents=True)
        copy_project(folder.resolve(), copy)
        _put_beside(folder, copy, project.package)
        again = replace(
            project,
            exclude=(*project.exclude, *output_patterns(folder, project.output)),
            output=str(home / "dist" / _file_name(project)),
        )
        with _other_surroundings():
            surroundings = {**environment, "GOCACHE": str(home / "gocache"), "TZ": "Asia/Kathmandu"}
            second = list(build(copy, again, environment=surroundings))
        for one, other in zip_longest(first, second):
            if one is None or other is None or one.path.name != other.path.name:
                raise KuiperPackError("the second build made other packages than the first")
            if one.sha256 != other.sha256:
                raise KuiperPackError(f"{one.path}: {difference(one.path, other.path)}")


def _put_beside(folder: Path, copy: Path, package: str | None) -> None:
    """Have the folders outside of ``folder`` that its go.mod names stand beside ``copy``, too."""
    module = go_module(folder.resolve(), package)
    inside = module.folder.relative_to(folder.resolve())
    for name in module.replacing:
        there = Path(os.path.normpath(copy / inside / name))
        if not there.exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(OSError):  # Windows, without the right to make links
                there.symlink_to((module.folder / name).resolve(), target_is_directory=True)


def _file_name(project: Project) -> str:
    """The name of the package where the output names it, else nothing."""
    output = Path(project.output or DEFAULT_OUTPUT)
    return output.name if output.suffix == ".zip" else ""


@contextmanager
def _other_surroundings() -> Iterator[None]:
    """Another umask and time zone for this process while the block runs."""
    zone = os.environ.get("TZ")
    umask = os.umask(0o077)
    os.umask(0o077 if umask != 0o077 else 0o022)
    _set_zone("Asia/Kathmandu")
    try:
        yield
    finally:
        os.umask(umask)
        _set_zone(zone)


def _set_zone(zone: str | None) -> None:
    if zone is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = zone
    if hasattr(time, "tzset"):
        time.tzset()
