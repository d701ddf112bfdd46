"""The family S: the shared object of a native package, by its name and its first bytes."""

from collections.abc import Iterator

from kuiper_pack.package.elf import MAGIC, read_elf
from kuiper_pack.package.entry import Entry
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.native_files import SCRIPT
from kuiper_pack.profiles import Profile, profile
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.rule import NATIVE, Rule
from kuiper_pack.rules.target import Target


class SharedObjectName(Rule):
    """The shared object is not named after the plugin.

    A server looks for a file that is called like the plugin, with the first letter in either case,
    perhaps with a version after `@`, and then `.so`. Another file does not count as the shared
    object, and the package is refused for a wrong number of files:

    > invalid zip file: expectFiles: ...soFileChecked:false

    Only the first letter may differ in case.

    Bad: `libRandom.so`, `RANDOM.so`, `random-1.0.so` for the plugin `random`. Good: `random.so`,
    `Random.so`, `Random@v1.0.0.so`.

    Rename the file, or create the plugin under the name that the file has.
    """

    code, severity, kinds = "KPS01", Severity.ERROR, NATIVE
    causes = (Cause.FILE_COUNT,)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        servers = target.refusing(package, *self.causes)
        others = root_libraries(package)
        if not others or any(is_named(entry.name, package.name) for entry in others):
            return
        wanted = f"{package.name}.so"
        for entry in others:
            yield self.at(
                entry,
                f'it is not taken for the shared object of the plugin "{package.name}"',
                servers=servers,
                fix=f"name it {wanted} or {upper_first(package.name)}@v1.0.0.so",
            )


class SharedObjectNameOfOldServers(Rule):
    """Old servers want an upper-case first letter, and `@v` before a version.

    From 0.3.0 to 0.9.0 only `Name.so` and `Name@v1.0.0.so` are shared objects of the plugin `name`.
    Other spellings do not count, and the package is refused:

    > invalid zip file: so file or conf file is missing

    Bad: `random.so`, `Random@1.0.0.so`. Good: `Random.so`, `Random@v1.0.0.so`, which all later
    releases take as well.

    Rename the file.
    """

    code, severity, kinds = "KPS02", Severity.ERROR, NATIVE
    causes = (Cause.FILE_COUNT,)

    def holds(self, facts: Profile) -> bool:
        return facts.so_name == "upper-v"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        servers = tuple(
            one
            for one in target.refusing(package, *self.causes)
            if profile(one).so_name == "upper-v"
        )
        upper = upper_first(package.name)
        for entry in root_libraries(package):
            if servers and is_named(entry.name, package.name):
                version = entry.name.partition("@")[2]
                if not entry.name.startswith(upper) or (version and version[0] != "v"):
                    right = f"{upper}@v{version.lstrip('v')}" if version else f"{upper}.so"
                    yield self.at(
                        entry,
                        "these servers do not take it for the shared object",
                        servers=servers,
                        fix=f"name it {right}",
                    )


class NoSharedObject(Rule):
    """The shared object is no ELF file.

    Servers run on Linux, where a shared object begins with the four bytes `7f 45 4c 46`. From 1.6.0
    on they open it while they install the package, and refuse it if it is anything else: an empty
    file, a text, a library for Windows or macOS. Older ones install it, and every rule that uses
    the plugin fails. An install.sh may put the real file in its place.

    Bad: `random.so` with 0 bytes, or one that is a Git LFS pointer. Good: what
    `go build -buildmode=plugin` writes.

    Compile the plugin for Linux; `kuiper-pack build` compiles and packs it.
    """

    code, severity, kinds = "KPS06", Severity.ERROR, NATIVE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for entry in root_libraries(package):
            if entry.problem is not None or not is_named(entry.name, package.name):
                continue
            start = package.read(entry, limit=_SNIFFED)
            if start.startswith(MAGIC):
                continue
            message = f"it is {_what_it_is(start)}, not a shared object"
            yield from _told(self, entry, package, target, message)


class SharedObjectForOtherProcessor(Rule):
    """The shared object is for another processor.

    A server loads only what was compiled for its own processor. From 1.6.0 on it opens the shared
    object while it installs the package, and refuses any other; older ones install it, and every
    rule that uses the plugin fails.

    Bad: a shared object for arm64 with `--arch amd64`. Good: one for amd64.

    Compile it for the server: `kuiper-pack build --arch` does. Without `--arch` nothing is said.
    """

    code, severity, kinds = "KPS08", Severity.ERROR, NATIVE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for entry in root_libraries(package) if target.arch is not None else ():
            if entry.problem is not None or not is_named(entry.name, package.name):
                continue
            elf = read_elf(package.read(entry, limit=_SNIFFED))
            if elf is not None and elf.machine != target.arch:
                message = f"it is for {elf.machine}, not for {target.arch}"
                yield from _told(self, entry, package, target, message)


def _told(
    rule: Rule, entry: Entry, package: Package, target: Target, message: str
) -> Iterator[Finding]:
    """What is to be said of a shared object that no server can open."""
    opening = [one for one in target.installing(package) if profile(one).opens_so]
    later = [one for one in target.installing(package) if not profile(one).opens_so]
    for servers, effect, severity in (
        (opening, "cannot be opened while it is installed", Severity.ERROR),
        (later, "cannot be opened once a rule uses it", Severity.WARNING),
    ):
        if servers:
            yield rule.at(
                entry,
                f"{message}, and {effect}",
                severity=Severity.WARNING if SCRIPT in package else severity,
                servers=tuple(servers),
                fix="compile it for the system of the server, with -buildmode=plugin",
            )


_SNIFFED = 64
_KINDS = (
    (b"MZ", "a file for Windows"),
    (b"\xcf\xfa\xed\xfe", "a file for macOS"),
    (b"\xca\xfe\xba\xbe", "a file for macOS"),
    (b"version https://git-lfs", "a Git LFS pointer"),
)


def _what_it_is(start: bytes) -> str:
    """What a file that begins like this is, in a few words."""
    if not start:
        return "an empty file"
    for beginning, words in _KINDS:
        if start.startswith(beginning):
            return words
    printable = all(32 <= byte < 127 or byte in b"\t\r\n" for byte in start)
    return "a text" if printable else "something else"


def root_libraries(package: Package) -> list[Entry]:
    """The files at the root whose names end in ``.so``."""
    return [
        entry
        for entry in package.entries
        if entry.name.endswith(".so") and "/" not in entry.name and not entry.is_dir
    ]


def is_named(file: str, plugin: str) -> bool:
    """Whether ``file`` is a shared object of ``plugin`` by its name, as of 0.9.1."""
    stem = file.removesuffix(".so").partition("@")[0]
    return file.endswith(".so") and stem in (plugin, upper_first(plugin))


def upper_first(name: str) -> str:
    """``name`` with its first letter in upper case."""
    return name[:1].upper() + name[1:]
