"""A repository of plugins: the folder of packages that servers list at /prebuild."""

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.build.atomic import naming, staged
from kuiper_pack.build.digest import sha256_of
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.prebuild import built_in, file_name, folder_of
from kuiper_pack.profiles import Release, profile
from kuiper_pack.profiles.images import official

PAGE = "index.html"
_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Whom packages are laid out for: releases, their system and their processor."""

    releases: tuple[Release, ...]
    system: str
    arch: str


@dataclass(frozen=True, slots=True)
class Plugin:
    """A native package to lay out."""

    path: Path
    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A package in its place.

    ``path`` begins at the repository. ``listed`` says whether its release shows it at /prebuild:
    most know only the plugins of eKuiper itself, and any other is created by its URL. ``change`` is
    ``added``, ``replaced`` or ``same``.
    """

    path: str
    plugin: Plugin
    release: Release
    listed: bool
    sha256: str
    change: str


def shelf(releases: Sequence[Release], image: str | None, arch: str) -> Shelf:
    """Whom to lay out for; raises :class:`KuiperPackError` where nobody would look there."""
    system = _system(image)
    for release in releases:
        facts = profile(release)
        if facts.prebuild == "none":
            raise KuiperPackError(f"eKuiper {release} has no /prebuild; leave it out")
        if system not in facts.prebuild_systems:
            raise KuiperPackError(
                f"eKuiper {release} has no /prebuild in an image of {system.capitalize()}; "
                "leave it out"
            )
    return Shelf(tuple(releases), system, arch)


def check(plugins: Iterable[Plugin]) -> None:
    """Raise :class:`KuiperPackError` for what cannot be in a repository."""
    taken: dict[tuple[Kind, str], Path] = {}
    for plugin in plugins:
        if plugin.kind is Kind.PORTABLE:
            raise KuiperPackError(
                f"{plugin.path}: a portable plugin; /prebuild lists sources, sinks and functions"
            )
        if not _NAME.fullmatch(plugin.name):
            raise KuiperPackError(
                f'{plugin.path}: "{plugin.name}" cannot be listed: letters, digits, "_" and "-" can'
            )
        before = taken.setdefault((plugin.kind, plugin.name), plugin.path)
        if before != plugin.path:
            raise KuiperPackError(
                f"{plugin.path}: {plugin.kind.value} {plugin.name} is {before} already; "
                "call once for each set of servers"
            )


def lay_out(folder: Path, where: Shelf, plugins: Sequence[Plugin]) -> Iterator[Placed]:
    """Copy the packages to their places below ``folder`` and yield each as it is there.

    What else lies there stays. Files are replaced whole; pages that list a folder are written last,
    so whatever stops this, they name only packages that are there, and doing it again completes
    it. The same packages give the same files.
    """
    for release in where.releases:
        for plugin in plugins:
            yield _place(folder, where, release, plugin)
        for kind in {plugin.kind: None for plugin in plugins}:
            if built_in(release, kind) is None:
                _write_page(folder / folder_of(release, where.system, kind))


def _system(image: str | None) -> str:
    word = official(image) if image is not None else "slim"
    if word is None:
        raise KuiperPackError(
            f"the image {image} is not one of eKuiper: name the one that is like it, alpine or slim"
        )
    return "alpine" if word.startswith("alpine") else "debian"


def _place(folder: Path, where: Shelf, release: Release, plugin: Plugin) -> Placed:
    names = built_in(release, plugin.kind)
    path = f"{folder_of(release, where.system, plugin.kind)}/{file_name(plugin.name, where.arch)}"
    target = folder / path
    digest, change = sha256_of(plugin.path), "added"
    if target.is_file():
        change = "same" if sha256_of(target) == digest else "replaced"
    if change != "same":
        with staged(target) as file, naming(target):
            shutil.copyfile(plugin.path, file.path)
    listed = names is None or plugin.name in names
    return Placed(path, plugin, release, listed, digest, change)


def _write_page(folder: Path) -> None:
    names = sorted(path.name for path in folder.glob("*.zip") if _NAME.fullmatch(path.stem))
    links = "".join(f'<li><a href="{name}">{name}</a></li>\n' for name in names)
    title = "/".join(folder.parts[-3:])
    page = f"<!doctype html>\n<title>{title}</title>\n<ul>\n{links}</ul>\n"
    with staged(folder / PAGE) as file, naming(folder / PAGE):
        file.path.write_bytes(page.encode())
