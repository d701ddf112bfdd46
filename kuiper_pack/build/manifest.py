"""As much of a portable's manifest as a builder has to know."""

from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.detect import is_manifest
from kuiper_pack.package.jsonio import JSONSyntaxError, parse
from kuiper_pack.package.node import Node


@dataclass(frozen=True, slots=True)
class Manifest:
    """Texts of ``{name}.json``; empty where the member is missing or no text."""

    version: str = ""
    language: str = ""
    executable: str = ""
    virtual_env: str = ""


def read_manifest(folder: Path, name: str) -> Manifest:
    """Read ``{name}.json`` of a portable plugin.

    Raises :class:`KuiperPackError` where it is missing or no JSON object; what its members ought to
    be is for the rules to say.
    """
    path = folder / f"{name}.json"
    root = _read(path)
    if root.kind != "object":
        raise KuiperPackError(f"{path}: a manifest must be a JSON object")
    members = ("version", "language", "executable", "virtualEnvType")
    return Manifest(*(_text(root, member) for member in members))


def manifests_in(folder: Path) -> list[str]:
    """The names of the json files of a folder that look like a portable's manifest."""
    return [path.stem for path in sorted(folder.glob("*.json")) if _is_manifest(path)]


def _is_manifest(path: Path) -> bool:
    try:
        return is_manifest(_read(path))
    except KuiperPackError:
        return False


def _text(root: Node, key: str) -> str:
    values = [member.value.value for member in root.fold(key)]
    return values[-1] if values and isinstance(values[-1], str) else ""


def _read(path: Path) -> Node:
    try:
        return parse(path.read_bytes())
    except JSONSyntaxError as error:
        where = f"{path}:{error.line}:{error.column}"
        raise KuiperPackError(f"{where}: {error.message}") from None
    except OSError as error:
        raise KuiperPackError(f"{path}: {error.strerror or error}") from None
