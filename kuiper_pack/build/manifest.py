"""As much of a portable's manifest as a builder has to know."""

import json
from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.errors import KuiperPackError

_MEMBERS = {"language", "executable"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """Texts of ``{name}.json``; empty where the member is missing or no text."""

    version: str = ""
    language: str = ""
    executable: str = ""


def read_manifest(folder: Path, name: str) -> Manifest:
    """Read ``{name}.json`` of a portable plugin.

    Raises :class:`KuiperPackError` where it is missing or no JSON object; what its members ought to
    be is for the rules to say.
    """
    path = folder / f"{name}.json"
    content = _read(path)
    if not isinstance(content, dict):
        raise KuiperPackError(f"{path}: a manifest must be a JSON object")
    members = {key.lower(): value for key, value in content.items() if isinstance(value, str)}
    return Manifest(*(members.get(key, "") for key in ("version", "language", "executable")))


def manifests_in(folder: Path) -> list[str]:
    """The names of the json files of a folder that look like a portable's manifest."""
    return [path.stem for path in sorted(folder.glob("*.json")) if _is_manifest(path)]


def _is_manifest(path: Path) -> bool:
    try:
        content = _read(path)
    except KuiperPackError:
        return False
    return isinstance(content, dict) and not _MEMBERS.isdisjoint(key.lower() for key in content)


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        raise KuiperPackError(f"{where}: {error.msg[:1].lower()}{error.msg[1:]}") from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise KuiperPackError(f"{path}: not readable as JSON: {error}") from None
    except OSError as error:
        raise KuiperPackError(f"{path}: {error.strerror or error}") from None
