"""Project settings: kuiper-pack.toml, or ``[tool.kuiper-pack]`` of pyproject.toml."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kuiper_pack.build.settings import KEYS, WrongValue
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.projectfile import FILE, PYPROJECT, TABLE, settings_of
from kuiper_pack.spelling import did_you_mean

if TYPE_CHECKING:
    from kuiper_pack.rules.suppressions import Ignore


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What the settings of a plugin's folder say; None and () where they say nothing.

    ``file`` is where they stand. ``package`` is the folder of the Go package, ``exclude`` are
    patterns of files that stay out of the package, ``include`` of those that do not although no
    package needs them, ``ignore`` the codes of rules that are not asked, ``ignores`` the
    ``[[ignore]]`` tables: findings that the author lives with. ``bundle`` is what goes along, for
    which ``python`` and ``platform`` where the image does not tell.
    """

    file: Path | None = None
    name: str | None = None
    kind: Kind | None = None
    version: str | None = None
    servers: tuple[str, ...] = ()
    image: str | None = None
    arch: str | None = None
    package: str | None = None
    bundle: str | None = None
    python: str | None = None
    platform: str | None = None
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    output: str | None = None
    compression: str | None = None
    verify: bool | None = None
    fix_mod: bool | None = None
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
    found = settings_of(folder)
    return Project() if found is None else _project(*found)


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

        fields["ignores"] = parse_ignores(value, str(file), list(_lines(file, "ignore")))


def _place(file: Path, key: str) -> str:
    """``file:line`` of a key."""
    line = next(_lines(file, key), None)
    return str(file) if line is None else f"{file}:{line}"


def _lines(file: Path, key: str) -> Iterator[int]:
    """The lines of a key, as near as can be told without a TOML parser that keeps them."""
    name = re.escape(key)
    quoted = rf"""(?:{name}|"{name}"|'{name}')"""
    assigned = re.compile(rf"^\s*(?:[\w.\"'-]+\.)?{quoted}\s*[=.]")
    header = re.compile(rf"^\s*\[\[?(?:tool\.{TABLE}\.)?{quoted}[\].]")
    within = file.name == FILE
    for number, line in enumerate(file.read_text("utf-8-sig").splitlines(), 1):
        if file.name == PYPROJECT and line.lstrip().startswith("["):
            within = re.match(rf"\s*\[\[?tool\.{TABLE}[\].]", line) is not None
        if header.match(line) or (within and assigned.match(line)):
            yield number
