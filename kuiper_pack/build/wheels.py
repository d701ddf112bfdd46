"""Wheels as data: what they say of themselves, and which of them a target needs."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from kuiper_pack.errors import KuiperPackError

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_SCRIPTS = ("[console_scripts]", "[gui_scripts]")


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel file.

    ``name`` is normalised. ``requires`` are the requirements as its metadata writes them,
    ``generator`` what built it, ``files`` the names of its entries. ``top_level`` are the files
    and folders that ``pip install --target`` makes of it.
    """

    path: Path
    name: str
    version: str
    requires: tuple[str, ...]
    generator: str
    files: tuple[str, ...]
    top_level: frozenset[str]


def read_wheel(path: Path) -> Wheel:
    """Read a wheel; raises :class:`KuiperPackError` for what is none."""
    from packaging.utils import parse_wheel_filename

    try:
        name, version, _, _ = parse_wheel_filename(path.name)
        with ZipFile(path) as archive:
            files = tuple(name for name in archive.namelist() if not name.endswith("/"))
            info = _info_folder(files)
            metadata = HeaderParser().parsestr(archive.read(f"{info}/METADATA").decode())
            about = HeaderParser().parsestr(archive.read(f"{info}/WHEEL").decode())
            points = f"{info}/entry_points.txt"
            scripts = archive.read(points).decode() if points in files else ""
    except (BadZipFile, KeyError, StopIteration, OSError, ValueError) as error:
        raise KuiperPackError(f"{path.name}: not a wheel: {error}") from None
    return Wheel(
        path,
        str(name),
        str(version),
        tuple(metadata.get_all("Requires-Dist", [])),
        about.get("Generator", ""),
        files,
        frozenset(_top_level(files, scripts)),
    )


def _info_folder(files: Iterable[str]) -> str:
    tops = (file.partition("/")[0] for file in files)
    return next(top for top in tops if top.endswith(".dist-info"))


def _top_level(files: Iterable[str], scripts: str) -> Iterator[str]:
    if any(section in scripts for section in _SCRIPTS):
        yield "bin"
    for file in files:
        first, _, rest = file.partition("/")
        if not first.endswith(".data"):
            yield first
            continue
        sort, _, inner = rest.partition("/")
        yield {"scripts": "bin", "headers": "include"}.get(sort, inner.partition("/")[0])


def needed(
    wheels: Collection[Wheel], roots: Iterable["Requirement"], environment: Mapping[str, str]
) -> tuple[tuple[Wheel, ...], tuple[str, ...]]:
    """The wheels that ``roots`` need in ``environment``, and the requirements that none meets.

    Written by hand because pip asks the environment markers of the machine that it runs on, and not
    those of the one it downloads for. The second are without their markers.
    """
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    known = {wheel.name: wheel for wheel in wheels}
    waiting = [(root, "") for root in roots]
    seen: set[tuple[str, str]] = set()
    missing: dict[str, None] = {}
    while waiting:
        requirement, extra = waiting.pop()
        marker = requirement.marker
        if marker is not None and not marker.evaluate({**environment, "extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        wheel = known.get(name)
        if wheel is None or not requirement.specifier.contains(wheel.version, prereleases=True):
            missing[str(requirement).partition(";")[0].strip()] = None
            continue
        for wanted in {"", *requirement.extras} - {extra for one, extra in seen if one == name}:
            seen.add((name, wanted))
            waiting += [(Requirement(text), wanted) for text in wheel.requires]
    found = {name for name, _ in seen}
    return tuple(wheel for wheel in wheels if wheel.name in found), tuple(missing)
