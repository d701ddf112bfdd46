"""How each path is judged: by the options given, and by the settings of its project."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.folder import DEFAULT_OUTPUT
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import open_package
from kuiper_pack.planner import Request
from kuiper_pack.profiles import Release, select
from kuiper_pack.rules.catalogue import catalogue
from kuiper_pack.rules.engine import Judge
from kuiper_pack.rules.finding import Severity, threshold
from kuiper_pack.rules.selection import chosen
from kuiper_pack.rules.target import Target
from kuiper_pack.rules.validation import Order

if TYPE_CHECKING:
    from kuiper_pack.build.project import Project

_DEFAULT_THRESHOLD = Severity.ERROR.value
_SETTINGS = ("kuiper-pack.toml", "pyproject.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user says beside the settings; empty or None where nothing is said."""

    servers: tuple[str, ...] = ()
    image: str | None = None
    arch: str | None = None
    kind: Kind | None = None
    name: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str | None = None
    request_file: Path | None = None


class Orders:
    """Makes the order for each path from the options and the settings of the path's project.

    ``releases`` finds the releases that users name. Raises KuiperPackError for wrong options when
    it is made, for wrong settings when a path asks.
    """

    def __init__(
        self,
        options: Options,
        releases: Callable[[Sequence[str]], tuple[Release, ...]] = select,
    ) -> None:
        self.options = options
        self._releases = releases
        self._projects: dict[str, Project | None] = {}
        self._judges: dict[object, Judge] = {}
        self._plain = self._order(None, own=False)
        if options.request_file is not None:
            read_request_for("", options.request_file)  # what is wrong with it is no path's fault

    def order_for(self, path: Path) -> Order:
        """The order for one path; raises KuiperPackError for wrong settings."""
        project = self.project_of(path)
        if self.options.request_file is not None:
            return self._with_request(path, project, self.options.request_file)
        if project is not None:
            return self._order(project, own=_is_of(path, project))
        return self._plain

    def order_of(self, project: "Project") -> Order:
        """The order for the own package of ``project``."""
        return self._order(project, own=True)

    def settings_for(self, path: Path) -> "Project | None":
        """The settings of ``path``, where there are any that can be read."""
        try:
            return self.project_of(path)
        except KuiperPackError:
            return None  # whoever judges it says why

    def project_of(self, path: Path) -> "Project | None":
        """The settings that hold for a folder, or for a zip in a project or in its ``dist``."""
        place = os.fspath(path)
        if os.path.isdir(place):  # noqa: PTH112 (pathlib is slower, and paths can be thousands)
            return self._project(place)
        folder = os.path.dirname(place)  # noqa: PTH120 (as above)
        if folder not in self._projects:
            self._projects[folder] = self._project(folder) or self._putting_out(Path(folder))
        return self._projects[folder]

    def _putting_out(self, folder: Path) -> "Project | None":
        """The project above ``folder`` whose output folder it is."""
        parent = folder.absolute().parent
        project = self._project(str(parent))
        if (
            project is None
            or (parent / (project.output or DEFAULT_OUTPUT)).resolve() != folder.resolve()
        ):
            return None
        return project

    def _project(self, folder: str) -> "Project | None":
        if not any(Path(folder, name).is_file() for name in _SETTINGS):
            return None
        from kuiper_pack.build.project import read_project

        project = read_project(Path(folder))
        return None if project.file is None else project

    def _with_request(self, path: Path, project: "Project | None", file: Path) -> Order:
        """The order with the request, which is for the plugin that ``path`` holds."""
        own = project is not None and _is_of(path, project)
        order = self._order(project, own=own)
        try:
            package = open_package(path, kind=order.kind, name=order.name)
        except KuiperPackError:
            return order  # whoever judges it says why it cannot be read
        return self._order(project, own=own, request=read_request_for(package.name, file))

    def _order(
        self, project: "Project | None", *, own: bool, request: Request | None = None
    ) -> Order:
        given = self.options
        if project is None:
            return Order(
                judge=self._judge(
                    given.servers, given.image, given.arch, given.select, given.ignore, request
                ),
                kind=given.kind,
                name=given.name,
                fail_on=threshold(given.fail_on or _DEFAULT_THRESHOLD),
            )
        return Order(
            judge=self._judge(
                given.servers or project.servers,
                given.image or project.image,
                given.arch or project.arch,
                given.select or project.select,
                given.ignore or project.ignore,
                request,
            ),
            kind=given.kind or (project.kind if own else None),
            name=given.name or (project.name if own else None),
            ignores=project.ignores,
            fail_on=threshold(given.fail_on or project.fail_on or _DEFAULT_THRESHOLD),
        )

    def _judge(
        self,
        servers: tuple[str, ...],
        image: str | None,
        arch: str | None,
        select_: tuple[str, ...],
        ignore: tuple[str, ...],
        request: Request | None,
    ) -> Judge:
        key = servers, image, arch, select_, ignore, request
        if key not in self._judges:
            releases = self._releases(servers) if servers else None
            target = Target(releases, image=image, arch=arch, request=request)
            rules = catalogue()
            self._judges[key] = Judge(target, rules, chosen(rules, select_, ignore))
        return self._judges[key]


def read_request_for(name: str, file: Path) -> Request:
    """The create request in ``file``, for the plugin ``name`` where it names none itself."""
    from kuiper_pack.planner.predict import URL
    from kuiper_pack.planner.request_file import read_request

    return read_request(file.read_bytes(), str(file), name=name, file=URL)


def _is_of(path: Path, project: "Project") -> bool:
    """Whether ``path`` is the project's own package; a zip is so by the name of its file."""
    if project.name is None or path.is_dir():
        return path.is_dir()
    return path.stem == project.name or path.stem.startswith(f"{project.name}-")
