"""The failing and the passing package of each rule, with what real servers load and start."""

import io
import zipfile
from dataclasses import dataclass

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package, package_of_bytes
from kuiper_pack.package.source import MemorySource
from tests.package.zips import Member
from tests.proof.real_servers import Build
from tests.rules import archive_cases
from tests.rules.rule_cases import CASES, PORTABLE
from tests.shared_objects import ELF, program

ECHO = b"""from ekuiper import Function, PluginConfig, plugin


class Echo(Function):
    def validate(self, args):
        return ""

    def exec(self, args, ctx):
        return args[0]

    def is_aggregate(self):
        return False


if __name__ == "__main__":
    plugin.start(PluginConfig("mirror", {}, {}, {"echo": lambda: Echo()}))
"""
_LAUNCHER = b"""#!/bin/sh
exec %s "$(dirname "$0")/echo.py" "$@"
"""
_STARTED = (program(), b"#!/bin/sh\n")
"""What the packages of rules hold for a program that the server starts itself."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A package that fails a rule and one that passes it."""

    bad: Package
    good: Package


def pairs(build: Build) -> dict[str, Pair]:
    """The pair of each rule, for one server.

    Archives that are wrong byte by byte hold a shared object that loads; others are filled when
    they are packed.
    """
    found = {code: Pair(case.bad, case.good) for code, case in CASES.items()}
    before = archive_cases.SO
    archive_cases.SO = Member(b"random.so", build.shared_object(Kind.SINK))
    try:
        found |= {code: Pair(bad, good) for code, bad, good in archive_cases.cases()}
    finally:
        archive_cases.SO = before
    whole = Package.of({"random.so": ELF}, kind=Kind.SINK, name="random")
    cut = package_of_bytes(archive_of(whole, build)[:-4], kind=Kind.SINK, name="random")
    found["KPL02"] = Pair(cut, whole)
    return found | _sources(build)


def plugin_of(build: Build, kind: Kind) -> str:
    """The plugin that the first shared object of a kind is for; it is called like it."""
    return build.shared_objects[kind.plural][0].stem


def archive_of(package: Package, build: Build) -> bytes:
    """The package as a zip, with a shared object that loads and programs that start."""
    if package.archive is not None:
        source = package.archive.open()
        assert isinstance(source, MemorySource)
        return source.data
    stream = io.BytesIO()
    filled = {entry.name: package.read(entry) for entry in package.entries}
    modes = {entry.name: entry.mode for entry in package.entries}
    for name, content in list(filled.items()):
        if content == ELF:
            filled[name] = build.shared_object(package.kind or Kind.SINK)
        elif content == PORTABLE["mirror.py"]:
            filled[name] = ECHO
        elif content in _STARTED:
            filled[name] = _LAUNCHER % str(build.python).encode()
            filled["echo.py"] = ECHO
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in filled.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = modes.get(name, 0o100644) << 16
            archive.writestr(info, content)
    return stream.getvalue()


def _sources(build: Build) -> dict[str, Pair]:
    """Pairs about sources that have to run, so they are called like one that does."""
    name = plugin_of(build, Kind.SOURCE)

    def source(
        configuration: bytes = b"default: {interval: 10}\n",
        metadata: bytes = b"",
        *,
        called: str = name,
    ) -> Package:
        files = {f"{called}.so": ELF, f"{called}.yaml": configuration}
        if metadata:
            files[f"{called}.json"] = metadata
        return Package.of(files, kind=Kind.SOURCE, name=called)

    described = b'{"about": {}, "properties": {"default": []}}'
    return {
        "KPN06": Pair(source(called=f"{name}-x"), source()),
        "KPC04": Pair(source(b"- default\n"), source()),
        "KPC06": Pair(source(metadata=b'{"about": {}}'), source(metadata=described)),
        "KPC09": Pair(source(b"default: {interval: fast}\n"), source()),
    }
