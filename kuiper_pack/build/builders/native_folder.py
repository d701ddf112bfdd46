"""Native plugins whose shared object is there already."""

import re
from collections.abc import Iterator

from kuiper_pack.build.builders.base import Job, Recipe
from kuiper_pack.build.listing import members_of
from kuiper_pack.build.names import shared_object_pattern
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind


class NativeFolder:
    """Packs a folder that holds the ``.so`` of a plugin."""

    def fits(self, job: Job) -> bool:
        """Every native plugin; the builder of Go sources is asked before."""
        return job.kind is not Kind.PORTABLE

    def recipes(self, job: Job) -> Iterator[Recipe]:
        """One package; its version is that of the file name of the ``.so``."""
        members = members_of(job.folder, job.project.exclude)
        pattern = shared_object_pattern(job.name)
        found = [match for member in members if (match := pattern.fullmatch(member.name))]
        if not found:
            raise KuiperPackError(
                f"{job.folder}: neither Go source (go.mod) nor a shared object of the plugin "
                f'"{job.name}" ({job.name}.so or {job.name}@v1.0.0.so) is there'
            )
        version = re.sub(r"\A@v?", "", found[0]["version"] or "")
        yield Recipe(
            version,
            members,
            releases=job.releases or None,
            image=job.project.image,
            arch=job.project.arch,
        )
