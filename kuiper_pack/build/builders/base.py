"""What every builder takes and gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kuiper_pack.build.contents import Member
from kuiper_pack.build.project import Project
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Release


@dataclass(frozen=True, slots=True)
class Job:
    """One project to build.

    ``folder`` is absolute; ``kind`` and ``name`` are what the project is; ``releases`` are the
    servers it is for, empty where none was named. Compiled files go to ``scratch``, an empty folder
    that is removed later. ``environment`` is that of the process.
    """

    folder: Path
    kind: Kind
    name: str
    project: Project
    releases: tuple[Release, ...]
    scratch: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A package ready to be written.

    ``label`` are the parts of the file name behind name and version: what the content depends on,
    like release, image and architecture. ``tool`` names what compiled it, empty where nothing did.
    ``releases`` are the ones to judge it for, None for the default.
    """

    version: str
    members: tuple[Member, ...]
    tool: str = ""
    label: tuple[str, ...] = ()
    releases: tuple[Release, ...] | None = None
    image: str | None = None
    arch: str | None = None


class Builder(Protocol):
    """A way to make packages of one sort of project."""

    def fits(self, job: Job) -> bool:
        """Whether the project is of this sort."""

    def recipes(self, job: Job) -> Iterator[Recipe]:
        """The packages of the project, compiled where needed.

        Raises :class:`KuiperPackError` with one line where that fails.
        """
