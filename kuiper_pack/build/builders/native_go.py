"""Native plugins from Go source."""

from collections.abc import Iterator
from dataclasses import replace

from kuiper_pack.build.builders.base import Job, Recipe
from kuiper_pack.build.contents import Member
from kuiper_pack.build.ctarget import MUSL, CTarget, target_of, version_of
from kuiper_pack.build.gomod import go_module
from kuiper_pack.build.gotool import is_go_source
from kuiper_pack.build.group import Group, groups_of
from kuiper_pack.build.listing import members_of
from kuiper_pack.build.names import shared_object_name, shared_object_pattern
from kuiper_pack.build.readback import check_built, check_opened
from kuiper_pack.build.workbench import Workbench, workbench_for
from kuiper_pack.goplugin.host import glibc_of
from kuiper_pack.goplugin.read import Binary
from kuiper_pack.package.architecture import host_architecture
from kuiper_pack.package.kind import Kind


class NativeGo:
    """Compiles a Go plugin once for every toolchain its servers were built with."""

    def fits(self, job: Job) -> bool:
        """A native plugin whose folder is a Go module."""
        return job.kind is not Kind.PORTABLE and is_go_source(job.folder, job.project.package)

    def recipes(self, job: Job) -> Iterator[Recipe]:
        """One package per Go toolchain and contract version; without a release, for the newest.

        Everything that can be known to be missing is found out before the first one is compiled.
        """
        arch = job.project.arch or host_architecture()
        module = go_module(job.folder, job.project.package)
        groups = groups_of(job.releases)
        for group in groups:
            group.check_file(module)
        places = [(group, *workbench_for(job, group, module, arch)) for group in groups]
        for group, workbench, target in places:
            yield _recipe(job, group, workbench, target)


def _recipe(job: Job, group: Group, workbench: Workbench, target: CTarget) -> Recipe:
    version = (job.project.version or "").removeprefix("v")
    name = shared_object_name(job.name, version)
    compiled = job.scratch / group.newest.text / name
    made_of = workbench.compile(job.folder / (job.project.package or "."), compiled)
    image = job.project.image
    asked = target if image else replace(target, library=None, glibc=None)
    shared = (group.shared, group.version) if group.version else None
    binary = check_built(compiled, asked, group.go, shared)
    label = image
    if image is None:
        image, label = _fitting(binary, group)
    check_opened(compiled, binary, group.releases, target.arch, image)
    stale = shared_object_pattern(job.name)
    rest = members_of(job.folder, job.project.exclude, sources=False)
    members = [member for member in rest if not stale.fullmatch(member.name)]
    return Recipe(
        version,
        (*members, Member(name, compiled)),
        tool=", ".join(part for part in (workbench.title, made_of) if part),
        label=(group.newest.text, label or "", target.arch),
        releases=group.releases,
        image=image,
        arch=target.arch,
    )


def _fitting(binary: Binary, group: Group) -> tuple[str | None, str]:
    """The image that has the C library of what was linked, and what to call that library."""
    image = "alpine" if binary.libc == MUSL else "slim"
    newest = glibc_of(binary)
    has = target_of(binary.elf.machine, image, group.releases).glibc
    if has and newest > version_of(has):
        return None, f"glibc{'.'.join(map(str, newest))}"
    return image, image
