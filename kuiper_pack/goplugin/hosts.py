"""What is known of the servers of a release without having one: the table ``hosts.jsonl``.

One line per build, written by ``tools/add_host.py``: the hashes of the packages that a plugin can
share with it, and the layout of its module data. A line whose ``origin`` is ``official`` was made
of a published binary. One that is ``rebuilt`` was made of a binary that was built again from the
tag, with the Go version of the release's Dockerfile and -trimpath. Hashes come from the Go version,
the flags and the sources alone, so they are those of the published ones, too, but for the packages
of the server itself, which the tags of the published builds may change; these are left out. One
whose ``origin`` is ``toolchain`` has no release: it is what a Go version makes of the standard
library and of one version of the contract.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from kuiper_pack.goplugin.host import Host, module_versions
from kuiper_pack.goplugin.moduledata import Layout, is_standard
from kuiper_pack.goplugin.read import Binary
from kuiper_pack.profiles import CONTRACT, Release, profile
from kuiper_pack.profiles.images import image_of

_BITS = {"arm": 32, "386": 32}


class KnownBuild(NamedTuple):
    """One line of the table.

    ``release`` is "" for that of a toolchain; ``modules`` are the versions of the modules that
    packages of the line are of.
    """

    release: str
    machine: str
    origin: Literal["official", "rebuilt", "toolchain"]
    go: str
    layout: Layout
    modules: Mapping[str, str]
    packages: Mapping[str, str]


@cache
def known_builds() -> tuple[KnownBuild, ...]:
    """All lines of the table."""
    return tuple(_builds())


def _builds() -> Iterator[KnownBuild]:
    text = files("kuiper_pack.goplugin").joinpath("hosts.jsonl").read_text(encoding="utf-8")
    for line in text.splitlines():
        given = json.loads(line)
        layout = given.pop("layout")
        yield KnownBuild(**given, layout=Layout(layout["size"], layout["offsets"]))


def line_of(binary: Binary, release: str, origin: str, shared: frozenset[str]) -> dict[str, Any]:
    """The line of the table for a server's binary; ``shared`` are the modules to keep hashes of.

    Packages whose path has ``internal`` in it are kept only of the standard library: nobody else
    can import them.
    """
    build, layout = binary.build, binary.layout
    if build is None or layout is None or not binary.packages:
        raise ValueError("this is no server that opens plugins")
    return {
        "release": release,
        "machine": binary.elf.machine,
        "origin": origin,
        "go": build.go_number,
        "layout": {"size": layout.size, "offsets": dict(layout.offsets)},
        "modules": {
            path: version
            for path, version in sorted(module_versions(build).items())
            if path in shared
        },
        "packages": {
            path: hash_ for path, hash_ in sorted(binary.packages.items()) if _is_kept(path, shared)
        },
    }


def _is_kept(package: str, shared: frozenset[str]) -> bool:
    if is_standard(package):
        return package != "main"
    of_module = any(package == one or package.startswith(f"{one}/") for one in shared)
    return of_module and "internal" not in package.split("/")


def host_of_release(release: Release, machine: str, image: str | None = None) -> Host:
    """What is known of the official builds of ``release`` for a processor, in an image if named.

    Where the release has no line in the table, the standard library and the contract are taken from
    another release with the same Go version, and the same contract.
    """
    facts = profile(release)
    official = image_of(release, image)
    glibc = official.glibc if official else None
    build = _known_build(release.text, facts.go, facts.contract, machine)
    own = build is not None and build.release == release.text
    modules = dict(build.modules) if build and own else {}
    if facts.contract:
        modules[CONTRACT] = _tagged(facts.contract)
    return Host(
        name=f"eKuiper {release}",
        go=facts.go,
        bits=_BITS.get(machine, 64),
        machine=machine,
        libc=official.libc if official else None,
        glibc=tuple(int(part) for part in glibc.split(".")) if glibc else (),
        glibc_is_exact=glibc is not None,
        packages=_packages(build, own, _tagged(facts.contract)) if build else {},
        known="none" if build is None else "most" if own else "standard",
        layout=build.layout if build else None,
        modules=modules,
        settings={"-trimpath": "true" if facts.trimpath else ""},
        doubt=_doubt(build, release, own) if build else "",
    )


def _packages(build: KnownBuild, own: bool, contract: str) -> dict[str, str]:
    """The hashes that hold for a release with the same Go, and with this contract."""
    same_contract = build.modules.get(CONTRACT) == contract
    return {
        path: hash_
        for path, hash_ in build.packages.items()
        if own or is_standard(path) or (same_contract and path.startswith(f"{CONTRACT}/"))
    }


def _doubt(build: KnownBuild, release: Release, own: bool) -> str:
    if own:
        if build.origin == "official":
            return ""
        return f"eKuiper {release} has the packages that its sources give with Go {build.go}"
    return (
        f"eKuiper {release} has the standard library and the contract as Go {build.go} builds them"
    )


def _known_build(release: str, go: str, contract: str | None, machine: str) -> KnownBuild | None:
    """The line of a release; else one with the same Go, and the same contract if there is one."""
    lines = [one for one in known_builds() if one.machine == machine and one.go == go]
    return min(
        lines,
        key=lambda one: (one.release != release, one.modules.get(CONTRACT) != _tagged(contract)),
        default=None,
    )


def _tagged(version: str | None) -> str:
    return f"v{version}" if version else ""
