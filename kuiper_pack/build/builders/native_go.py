"""Native plugins from Go source."""

from collections.abc import Iterator

from kuiper_pack.build.builders.base import Job, Recipe
from kuiper_pack.build.contents import Member
from kuiper_pack.build.gotool import Go, c_compiler, check_cross, host_architecture, is_go_source
from kuiper_pack.build.listing import members_of
from kuiper_pack.build.names import shared_object_name, shared_object_pattern
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import NEWEST, Release, profile

CONTRACT = "github.com/lf-edge/ekuiper/contract/v2"
"""The Go module that a plugin shares with the server."""


class NativeGo:
    """Compiles a Go plugin once for every toolchain its servers were built with."""

    def fits(self, job: Job) -> bool:
        """A native plugin whose folder is a Go module."""
        return job.kind is not Kind.PORTABLE and is_go_source(job.folder, job.project.package)

    def recipes(self, job: Job) -> Iterator[Recipe]:
        """One package per Go toolchain and contract version; without a release, for the newest."""
        alike: dict[tuple[str, str], list[Release]] = {}
        for release in sorted(job.releases or (NEWEST,), reverse=True):
            facts = profile(release)
            if facts.contract is None:
                raise KuiperPackError(
                    f"eKuiper {release} has no plugin contract of its own: its plugins are built "
                    "inside its source tree; build the .so there and put it into the folder"
                )
            alike.setdefault((facts.go, facts.contract), []).append(release)
        for (version, contract), releases in alike.items():
            yield self._recipe(job, tuple(sorted(releases)), version, contract)

    def _recipe(
        self, job: Job, releases: tuple[Release, ...], version: str, contract: str
    ) -> Recipe:
        newest = releases[-1]
        arch = job.project.arch or host_architecture()
        compiler = c_compiler(job.environment)
        check_cross(arch, job.environment)
        package = job.folder / (job.project.package or ".")
        settings = {"CGO_ENABLED": "1", "GOARCH": arch}
        go = Go.exactly(version, package, job.environment, job.scratch, settings)
        used = go.module_version(package, CONTRACT)
        wanted = f"v{contract.removeprefix('v')}"
        if used != wanted:
            raise KuiperPackError(
                f"{package / 'go.mod'}: eKuiper {newest} has {CONTRACT} {wanted}, this plugin has "
                f"{used or 'none'}, and a server opens no plugin with another: "
                f"go get {CONTRACT}@{wanted}"
            )
        name = shared_object_name(job.name, (job.project.version or "").removeprefix("v"))
        compiled = job.scratch / newest.text / name
        go.run(
            package,
            *("build", "-buildmode=plugin", "-trimpath", "-buildvcs=false"),
            *("-o", str(compiled), "."),
        )
        stale = shared_object_pattern(job.name)
        rest = members_of(job.folder, job.project.exclude, sources=False)
        members = [member for member in rest if not stale.fullmatch(member.name)]
        image = job.project.image or compiler.image
        return Recipe(
            (job.project.version or "").removeprefix("v"),
            (*members, Member(name, compiled)),
            tool=f"{go.title}, {compiler.title}",
            label=(newest.text, image, arch),
            releases=releases,
            image=image,
            arch=arch,
        )
