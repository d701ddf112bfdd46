"""The files of a project's folder that belong into its package."""

from pathlib import Path, PurePosixPath

from kuiper_pack.build.contents import Member
from kuiper_pack.build.manifest import Manifest
from kuiper_pack.package.folder import list_folder

_GO_FILES = frozenset({"go.mod", "go.sum", "go.work", "go.work.sum"})
_GO_FOLDERS = frozenset({"vendor", "testdata"})
_PROGRAM_STARTS = (b"#!", b"\x7fELF")


def members_of(
    folder: Path,
    exclude: tuple[str, ...],
    manifest: Manifest | None = None,
    *,
    sources: bool = True,
) -> tuple[Member, ...]:
    """Every file of ``folder`` as a member, without what no package needs.

    ``exclude`` are patterns of what else stays out. install.sh is executable, and so is what
    ``manifest`` names where the server starts it itself. With ``sources`` false, Go sources stay
    out.
    """
    names = [entry.name for entry in list_folder(folder, exclude) if not entry.is_dir]
    return tuple(
        Member(name, folder / name, _must_run(folder, name, manifest))
        for name in names
        if sources or not _is_go_source(name)
    )


def _must_run(folder: Path, name: str, manifest: Manifest | None) -> bool:
    if name == "install.sh":
        return True
    if manifest is None or name != manifest.executable:
        return False
    return manifest.language == "go" or _starts_like_a_program(folder / name)


def _starts_like_a_program(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4).startswith(_PROGRAM_STARTS)


def _is_go_source(name: str) -> bool:
    path = PurePosixPath(name)
    if path.suffix == ".go":
        return True
    return path.parts[0] in _GO_FILES or path.parts[0] in _GO_FOLDERS
