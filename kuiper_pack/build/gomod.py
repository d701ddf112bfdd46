"""As much of a go.mod as decides which servers a module fits."""

import re
from dataclasses import dataclass
from pathlib import Path

_GO = re.compile(r"^\s*go\s+(\d+(?:\.\d+)*)", re.MULTILINE)
_FOLDER = re.compile(r"""=>\s+["`]?(\.\.?/[^\s"`]+)""")
_MODULE = re.compile(r"""^\s*module\s+["`]?([^\s"`]+)""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class GoModule:
    """A module file: its path, the oldest Go it takes, and its text. Without a file all is empty.

    ``go`` is a tuple of numbers.
    """

    path: Path
    go: tuple[int, ...] = ()
    text: str = ""

    @property
    def folder(self) -> Path:
        """The folder of the module."""
        return self.path.parent

    @property
    def name(self) -> str:
        """The module path; empty where the file has none."""
        found = _MODULE.search(self.text)
        return found[1] if found else ""

    def required(self, module: str) -> str:
        """The version of ``module`` that the file itself requires; empty where it replaces it."""
        name = re.escape(module)
        if re.search(rf"^[^/\n]*\b{name}\b[^/\n]*=>", self.text, re.MULTILINE):
            return ""
        found = re.search(rf"^\s*(?:require\s+)?{name}\s+(v\S+)", self.text, re.MULTILINE)
        return found[1] if found else ""

    @property
    def replacing(self) -> tuple[str, ...]:
        """The folders that the file puts in the place of modules, as it writes them."""
        return tuple(_FOLDER.findall(self.text))

    def replacement(self, module: str) -> Path | None:
        """The folder that the file puts in the place of ``module``; None where it names none."""
        name = re.escape(module)
        line = (
            rf"^\s*(?:replace\s+)?{name}(?:\s+v\S+)?\s+=>\s+[\"`]?(\.{{0,2}}/[^\"`\n]*?)[\"`]?\s*$"
        )
        found = re.search(line, self.text, re.MULTILINE)
        return (self.folder / found[1]).resolve() if found else None


def go_module(folder: Path, package: str | None) -> GoModule:
    """The module file of a project: that of its Go package, else that of its folder."""
    for place in (folder / (package or "."), folder):
        file = place / "go.mod"
        if file.is_file():
            text = file.read_text(encoding="utf-8", errors="replace")
            found = _GO.search(text)
            return GoModule(file, numbers(found[1]) if found else (), text)
    return GoModule(folder / "go.mod")


def numbers(version: str) -> tuple[int, ...]:
    """``1.24.1`` as (1, 24, 1)."""
    return tuple(int(part) for part in version.split("."))
