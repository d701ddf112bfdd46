"""What a project is: its kind and the name of its plugin."""

import re
from pathlib import Path

from kuiper_pack.build.manifest import manifests_in
from kuiper_pack.build.project import Project
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind

_SETTINGS = "in kuiper-pack.toml or on the command line"


def identify(folder: Path, project: Project) -> tuple[Kind, str]:
    """Kind and name from the settings, else from what lies in ``folder``.

    Raises :class:`KuiperPackError` with what to set where that leaves it open.
    """
    kind, name = project.kind, project.name
    if kind is None or (kind is Kind.PORTABLE and name is None):
        found = manifests_in(folder)
        if name is not None:
            found = [one for one in found if one == name]
        if len(found) > 1:
            raise KuiperPackError(
                f"{folder}: {' and '.join(f'{one}.json' for one in found)} are both manifests of a "
                f"portable plugin; set the name {_SETTINGS}"
            )
        if found:
            return kind or Kind.PORTABLE, found[0]
    if name is None:
        name = _name_of_shared_object(folder)
    if kind is None:
        kind = _kind_of_native(folder, name)
    if name is None:
        raise KuiperPackError(f"{folder}: cannot tell the name of the plugin; set name {_SETTINGS}")
    return kind, name


def _name_of_shared_object(folder: Path) -> str | None:
    names = {re.sub(r"@.*", "", path.stem) for path in folder.glob("*.so")}
    if len(names) != 1:
        return None
    (name,) = names
    for candidate in (name[:1].lower() + name[1:], name):
        if (folder / f"{candidate}.yaml").exists() or (folder / f"{candidate}.json").exists():
            return candidate
    return name[:1].lower() + name[1:]


def _kind_of_native(folder: Path, name: str | None) -> Kind:
    """Only a source has a configuration; a sink and a function look alike from outside."""
    if name is not None and (folder / f"{name}.yaml").is_file():
        return Kind.SOURCE
    if not any(folder.iterdir()):
        raise KuiperPackError(
            f"{folder}: an empty folder; kuiper-pack init writes a project to start from"
        )
    raise KuiperPackError(
        f"{folder}: cannot tell what kind of plugin this is; set kind = "
        f'"source", "sink", "function" or "portable" {_SETTINGS}'
    )
