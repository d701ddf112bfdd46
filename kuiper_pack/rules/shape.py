"""What the installation of a usual native package depends on, its own name left open.

A package that holds nothing but a shared object, a configuration and metadata, all called like the
plugin, fares as every other one that differs only in the name, unless there already is a source of
that name. Packages of one shape need one prediction.
"""

import re
from collections.abc import Hashable

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.profiles.shipped import every_shipped_source

_NAME = re.compile(r"[a-z][a-z0-9]{0,39}", re.ASCII)
_SUFFIX = re.compile(r"(?:@v?[0-9]+(?:\.[0-9]+)*)?\.so|\.yaml|\.json", re.ASCII)


def shape(package: Package) -> Hashable | None:
    """The shape of ``package``; None where it is not a usual one, which has to be predicted for."""
    name, archive = package.name, package.archive
    if package.kind in (None, Kind.PORTABLE) or (archive is not None and archive.anomalies):
        return None
    if not _NAME.fullmatch(name) or name in every_shipped_source():
        return None
    starts, files = (name, name[0].upper() + name[1:]), []
    for entry in package.entries:
        suffix = entry.name[len(name) :]
        if not entry.name.startswith(starts) or not _SUFFIX.fullmatch(suffix):
            return None
        upper = entry.name[0] != name[0]
        files.append((upper, suffix, entry.mode, entry.is_dir, entry.problem, entry.opens))
    return package.kind, tuple(files)
