"""Portable plugins written in Go, from source."""

from collections.abc import Iterator

from kuiper_pack.build.builders.base import Job, Recipe
from kuiper_pack.build.contents import Member
from kuiper_pack.build.gotool import Go, is_go_source
from kuiper_pack.build.listing import members_of
from kuiper_pack.build.manifest import read_manifest
from kuiper_pack.package.architecture import host_architecture
from kuiper_pack.package.kind import Kind


class PortableGo:
    """Compiles a Go program without C, so that it runs in every image, and packs its folder."""

    def fits(self, job: Job) -> bool:
        """A portable plugin whose manifest says ``go`` and whose folder is a Go module."""
        return (
            job.kind is Kind.PORTABLE
            and is_go_source(job.folder, job.project.package)
            and read_manifest(job.folder, job.name).language == "go"
        )

    def recipes(self, job: Job) -> Iterator[Recipe]:
        """One package for the architecture that is asked for, by default this machine's."""
        manifest = read_manifest(job.folder, job.name)
        arch = job.project.arch or host_architecture()
        package = job.folder / (job.project.package or ".")
        settings = {"CGO_ENABLED": "0", "GOARCH": arch}
        go = Go.local(package, job.environment, job.scratch, settings)
        compiled = job.scratch / "executable"
        go.run(package, "build", "-trimpath", "-buildvcs=false", "-o", str(compiled), ".")
        rest = members_of(job.folder, job.project.exclude, manifest, sources=False)
        name = manifest.executable or job.name
        members = [member for member in rest if member.name != name]
        yield Recipe(
            manifest.version,
            (*members, Member(name, compiled, executable=True)),
            tool=go.title,
            label=(arch,),
            releases=job.releases or None,
            arch=arch,
        )
