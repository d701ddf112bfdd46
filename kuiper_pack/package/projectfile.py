"""Where a project's settings stand, and those of them that decide what its package holds."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kuiper_pack.errors import KuiperPackError

FILE = "kuiper-pack.toml"
PYPROJECT = "pyproject.toml"
TABLE = "kuiper-pack"


def settings_of(folder: Path) -> tuple[Path, Mapping[str, Any]] | None:
    """The file that holds the settings of ``folder`` and what it says; None where there are none.

    Raises KuiperPackError with file and line for what is no TOML, and where both files have
    settings.
    """
    own, shared = folder / FILE, folder / PYPROJECT
    settings = _parse(own)
    project = _parse(shared)
    tools = project.get("tool", {}) if project is not None else {}
    table = tools.get(TABLE) if isinstance(tools, dict) else None
    if settings is not None and table is not None:
        raise KuiperPackError(f"{shared}: [tool.{TABLE}] and {FILE} both have settings; keep one")
    if settings is not None:
        return own, settings
    if table is None:
        return None
    if not isinstance(table, dict):
        raise KuiperPackError(f"{shared}: tool.{TABLE} must be a table")
    return shared, table


def pyproject_of(folder: Path) -> Mapping[str, Any]:
    """What the pyproject.toml of ``folder`` says, empty where there is none.

    Raises KuiperPackError with file and line for what is no TOML.
    """
    return _parse(folder / PYPROJECT) or {}


def texts_of(settings: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The texts that ``key`` holds, one or a list; what is no text is for others to complain of."""
    value = settings.get(key)
    items = value if isinstance(value, list) else [value]
    return tuple(item for item in items if isinstance(item, str))


def _parse(file: Path) -> dict[str, Any] | None:
    """The content of a TOML file, or None where there is no such file."""
    try:
        data = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise KuiperPackError(f"{file}: cannot be read: {error.strerror or error}") from None
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise KuiperPackError(f"{file}: not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        text = str(error)
        place = re.search(r"\s*\(at line (\d+), column (\d+)\)$", text)
        where = f"{file}:{place[1]}:{place[2]}" if place else str(file)
        raise KuiperPackError(f"{where}: {text[: place.start()] if place else text}") from None
