"""Building a project: find out what it is, compile, write, judge, and only then put in place."""

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kuiper_pack import __version__
from kuiper_pack.build.atomic import naming, staged
from kuiper_pack.build.builders import Job, Recipe, builder_for
from kuiper_pack.build.deflate import COMPRESSIONS, codec
from kuiper_pack.build.digest import sha256_of
from kuiper_pack.build.identity import identify
from kuiper_pack.build.judge import judge
from kuiper_pack.build.names import package_file_name
from kuiper_pack.build.project import Project
from kuiper_pack.build.zipwriter import Progress, timestamp, write_zip
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.folder import DEFAULT_OUTPUT, output_patterns
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import select

if TYPE_CHECKING:
    from kuiper_pack.rules.validation import Judgement

_LIKE_A_FILE = re.compile(r"\.[A-Za-z]{1,4}")
"""Endings that no folder has: ``.json`` and ``.txt``, unlike the ``.0`` of a version."""

Watch = Callable[[str, int], AbstractContextManager[Progress | None]]
"""Shows the writing of a package: told its name and bytes, it gives who is told of progress."""


@dataclass(frozen=True, slots=True)
class Built:
    """A package that was built.

    ``size`` is in bytes. ``tool`` names what made it and ``deflate`` what compressed it: the same
    content with the same two gives the same bytes. ``judgement`` is what the rules say; where it is
    not passed the package was not put in place.
    """

    path: Path
    kind: Kind
    name: str
    version: str
    size: int
    sha256: str
    tool: str
    deflate: str
    judgement: "Judgement"

    @property
    def written(self) -> bool:
        """Whether the package is at its path."""
        return self.judgement.passed


def build(
    folder: Path,
    project: Project,
    *,
    environment: Mapping[str, str] = os.environ,
    watch: Watch | None = None,
) -> Iterator[Built]:
    """Build every package of the project in ``folder`` and yield each as it is done.

    ``project`` are its settings with those of the command line laid over. A package with findings
    at or above ``fail_on`` is not put in place, and what was there stays. Raises
    :class:`KuiperPackError` where something cannot be built.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise KuiperPackError(f"{folder}: no such folder; give the folder of the plugin")
    _check_output(_output(folder, project))
    kind, name = identify(folder, project)
    project = replace(project, exclude=(*project.exclude, *output_patterns(folder, project.output)))
    with tempfile.TemporaryDirectory(prefix="kuiper-pack-") as scratch:
        job = Job(
            folder,
            kind,
            name,
            project,
            select(project.servers),
            Path(scratch),
            environment,
        )
        written: set[Path] = set()
        for recipe in builder_for(job).recipes(job):
            target = _target(job, recipe)
            if target in written:
                raise KuiperPackError(
                    f"{target}: these servers need more than one package; name a folder for them"
                )
            written.add(target)
            yield _write(job, recipe, target, watch)


def overlay(project: Project, **given: object) -> Project:
    """The settings with those that are given on the command line laid over; None is not given."""
    return replace(project, **{name: value for name, value in given.items() if value})  # type: ignore[arg-type]


def _write(job: Job, recipe: Recipe, target: Path, watch: Watch | None) -> Built:
    compression = codec(job.project.compression or COMPRESSIONS[-1])
    moment = timestamp(job.environment)
    with staged(target) as file:
        with (
            _watched(watch, target, recipe) as progress,
            naming(target),
            file.path.open("wb") as out,
        ):
            write_zip(out, recipe.members, codec=compression, moment=moment, progress=progress)
        with ThreadPoolExecutor(1) as thread:
            digest = thread.submit(sha256_of, file.path)
            judgement = judge(file.path, target, job, recipe)
        file.keep = judgement.passed
        return Built(
            path=target,
            kind=job.kind,
            name=job.name,
            version=recipe.version,
            size=file.path.stat().st_size,
            sha256=digest.result(),
            tool=", ".join(part for part in (f"kuiper-pack {__version__}", recipe.tool) if part),
            deflate=compression.title,
            judgement=judgement,
        )


def _output(folder: Path, project: Project) -> Path:
    """Where packages go: a folder, or the package itself where the name ends in .zip."""
    return folder / (project.output or DEFAULT_OUTPUT)


def _target(job: Job, recipe: Recipe) -> Path:
    output = _output(job.folder, job.project)
    if output.suffix == ".zip":
        return output
    return output / package_file_name(job.name, recipe.version, recipe.label)


def _check_output(output: Path) -> None:
    """Raise KuiperPackError for what can be neither a package nor a folder of packages."""
    if output.suffix == ".zip":
        if output.is_dir():
            raise KuiperPackError(f"{output}: a folder, and not the zip its name says; rename it")
    elif not output.is_dir() and (output.exists() or _LIKE_A_FILE.fullmatch(output.suffix)):
        raise KuiperPackError(
            f"{output}: packages go into a folder, or into a file whose name ends in .zip; name "
            "one of these"
        )


def _watched(
    watch: Watch | None, target: Path, recipe: Recipe
) -> AbstractContextManager[Progress | None]:
    if watch is None:
        return nullcontext()
    sources = [member.source for member in recipe.members]
    total = sum(len(one) if isinstance(one, bytes) else one.stat().st_size for one in sources)
    return watch(target.name, total)
