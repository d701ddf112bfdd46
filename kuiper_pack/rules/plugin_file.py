"""The shared object of a native package as the Go plugin that it should be, read once for all."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from kuiper_pack.goplugin.errors import BinaryError
from kuiper_pack.package.elf import HEADERS, MAGIC, PT_LOAD, read_elf, read_segments
from kuiper_pack.package.entry import Entry
from kuiper_pack.package.package import Package
from kuiper_pack.planner.native_files import SCRIPT
from kuiper_pack.profiles import Release, profile
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.rule import Rule
from kuiper_pack.rules.shared_object import is_named, root_libraries

if TYPE_CHECKING:
    from kuiper_pack.goplugin.read import Binary

LARGEST = 256 << 20
"""Bytes that are read of a shared object at most."""
_HEADER = 64


class PluginFile(NamedTuple):
    """The shared object of a package, and what is in it or why that cannot be read."""

    entry: Entry
    content: "Binary | BinaryError"

    @property
    def binary(self) -> "Binary | None":
        """What is in it, where it can be read."""
        return None if isinstance(self.content, BinaryError) else self.content


def plugin_file(package: Package) -> PluginFile | None:
    """The shared object of ``package``.

    None where there is none or more than one, where the package has none of its content, and for
    what is no ELF file or nothing but the header of one, as it stands for a plugin in tests.
    """
    return package.files.once((plugin_file, package.name), lambda: _found(package))


def plugin_binary(package: Package) -> "tuple[Entry, Binary] | None":
    """The same where it is a Go plugin that can be read."""
    file = plugin_file(package)
    if file is None or file.binary is None or file.binary.plugin is None:
        return None
    return file.entry, file.binary


def not_opened(
    rule: Rule,
    package: Package,
    entry: Entry,
    message: str,
    servers: tuple[Release, ...],
    fix: str | None,
) -> Iterator[Finding]:
    """What is to be said of a shared object that ``servers`` do not open: at once, or in a rule."""
    opening = tuple(one for one in servers if profile(one).opens_so)
    later = tuple(one for one in servers if not profile(one).opens_so)
    for concerned, severity in ((opening, Severity.ERROR), (later, Severity.WARNING)):
        if concerned:
            # An install.sh may put another file in its place.
            softened = Severity.WARNING if SCRIPT in package else severity
            yield rule.at(entry, message, severity=softened, servers=concerned, fix=fix)


def _found(package: Package) -> PluginFile | None:
    named = [one for one in root_libraries(package) if is_named(one.name, package.name)]
    if len(named) != 1 or named[0].problem is not None:
        return None
    entry = named[0]
    if not _is_built(package.read(entry, limit=_HEADER)):
        return None
    loaded = loaded_part(package.read(entry, limit=HEADERS), entry)
    if loaded > LARGEST:
        package.files.unread[entry] = "a shared object that is larger than kuiper-pack reads"
        return None
    return PluginFile(entry, _read(package.read(entry, limit=loaded)))


def loaded_part(start: bytes, entry: Entry) -> int:
    """How many bytes of a shared object that starts so are for loading; the rest is never read."""
    ends = [one.offset + one.size for one in read_segments(start) or () if one.type == PT_LOAD]
    return min(max(ends, default=entry.size), entry.size)


def _is_built(start: bytes) -> bool:
    """Whether a compiler made the file that starts so: a shared object has program headers."""
    if not start.startswith(MAGIC):
        return False
    elf = read_elf(start)
    return elf is None or elf.type != "shared" or read_segments(start) != []


def _read(content: bytes) -> "Binary | BinaryError":
    from kuiper_pack.goplugin.read import read_binary

    try:
        return read_binary(content)
    except BinaryError as error:
        return error
