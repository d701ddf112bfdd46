"""Building twice, to see that the bytes come out the same."""

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from zipfile import ZipFile

from kuiper_pack.build.copying import copy_project
from kuiper_pack.build.make import Built, build
from kuiper_pack.build.project import Project
from kuiper_pack.build.sections import first_difference
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.folder import DEFAULT_OUTPUT, output_patterns


def verify(
    folder: Path, project: Project, first: list[Built], environment: Mapping[str, str]
) -> None:
    """Build the project again elsewhere and compare with what ``first`` put in place.

    The second build happens in a copy of the folder, with another umask and time zone and with an
    empty Go build cache. Raises :class:`KuiperPackError` naming the first entry that differs.
    """
    with tempfile.TemporaryDirectory(prefix="kuiper-pack-verify-") as temporary:
        home = Path(temporary)
        copy = home / "elsewhere"
        copy_project(folder.resolve(), copy)
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
                raise KuiperPackError(f"{one.path}: {_difference(one.path, other.path)}")


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


def _difference(one: Path, other: Path) -> str:
    """What differs first between two packages."""
    with ZipFile(one) as left, ZipFile(other) as right:
        for a, b in zip_longest(left.infolist(), right.infolist()):
            if a is None or b is None or a.filename != b.filename:
                return f"{(a or b).filename} is in one of two builds only"
            if (a.CRC, a.file_size) != (b.CRC, b.file_size):
                section = first_difference(left.read(a), right.read(b))
                place = f", first in the section {section}" if section else ""
                return f"the content of {a.filename} differs between two builds{place}"
            if (a.external_attr, a.date_time, a.compress_size) != (
                b.external_attr,
                b.date_time,
                b.compress_size,
            ):
                return f"mode, time or compression of {a.filename} differ between two builds"
    return "two builds differ outside the entries"
