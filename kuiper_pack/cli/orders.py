"""How ``validate`` judges each path: by the options given, and by the settings of its project."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import select
from kuiper_pack.rules.catalogue import catalogue
from kuiper_pack.rules.engine import Judge
from kuiper_pack.rules.finding import Severity
from kuiper_pack.rules.selection import chosen
from kuiper_pack.rules.target import Target
from kuiper_pack.rules.validation import Order

if TYPE_CHECKING:
    from kuiper_pack.build.project import Project

NEVER = "never"
_SETTINGS = ("kuiper-pack.toml", "pyproject.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says; empty or None where it says nothing."""

    servers: tuple[str, ...] = ()
    image: str | None = None
    arch: str | None = None
    kind: Kind | None = None
    name: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str | None = None

    def order_for(self, path: Path) -> Order:
        """The order for one path; raises KuiperPackError for wrong options or settings."""
        project = project_of(path)
        if project is None:
            return Order(
                judge=_judge(self.servers, self.image, self.arch, self.select, self.ignore),
                kind=self.kind,
                name=self.name,
                fail_on=_severity(self.fail_on),
            )
        own = _is_of(path, project)
        return Order(
            judge=_judge(
                self.servers or project.servers,
                self.image or project.image,
                self.arch or project.arch,
                self.select or project.select,
                self.ignore or project.ignore,
            ),
            kind=self.kind or (project.kind if own else None),
            name=self.name or (project.name if own else None),
            ignores=project.ignores,
            fail_on=_severity(self.fail_on or project.fail_on),
        )


def project_of(path: Path) -> "Project | None":
    """The settings that hold for ``path``, a folder, or a zip in a project or in its ``dist``."""
    if path.is_dir():
        return _project(path)
    return _project(path.parent) or _project(path.parent.parent)


@cache
def _project(folder: Path) -> "Project | None":
    if not any((folder / name).is_file() for name in _SETTINGS):
        return None
    from kuiper_pack.build.project import read_project

    project = read_project(folder)
    return None if project.file is None else project


def _is_of(path: Path, project: "Project") -> bool:
    """Whether ``path`` is the project's own package; a zip is so by the name of its file."""
    if path.is_dir() or project.name is None:
        return path.is_dir()
    return path.stem == project.name or path.stem.startswith((f"{project.name}-",))


@cache
def _judge(
    servers: Sequence[str],
    image: str | None,
    arch: str | None,
    select_: Sequence[str],
    ignore: Sequence[str],
) -> Judge:
    target = Target(select(servers) if servers else None, image=image, arch=arch)
    rules = catalogue()
    return Judge(target, rules, chosen(rules, select_, ignore))


def _severity(word: str | None) -> Severity | None:
    return None if word == NEVER else Severity(word or "error")
