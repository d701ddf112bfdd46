"""Where a native plugin is compiled: on this machine, or in the image its servers come from."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kuiper_pack.build.ccompiler import Compiler, c_compiler, compiler_for, no_compiler
from kuiper_pack.build.container import ENGINES, Container, engine_of
from kuiper_pack.build.ctarget import MUSL, CTarget, target_of
from kuiper_pack.build.gomod import GoModule
from kuiper_pack.build.gotool import Go
from kuiper_pack.build.group import Group
from kuiper_pack.build.servertree import check_versions, server_tree
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.profiles import CONTRACT
from kuiper_pack.profiles.images import builder_of

if TYPE_CHECKING:
    from kuiper_pack.build.builders.base import Job

_SETTINGS = {"amd64": {"GOAMD64": "v1"}, "arm": {"GOARM": "7"}}
"""What official builds are made with, and what Go chooses differently here and there."""


class Workbench(Protocol):
    """A place that compiles plugins for one group of releases and one target."""

    @property
    def title(self) -> str:
        """What compiles, for reports."""

    def compile(self, package: Path, output: Path) -> str:
        """Compile the Go package in a folder to ``output``; returns what else it was made of."""


@dataclass(frozen=True, slots=True)
class Here:
    """The Go of the group, and a C compiler of this machine."""

    go: Go
    compiler: Compiler
    group: Group
    module: GoModule
    scratch: Path

    @property
    def title(self) -> str:
        """Go and the C compiler."""
        return f"{self.go.title}, {self.compiler.title}"

    def compile(self, package: Path, output: Path) -> str:
        """As :class:`Workbench` says."""
        build = ("build", *self.group.flags, "-o", str(output))
        if self.group.version:
            self.go.run(package, *build, ".")
            return ""
        tree = server_tree(
            self.go,
            self.group.newest,
            self.group.shared,
            self.module,
            package,
            self.scratch / f"with-{self.group.newest}",
        )
        self.go.run(tree.folder, *build, *tree.options, tree.package)
        check_versions(self.go, tree)
        return tree.title


@dataclass(frozen=True, slots=True)
class There:
    """A container of the image that the releases were compiled in."""

    container: Container
    group: Group
    module: GoModule
    environment: Mapping[str, str]

    @property
    def title(self) -> str:
        """The image."""
        return self.container.image

    def compile(self, package: Path, output: Path) -> str:
        """As :class:`Workbench` says."""
        output.parent.mkdir(parents=True, exist_ok=True)
        self.container.run(self.command(package, output), package, self.environment)
        return ""

    def command(self, package: Path, output: Path) -> list[str]:
        """The command line that compiles."""
        module = self.module.folder.resolve()
        inside = package.resolve().relative_to(module).as_posix()
        settings = {
            **{"HOME": "/tmp", "GOPATH": "/tmp/go", "GOCACHE": "/tmp/cache"},  # noqa: S108 - there
            **{"GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "1"},
            **_SETTINGS.get(self.container.arch, {}),
        }
        return self.container.command(
            {module: "/plugin:ro", output.parent: "/output"},
            "/plugin" if inside == "." else f"/plugin/{inside}",
            settings,
            ["go", "build", *self.group.flags, "-o", f"/output/{output.name}", "."],
            self.environment,
        )


def workbench_for(
    job: "Job", group: Group, module: GoModule, arch: str
) -> tuple[Workbench, CTarget]:
    """Where to compile for ``group``, and what for.

    Where no image is named, that is the image slim, if this machine can link for it, or what its C
    compiler links to. Raises :class:`KuiperPackError` where neither this machine nor a container
    can do it, and where the module uses another contract than the servers.
    """
    target, compiler = _linker(job, group, arch)
    package = job.folder / (job.project.package or ".")
    if compiler is not None and shutil.which("go", path=job.environment.get("PATH")):
        settings = {
            **{"CGO_ENABLED": "1", "GOARCH": arch},
            **_SETTINGS.get(arch, {}),
            **compiler.settings,
        }
        go = Go.exactly(group.go, package, job.environment, job.scratch, settings)
        if group.version:
            group.check_contract(module, go.module_version(package, CONTRACT))
        return Here(go, compiler, group, module, job.scratch), target
    image = builder_of(group.newest, group.go, "musl" if target.library == MUSL else "glibc")
    engine = engine_of(job.environment) if image and group.version else None
    if engine is None or image is None:
        raise KuiperPackError(_missing(target, compiler))
    return There(Container(engine, image, arch), group, module, job.environment), target


def _linker(job: "Job", group: Group, arch: str) -> tuple[CTarget, Compiler | None]:
    named = job.project.image
    if named is not None:
        images: tuple[str | None, ...] = (named,)
    elif job.environment.get("CC", "").strip():
        images = (c_compiler(job.environment).image,)
    else:
        images = ("slim", None)
    targets = [target_of(arch, image, group.releases) for image in images]
    for target in targets:
        compiler = compiler_for(target, job.environment)
        if compiler is not None:
            return target, compiler
    return targets[0], None


def _missing(target: CTarget, compiler: Compiler | None) -> str:
    engines = f"start {' or '.join(ENGINES[:2])}, "
    if compiler is None:
        return no_compiler(target, engines)
    return (
        "Go is needed to compile this plugin and is not installed; install Go 1.21 or later, "
        f"{engines}or build elsewhere and put the result into the folder"
    )
