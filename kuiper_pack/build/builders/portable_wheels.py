"""Portable plugins in Python that bring along what they need, for servers without a network."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

from kuiper_pack.build.builders.base import Job, Recipe
from kuiper_pack.build.bundle import check_installed, gather, own_wheel
from kuiper_pack.build.contents import Member
from kuiper_pack.build.listing import members_of
from kuiper_pack.build.manifest import Manifest, read_manifest
from kuiper_pack.build.pythontarget import PythonTarget
from kuiper_pack.build.requirements import requirements_of
from kuiper_pack.build.settings import WHEELS
from kuiper_pack.build.templating import fill, templates
from kuiper_pack.build.wheels import Wheel
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.architecture import host_architecture
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import NEWEST, Release, default_releases
from kuiper_pack.profiles.images import NAMES, image_of

FOLDER = "wheels"
SCRIPT = "install.sh"
_NESTED_SCRIPT = f"{FOLDER}/{SCRIPT}"
_DEFAULT_IMAGE = "slim-python"
_SYMBOLS = ("sources/", "sinks/", "functions/")
_WHAT_WHEELS_ARE_MADE_FROM = frozenset({"setup.py", "setup.cfg", "MANIFEST.in"})


class PortableWheels:
    """Packs a Python plugin with its wheels and an install.sh that needs no network."""

    def fits(self, job: Job) -> bool:
        """Every project whose settings say ``bundle = "wheels"``."""
        return job.project.bundle == WHEELS

    def recipes(self, job: Job) -> Iterator[Recipe]:
        """One package for each Python that the servers have."""
        manifest = _manifest(job)
        check_installed()
        requirements = requirements_of(job.folder)
        if not (requirements.builds or requirements.roots or requirements.file):
            raise KuiperPackError(
                f'{job.folder}: nothing for bundle = "{WHEELS}": neither a pyproject.toml with '
                "[build-system] or dependencies, nor a requirements.txt"
            )
        targets = _targets(job)
        own = own_wheel(job) if requirements.builds else None
        rest = _without(own, members_of(job.folder, job.project.exclude, manifest), manifest)
        for target, releases in targets.items():
            wheels = gather(job, target, own, requirements)
            _check_room(wheels, rest, manifest)
            script = _script(job, target, manifest, rest)
            yield Recipe(
                manifest.version,
                (*rest, script, *(Member(f"{FOLDER}/{one.path.name}", one.path) for one in wheels)),
                tool=own.generator if own is not None else "",
                label=(releases[-1].text, job.project.image or _DEFAULT_IMAGE, target.arch),
                releases=releases,
                image=job.project.image or _DEFAULT_IMAGE,
                arch=target.arch,
            )


def _manifest(job: Job) -> Manifest:
    if job.kind is not Kind.PORTABLE:
        raise KuiperPackError(f'bundle = "{WHEELS}" is for portable plugins; leave it out')
    manifest = read_manifest(job.folder, job.name)
    if manifest.language != "python":
        raise KuiperPackError(f'bundle = "{WHEELS}" is for plugins in Python; leave it out')
    if manifest.virtual_env:
        raise KuiperPackError(
            f'bundle = "{WHEELS}" does not go with a virtualEnvType: nobody can tell the Python '
            "of that environment"
        )
    return manifest


def _targets(job: Job) -> dict[PythonTarget, tuple[Release, ...]]:
    """The Pythons to bundle for, each with the releases that have it, oldest first."""
    project = job.project
    arch = project.arch or host_architecture()
    if project.python and project.platform:
        target = PythonTarget(project.python, project.platform, arch)
        return {target: job.releases or default_releases()}
    name = project.image or _DEFAULT_IMAGE
    found: dict[PythonTarget, tuple[Release, ...]] = {}
    for release in job.releases or default_releases():
        image = image_of(release, name)
        python = project.python or (image.python if image else None)
        platform = project.platform or (image.wheels if image else None)
        if python is None or platform is None:
            if name in NAMES:
                what = f"the image {name} of eKuiper {release} has no Python"
            else:
                what = f"nobody knows which Python is in the image {name}"
            raise KuiperPackError(
                f'{what}: name another image, or set python = "3.12" and platform = '
                '"manylinux_2_36" or whatever it has'
            )
        target = PythonTarget(python, platform, arch)
        found[target] = (*found.get(target, ()), release)
    if job.releases:
        return found
    return {target: some for target, some in found.items() if NEWEST in some}


def _without(
    own: Wheel | None, members: tuple[Member, ...], manifest: Manifest
) -> tuple[Member, ...]:
    """The members that are not in the wheel of the project already, nor only there to make it."""
    if own is None:
        return members
    with ZipFile(own.path) as archive:
        return tuple(
            member
            for member in members
            if member.name == manifest.executable
            or member.name.startswith(_SYMBOLS)
            or not (member.name in _WHAT_WHEELS_ARE_MADE_FROM or _is_in(archive, own, member))
        )


def _is_in(archive: ZipFile, own: Wheel, member: Member) -> bool:
    _, _, inner = member.name.partition("/")
    return any(
        isinstance(member.source, Path) and archive.read(name) == member.source.read_bytes()
        for name in {member.name, inner} & set(own.files)
    )


def _check_room(wheels: tuple[Wheel, ...], members: tuple[Member, ...], manifest: Manifest) -> None:
    """Raise KuiperPackError where what a wheel installs would replace a file of the package."""
    beside = PurePosixPath(manifest.executable).parent
    taken = {
        PurePosixPath(member.name).relative_to(beside).parts[0]
        for member in members
        if PurePosixPath(member.name).is_relative_to(beside)
    }
    for wheel in wheels:
        for name in sorted(wheel.top_level & {*taken, FOLDER}):
            raise KuiperPackError(
                f"{wheel.path.name} and the plugin both have {beside / name}; rename the plugin's"
            )


def _script(
    job: Job, target: PythonTarget, manifest: Manifest, members: tuple[Member, ...]
) -> Member:
    """What installs the wheels: install.sh, or what the project's own install.sh runs."""
    own = next((member for member in members if member.name == SCRIPT), None)
    if own is not None and isinstance(own.source, Path):
        text = own.source.read_text(encoding="utf-8", errors="replace")
        if _NESTED_SCRIPT not in text:
            raise KuiperPackError(
                f"{own.source}: does not install the wheels; add the line "
                f'sh "$(dirname "$0")/{_NESTED_SCRIPT}", or remove this file'
            )
    beside = PurePosixPath(manifest.executable).parent
    values = {
        "name": job.name,
        "up": "" if own is None else "/..",
        "program": "" if beside == PurePosixPath() else f"/{beside}",
        "target": target.title,
    }
    text = fill(dict(templates(FOLDER))[SCRIPT], values)
    return Member(SCRIPT if own is None else _NESTED_SCRIPT, text.encode(), executable=True)
