"""What a Python project asks for: its pyproject.toml and its requirements.txt."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.projectfile import PYPROJECT, pyproject_of

if TYPE_CHECKING:
    from packaging.requirements import Requirement

FILE = "requirements.txt"
_NESTED = re.compile(r"(?:-r|--requirement)[\s=]*(\S+)")
_OPTIONS = re.compile(r"\s--?[a-z].*")


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a project needs beside what its wheel says.

    ``builds`` says whether the project becomes a wheel; then there is nothing else. ``listed`` are
    the requirements of a pyproject.toml that does not, ``file`` is its requirements.txt, ``roots``
    what can be read of both; ``readable`` is false where a line is no plain requirement but a path,
    say.
    """

    builds: bool
    listed: tuple[str, ...]
    file: Path | None
    roots: "tuple[Requirement, ...]"
    readable: bool


def requirements_of(folder: Path) -> Requirements:
    """What the project in ``folder`` needs.

    A pyproject.toml with a ``[build-system]`` becomes a wheel, which says what it needs; without
    one, its dependencies and requirements.txt do. Raises :class:`KuiperPackError` for dependencies
    that are none.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    pyproject = pyproject_of(folder)
    project = pyproject.get("project", {})
    if "build-system" in pyproject:
        return Requirements(builds=True, listed=(), file=None, roots=(), readable=True)
    listed = tuple(project.get("dependencies", ()))
    path = folder / FILE
    file = path if path.is_file() else None
    roots, readable = [], True
    try:
        roots += [Requirement(text) for text in listed]
    except (InvalidRequirement, TypeError) as error:
        what = str(error).partition("\n")[0]
        raise KuiperPackError(f"{folder / PYPROJECT}: project.dependencies: {what}") from None
    for line in _lines(file, set()) if file else ():
        try:
            roots.append(Requirement(line))
        except InvalidRequirement:
            readable = False
    return Requirements(False, listed, file, tuple(roots), readable)


def _lines(file: Path, seen: set[Path]) -> Iterator[str]:
    """The requirements of a file and of those that it includes, without their options."""
    if file in seen or not file.is_file():
        return
    seen.add(file)
    text = re.sub(r"\\\r?\n", " ", file.read_text(encoding="utf-8-sig", errors="replace"))
    for line in text.splitlines():
        stripped = re.sub(r"(?:^|\s)#.*", "", line).strip()
        nested = _NESTED.match(stripped)
        if nested:
            yield from _lines(file.parent / nested[1], seen)
        elif stripped and not stripped.startswith("-"):
            yield _OPTIONS.sub("", stripped)
        elif stripped.startswith(("-e", "--editable")):
            yield stripped
