"""What others read of the same files: the go command the build info, pyelftools the symbols."""

import json
import subprocess
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection
from elftools.elf.sections import SymbolTableSection

from kuiper_pack.goplugin.buildinfo import BuildInfo, Module
from kuiper_pack.goplugin.read import Binary
from tests.goplugin.workshop import GO

_HASHES = ("go:link.pkghashbytes.", "go.link.pkghashbytes.")
_KINDS = {"STT_FUNC": "func", "STT_OBJECT": "var"}


def read_differently(file: Path, binary: Binary) -> list[str]:
    """What we read of a file and others read otherwise; [] where all is the same."""
    found = []
    ours, theirs = [*_lines(binary.build)] if binary.build else [], _go_says(file)
    if ours != theirs:
        found.append(f"build info {ours}, the go command says {theirs}")
    with file.open("rb") as stream:
        elf = ELFFile(stream)
        read = _symbols(elf, binary.plugin.path if binary.plugin else None)
        read |= _dynamic(elf)
    exports = binary.plugin.exports if binary.plugin else ()
    mine = {
        "exports": {one.name: one.kind for one in exports},
        "undefined": sorted(binary.undefined),
        "packages": sorted(binary.packages),
        "needed": list(binary.needed),
        "versions": sorted((one.library, sorted(one.versions)) for one in binary.version_needs),
    }
    for field, value in mine.items():
        if read.get(field, value) != value:
            found.append(f"{field} {value}, pyelftools says {read[field]}")
    return found


def _symbols(elf: ELFFile, path: str | None) -> dict[str, object]:
    table = elf.get_section_by_name(".dynsym")
    if not isinstance(table, SymbolTableSection):
        return {"exports": {}, "undefined": [], "packages": []}
    exports, undefined, packages = {}, [], []
    for symbol in table.iter_symbols():
        name, information = symbol.name, symbol["st_info"]
        if symbol["st_shndx"] == "SHN_UNDEF":
            if name and information["bind"] == "STB_GLOBAL":
                undefined.append(name)
            continue
        if name.startswith(_HASHES):
            packages.append(name.partition("bytes.")[2])
        exported = name.removeprefix(f"{path}.") if path and name.startswith(f"{path}.") else ""
        named = exported.isidentifier() and "·" not in exported  # which marks the linker's own
        if named and exported[0].isupper() and information["type"] in _KINDS:
            exports[exported] = _KINDS[information["type"]]
    return {"exports": exports, "undefined": sorted(undefined), "packages": sorted(packages)}


def _dynamic(elf: ELFFile) -> dict[str, object]:
    dynamic = elf.get_section_by_name(".dynamic")
    needed = []
    if isinstance(dynamic, DynamicSection):
        tags = dynamic.iter_tags("DT_NEEDED")
        needed = [vars(tag)["needed"] for tag in tags]
    versions = []
    needs = elf.get_section_by_name(".gnu.version_r")
    if isinstance(needs, GNUVerNeedSection):
        for need, auxiliaries in needs.iter_versions():
            versions.append((need.name, sorted(one.name for one in auxiliaries)))
    return {"needed": needed, "versions": sorted(versions)}


def _go_says(file: Path) -> list[tuple[str, ...]]:
    """The lines of ``go version -m``, without quotes and what is empty."""
    done = subprocess.run(
        [str(GO), "version", "-m", str(file)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return []
    first, *lines = done.stdout.removeprefix(f"{file}: ").splitlines()
    found: list[tuple[str, ...]] = [("go", first)]
    for line in filter(str.strip, lines):
        word, *rest = line.strip("\t").split("\t")
        if word == "build":
            key, _, value = rest[0].partition("=")
            rest = [key, json.loads(value) if value.startswith('"') else value]
        found.append((word, *rest))
    return found


def _lines(build: BuildInfo) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [("go", build.go)]
    if build.path:
        found.append(("path", build.path))
    modules = [("dep", one) for one in build.dependencies]
    for word, module in [*([("mod", build.main)] if build.main else []), *modules]:
        found.append((word, *_fields(module)))
        if module.replaced_by:
            found.append(("=>", *_fields(module.replaced_by)))
    found += [("build", key, value) for key, value in build.settings.items()]
    return found


def _fields(module: Module) -> tuple[str, ...]:
    fields = (module.path, module.version, module.sum)
    return tuple("\t".join(fields).rstrip("\t").split("\t"))
