"""Portable plugins that need no compiler: Python programs, and executables that are there."""

from collections.abc import Iterator

from kuiper_pack.build.builders.base import Job, Recipe
from kuiper_pack.build.listing import members_of
from kuiper_pack.build.manifest import read_manifest
from kuiper_pack.package.kind import Kind


class PortableFolder:
    """Packs the folder of a portable plugin as it is."""

    def fits(self, job: Job) -> bool:
        """Every portable plugin; the builder of Go sources is asked before."""
        return job.kind is Kind.PORTABLE

    def recipes(self, job: Job) -> Iterator[Recipe]:
        """One package for all servers."""
        manifest = read_manifest(job.folder, job.name)
        members = members_of(job.folder, job.project.exclude, manifest)
        yield Recipe(manifest.version, members, releases=job.releases or None)
