"""What a project is: its kind and the name of its plugin."""

from pathlib import Path

from kuiper_pack.build.manifest import manifests_in
from kuiper_pack.build.project import Project
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.detect import find_kind_and_name, plugin_name
from kuiper_pack.package.files import Files
from kuiper_pack.package.folder import list_folder
from kuiper_pack.package.kind import Kind

_SETTINGS = "in kuiper-pack.toml or on the command line"


def identify(folder: Path, project: Project) -> tuple[Kind, str]:
    """Kind and name from the settings, else from what lies in ``folder``.

    Found as for a package, but for names that are only guessed: these would become those of files.
    Raises :class:`KuiperPackError` with what to set where that leaves it open.
    """
    kind, name = project.kind, project.name
    if kind is not None and name is not None:
        return kind, name
    if kind in (None, Kind.PORTABLE):
        found = [one for one in manifests_in(folder) if name in (None, one)]
        if len(found) > 1:
            raise KuiperPackError(
                f"{folder}: {' and '.join(f'{one}.json' for one in found)} are both manifests of a "
                f"portable plugin; set the name {_SETTINGS}"
            )
        if found:
            return Kind.PORTABLE, found[0]
    libraries = {plugin_name(path.name) for path in folder.glob("*.so")}
    files = Files(folder, list_folder(folder, project.exclude))
    kind, guessed = find_kind_and_name(files, "", kind, name)
    if kind is None:
        raise KuiperPackError(_kind_unknown(folder))
    if name is None and len(libraries) != 1:
        raise KuiperPackError(f"{folder}: cannot tell the name of the plugin; set name {_SETTINGS}")
    return kind, name or guessed


def _kind_unknown(folder: Path) -> str:
    if not any(folder.iterdir()):
        return f"{folder}: an empty folder; kuiper-pack init writes a project to start from"
    return (
        f"{folder}: cannot tell what kind of plugin this is; set kind = "
        f'"source", "sink", "function" or "portable" {_SETTINGS}'
    )
