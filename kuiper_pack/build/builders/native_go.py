"""Native plugins from Go source."""

from collections.abc import Iterator
from dataclasses import dataclass

from kuiper_pack.build.builders.base import Job, Recipe
from kuiper_pack.build.ccompiler import Compiler, c_compiler, check_cross, check_image, check_linked
from kuiper_pack.build.contents import Member
from kuiper_pack.build.gomod import GoModule, go_module, numbers
from kuiper_pack.build.gotool import Go, is_go_source
from kuiper_pack.build.listing import members_of
from kuiper_pack.build.names import shared_object_name, shared_object_pattern
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.architecture import host_architecture
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import NEWEST, Release, profile, ranges

CONTRACT = "github.com/lf-edge/ekuiper/contract/v2"
"""The Go module that a plugin shares with the server."""
BUILD = ("build", "-buildmode=plugin", "-trimpath", "-buildvcs=false")
"""What makes of Go source a plugin that official servers load."""


class NativeGo:
    """Compiles a Go plugin once for every toolchain its servers were built with."""

    def fits(self, job: Job) -> bool:
        """A native plugin whose folder is a Go module."""
        return job.kind is not Kind.PORTABLE and is_go_source(job.folder, job.project.package)

    def recipes(self, job: Job) -> Iterator[Recipe]:
        """One package per Go toolchain and contract version; without a release, for the newest.

        Everything that can be known to be missing is found out before the first one is compiled.
        """
        alike: dict[tuple[str, str], list[Release]] = {}
        for release in sorted(job.releases or (NEWEST,), reverse=True):
            facts = profile(release)
            if facts.contract is None:
                raise KuiperPackError(
                    f"eKuiper {release} has no plugin contract of its own: its plugins are built "
                    "inside its source tree; build the .so there and put it into the folder"
                )
            alike.setdefault((facts.go, facts.contract), []).append(release)
        arch = job.project.arch or host_architecture()
        module = go_module(job.folder, job.project.package)
        groups = [
            _Group(tuple(sorted(releases)), go, f"v{contract.removeprefix('v')}", len(alike) > 1)
            for (go, contract), releases in alike.items()
        ]
        for group in groups:
            group.check_file(module)
        compiler = c_compiler(job.environment)
        check_cross(arch, job.environment)
        check_image(job.project.image, compiler, arch)
        tools = [(group, self._tool(job, group, module, arch)) for group in groups]
        for group, go in tools:
            yield self._recipe(job, group, go, compiler, arch)

    def _tool(self, job: Job, group: "_Group", module: GoModule, arch: str) -> Go:
        """The Go of the servers, which sees the contract of the servers."""
        package = job.folder / (job.project.package or ".")
        settings = {"CGO_ENABLED": "1", "GOARCH": arch}
        go = Go.exactly(group.go, package, job.environment, job.scratch, settings)
        group.check_contract(module, go.module_version(package, CONTRACT))
        return go

    def _recipe(self, job: Job, group: "_Group", go: Go, compiler: Compiler, arch: str) -> Recipe:
        newest = group.releases[-1]
        package = job.folder / (job.project.package or ".")
        name = shared_object_name(job.name, (job.project.version or "").removeprefix("v"))
        compiled = job.scratch / newest.text / name
        go.run(package, *BUILD, "-o", str(compiled), ".")
        stale = shared_object_pattern(job.name)
        rest = members_of(job.folder, job.project.exclude, sources=False)
        members = [member for member in rest if not stale.fullmatch(member.name)]
        image = job.project.image or compiler.image
        check_linked(image, compiled)
        return Recipe(
            (job.project.version or "").removeprefix("v"),
            (*members, Member(name, compiled)),
            tool=f"{go.title}, {compiler.title}",
            label=(newest.text, image, arch),
            releases=group.releases,
            image=image,
            arch=arch,
        )


@dataclass(frozen=True, slots=True)
class _Group:
    """Releases that open the same plugins; ``more`` says that others are built for as well."""

    releases: tuple[Release, ...]
    go: str
    contract: str
    more: bool

    def check_file(self, module: GoModule) -> None:
        """Raise KuiperPackError where the module file says that these servers are not its own."""
        self.check_contract(module, module.required(CONTRACT) or self.contract)
        if module.go > numbers(self.go):
            oldest = ".".join(map(str, module.go))
            raise KuiperPackError(
                f"{module.path}: eKuiper {self.releases[-1]} is built with Go {self.go}, and this "
                f"module asks for Go {oldest}: {self._remedy(f'go mod edit -go={self.go}')}"
            )

    def check_contract(self, module: GoModule, used: str) -> None:
        """Raise KuiperPackError where the module uses another contract than these servers."""
        if used != self.contract:
            raise KuiperPackError(
                f"{module.path}: eKuiper {self.releases[-1]} has {CONTRACT} {self.contract}, this "
                f"plugin has {used or 'none'}, and a server opens no plugin with another: "
                f"{self._remedy(f'go get {CONTRACT}@{self.contract}')}"
            )

    def _remedy(self, command: str) -> str:
        if not self.more:
            return command
        return f"leave out --server {ranges(self.releases)}, or build apart for it after {command}"
