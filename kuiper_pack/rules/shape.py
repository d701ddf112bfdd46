"""What a prediction depends on, with the plugin's own name left open.

A server compares names with the plugin's name, with words of its own, and with each other. So two
packages that differ only in the name, wherever it occurs, fare alike, unless the name is or forms
one of those words. Packages of one shape need one prediction.
"""

from collections.abc import Hashable

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package

_WORDS = (
    "sources sinks functions plugins portable etc data temp install.sh yaml json python name "
    "version language executable virtualenvtype env conda true false null uploads prebuild wasm "
    "com1 com2 com3 com4 lpt1 lpt2 lpt3 con prn aux nul {plugins} {etc} {data} package.invalid zip"
)
"""Everything a server could compare a name with; a name inside of these is never left open."""

_MOST_ENTRIES = 200
_LONGEST = 4096
_SHORTEST_NAME, _LONGEST_NAME = 3, 40


def shape(package: Package) -> Hashable | None:
    """The shape of ``package``; None where its name cannot be left open, or it is unusual."""
    name, entries, archive = package.name, package.entries, package.archive
    if package.kind is None or not _is_plain(name) or name in _WORDS:
        return None
    if len(entries) > _MOST_ENTRIES or (archive is not None and archive.anomalies):
        return None
    text = "\n".join([entry.name for entry in entries])
    if package.kind is Kind.PORTABLE:
        manifest = package.manifest
        if manifest is None:
            return None
        text += "\0" + manifest.data.decode("utf-8", "replace")
    if len(text) > _LONGEST:
        return None
    opened = text.replace(name, "\1").replace(name[0].upper() + name[1:], "\2")
    looks = tuple([(entry.mode, entry.is_dir, entry.problem, entry.opens) for entry in entries])
    return package.kind, opened, looks


def _is_plain(name: str) -> bool:
    """Whether ``name`` is lower-case letters and digits of ASCII, neither short nor long."""
    return (
        _SHORTEST_NAME <= len(name) <= _LONGEST_NAME
        and name.isascii()
        and name.isalnum()
        and name == name.lower()
        and name[0].isalpha()
    )
