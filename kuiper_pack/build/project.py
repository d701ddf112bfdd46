"""Project settings: kuiper-pack.toml, or ``[tool.kuiper-pack]`` of pyproject.toml."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kuiper_pack.build.settings import KEYS, WrongValue
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.spelling import did_you_mean

if TYPE_CHECKING:
    from kuiper_pack.rules.suppressions import Ignore

FILE = "kuiper-pack.toml"
PYPROJECT = "pyproject.toml"
_TABLE = "kuiper-pack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What the settings of a plugin's folder say; None and () where they say nothing.

    ``file`` is where they stand. ``package`` is the folder of the Go package, ``exclude`` are
    patterns of files that stay out of the package, ``ignore`` the codes of rules that are not
    asked, ``ignores`` the ``[[ignore]]`` tables: findings that the author lives with.
    """

    file: Path | None = None
    name: str | None = None
    kind: Kind | None = None
    version: str | None = None
    servers: tuple[str, ...] = ()
    image: str | None = None
    arch: str | None = None
    package: str | None = None
    exclude: tuple[str, ...] = ()
    output: str | None = None
    compression: str | None = None
    verify: bool | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    ignores: "tuple[Ignore, ...]" = ()
    fail_on: str | None = None
    format: str | None = None


def read_project(folder: Path) -> Project:
    """The settings of ``folder``, all unset where it has none.

    Raises :class:`KuiperPackError` with file and line for a file that is no TOML, an unknown key or
    a value of the wrong kind, and where both files have settings.
    """
    own, shared = folder / FILE, folder / PYPROJECT
    settings = _parse(own)
    project = _parse(shared)
    tools = project.get("tool", {}) if project is not None else {}
    table = tools.get(_TABLE) if isinstance(tools, dict) else None
    if settings is not None and table is not None:
        raise KuiperPackError(f"{shared}: [tool.{_TABLE}] and {FILE} both have settings; keep one")
    if settings is not None:
        return _project(own, settings)
    if table is None:
        return Project()
    if not isinstance(table, dict):
        raise KuiperPackError(f"{shared}: tool.{_TABLE} must be a table")
    return _project(shared, table)


def _parse(file: Path) -> dict[str, Any] | None:
    """The content of a TOML file, or None where there is no such file."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        data = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise KuiperPackError(f"{file}: not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        text = str(error)
        place = re.search(r"\s*\(at line (\d+), column (\d+)\)$", text)
        where = f"{file}:{place[1]}:{place[2]}" if place else str(file)
        raise KuiperPackError(f"{where}: {text[: place.start()] if place else text}") from None


def _project(file: Path, table: Mapping[str, Any]) -> Project:
    fields: dict[str, Any] = {"file": file}
    for name, value in table.items():
        key = KEYS.get(name)
        if key is None:
            raise KuiperPackError(
                f'{_place(file, name)}: unknown key "{name}"{did_you_mean(name, KEYS)}'
            )
        try:
            fields[key.field] = key.read(value)
        except WrongValue as error:
            raise KuiperPackError(f"{_place(file, name)}: {name} {error}") from None
    _split_ignore(file, fields)
    return Project(**fields)


def _split_ignore(file: Path, fields: dict[str, Any]) -> None:
    """``ignore = ["KPC01"]`` leaves rules out; ``[[ignore]]`` tables live with findings."""
    value = fields.pop("ignore", None)
    if value is None:
        return
    if isinstance(value, str):
        fields["ignore"] = (value,)
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        fields["ignore"] = tuple(value)
    else:
        from kuiper_pack.rules.suppressions import parse_ignores

        fields["ignores"] = parse_ignores(value, _place(file, "ignore"))


def _place(file: Path, key: str) -> str:
    """``file:line`` of a key, as near as can be told without a TOML parser that keeps lines."""
    name = re.escape(key)
    quoted = rf"""(?:{name}|"{name}"|'{name}')"""
    assigned = re.compile(rf"^\s*(?:[\w.\"'-]+\.)?{quoted}\s*[=.]")
    header = re.compile(rf"^\s*\[\[?(?:tool\.{_TABLE}\.)?{quoted}[\].]")
    within = file.name == FILE
    for number, line in enumerate(file.read_text("utf-8-sig").splitlines(), 1):
        if file.name == PYPROJECT and line.lstrip().startswith("["):
            within = re.match(rf"\s*\[\[?tool\.{_TABLE}[\].]", line) is not None
        if header.match(line) or (within and assigned.match(line)):
            return f"{file}:{number}"
    return str(file)
