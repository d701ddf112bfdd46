"""The files of a project's folder that belong into its package."""

from pathlib import Path

from kuiper_pack.build.contents import Member
from kuiper_pack.build.manifest import Manifest
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.folder import is_go_source, list_folder
from kuiper_pack.package.projectfile import FILE

_PROGRAM_STARTS = (b"#!", b"\x7fELF")


def members_of(
    folder: Path,
    exclude: tuple[str, ...],
    manifest: Manifest | None = None,
    *,
    sources: bool = True,
) -> tuple[Member, ...]:
    """Every file of ``folder`` as a member, without what no package needs.

    ``exclude`` are patterns of what else stays out. Executable are install.sh, what ``manifest``
    has the server start itself, and every other program by its first bytes; what the file system
    says does not count. With ``sources`` false, Go sources stay out. Raises
    :class:`KuiperPackError` for a file that cannot be packed.
    """
    members = []
    for entry in list_folder(folder, exclude):
        if entry.is_dir or (not sources and is_go_source(entry.name)):
            continue
        path = folder / entry.name
        if entry.problem is not None:
            raise KuiperPackError(f"{path}: {entry.problem}; remove it, or exclude it in {FILE}")
        members.append(Member(entry.name, path, _must_run(path, entry.name, manifest)))
    return tuple(members)


def _must_run(path: Path, name: str, manifest: Manifest | None) -> bool:
    if name == "install.sh":
        return True
    if manifest is not None and name == manifest.executable and manifest.language == "go":
        return True
    if path.suffix == ".so":
        return False
    with path.open("rb") as file:
        return file.read(4).startswith(_PROGRAM_STARTS)
