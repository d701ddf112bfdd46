"""The family L: which files lie where in a package."""

from collections.abc import Iterator

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.native_files import SCRIPT
from kuiper_pack.profiles import Profile, profile
from kuiper_pack.profiles.shipped import every_shipped_source
from kuiper_pack.rules.archive import opens
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.metadata import misnamed_metadata
from kuiper_pack.rules.rule import NATIVE, UNKNOWN, Rule
from kuiper_pack.rules.shared_object import is_named, root_libraries
from kuiper_pack.rules.target import Target
from kuiper_pack.rules.wasm import wasm_module

COMPILE = "kuiper-pack build compiles and packs it"
"""What to do with Go source."""


class FilesInFolder(Rule):
    """The files of the plugin lie in a folder instead of at the root.

    Shared object, configuration and metadata of a native plugin, and the manifest of a portable
    one, are looked for at the root of the zip only. Packing the folder instead of its content puts
    everything one level too deep:

    > missing or invalid json file ...

    Bad: `mirror/mirror.json`, `mirror/mirror.py`. Good: `mirror.json`, `mirror.py`.

    Pack from inside the folder: `cd mirror && zip -r ../mirror.zip .`
    """

    code, severity = "KPL03", Severity.ERROR
    kinds = UNKNOWN | frozenset(Kind)
    causes = (Cause.FILE_COUNT, Cause.MANIFEST_MISSING)
    always = True

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        servers = target.refusing(package, *self.causes)
        if package.kind is None:
            yield from self._unknown(package)
        elif servers and (deep := _deep_plugin_file(package)):
            folder = deep.name.rpartition("/")[0]
            yield self.at(
                deep,
                f"it lies in the folder {folder}/, but must lie at the root of the package",
                servers=servers,
                fix=f"pack the content of {folder}/, not the folder",
            )

    def _unknown(self, package: Package) -> Iterator[Finding]:
        if wasm_module(package) is not None or not opens(package):
            return
        folders = {entry.name.partition("/")[0] for entry in package.entries}
        if len(folders) == 1 and all("/" in entry.name for entry in package.entries):
            folder = folders.pop()
            message = f"everything lies in the folder {folder}/, and nothing at the root"
            fix = f"pack the content of {folder}/, not the folder"
        elif package.go_sources:
            message = "it holds Go source, but neither a shared object nor a program"
            fix = COMPILE
        else:
            message = "it has neither a shared object nor a manifest at its root"
            fix = "put NAME.so or NAME.json there; --kind and --name say what it is meant to be"
        yield self.at_root(f"no server installs it: {message}", fix=fix)


class SharedObjectMissing(Rule):
    """A native package holds no shared object.

    Every release counts the files that it knows what to do with, and for a source, sink or function
    exactly one of them must be the shared object:

    > invalid zip file: expectFiles: ...

    Bad: `random.yaml` alone. Good: `random.so`, `random.yaml`.

    Put the compiled plugin into the package; `kuiper-pack build` compiles and packs it.
    """

    code, severity, kinds = "KPL05", Severity.ERROR, NATIVE
    causes = (Cause.FILE_COUNT,)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        if root_libraries(package) or _deep_plugin_file(package) is not None:
            return
        is_source = package.go_sources or any(
            entry.name.endswith(".go") for entry in package.entries
        )
        yield self.at_root(
            "it holds Go source, but no shared object"
            if is_source
            else "it holds no shared object",
            servers=target.refusing(package, *self.causes),
            fix=COMPILE if is_source else f"add {package.name}.so",
        )


class SharedObjectTwice(Rule):
    """A native package holds two shared objects of the plugin.

    Two files that both count as the shared object make one file too many:

    > invalid zip file: expectFiles: ...

    Bad: `random.so` and `Random@v1.so`. Good: one of them.

    Leave the newer one in. Libraries that the plugin needs must not be called like the plugin.
    """

    code, severity, kinds = "KPL04", Severity.ERROR, NATIVE
    causes = (Cause.FILE_COUNT,)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        found = [one for one in root_libraries(package) if is_named(one.name, package.name)]
        for entry in found[1:]:
            yield self.at(
                entry,
                f"it counts as the shared object, and so does {found[0].name}",
                servers=target.refusing(package, *self.causes),
                fix="leave one of them out",
            )


class ConfigurationName(Rule):
    """A source's configuration is not named after the plugin.

    The configuration counts only under the exact name of the plugin: letters in another case make
    it another file, which goes to a temporary folder and is gone after the installation:

    > invalid zip file: expectFiles: ...yamlFileChecked:false

    Bad: `MySource.yaml` or `mySource.yml` for the source `mySource`. Good: `mySource.yaml`.

    Rename the file.
    """

    code, severity = "KPL06", Severity.ERROR
    kinds = frozenset({Kind.SOURCE})
    causes = (Cause.FILE_COUNT,)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        if misnamed := misnamed_configuration(package):
            yield self.at(
                misnamed,
                f'it does not count as the configuration of the source "{package.name}"',
                servers=target.refusing(package, *self.causes),
                fix=f"name it {package.name}.yaml",
            )


class ConfigurationOfNoSource(Rule):
    """A sink or a function comes with a configuration, which is not installed.

    Only sources have a `{name}.yaml`. In the package of a sink or a function it goes to a temporary
    folder that is gone after the installation: a sink gets its properties from the rule that uses
    it.

    Bad: `file.yaml` in the package of the sink `file`. Good: the properties in the action of the
    rule; a file that the code reads itself in `etc/`.

    Leave the file out, or move it into `etc/`. An install.sh may copy it; then nothing is said.
    """

    code, severity = "KPL07", Severity.WARNING
    kinds = frozenset({Kind.SINK, Kind.FUNCTION})

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        entry = package.entry(f"{package.name}.yaml")
        if entry is not None and not entry.is_dir and SCRIPT not in package:
            kind = package.kind.value if package.kind else "plugin"
            yield self.at(entry, f"it is not installed: a {kind} has no configuration file")


class FileForNobody(Rule):
    """A native package holds files that are not installed.

    A server installs the shared object, the configuration of a source, the metadata, and what lies
    in `etc/`. Everything else is there for install.sh: it is unpacked to a temporary folder, where
    the script can copy it to its place, and removed afterwards. Without a script that was for
    nothing, and a library that the plugin needs is not found.

    Bad: `libtide.so` beside `tide.so`, and no install.sh. Good: with one that copies it to
    `/usr/local/lib` and runs `ldconfig`.

    Add an install.sh, move what the code opens into `etc/`, or leave the files out. Texts for
    people (README, LICENSE and the like) are not reported.
    """

    code, severity, kinds = "KPL08", Severity.NOTE, NATIVE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        objects = [one for one in root_libraries(package) if is_named(one.name, package.name)]
        if SCRIPT in package or not objects:
            return
        known = {f"{package.name}.yaml", f"{package.name}.json"}
        if other := misnamed_metadata(package):
            known.add(other.name)
        lost = [
            entry
            for entry in package.entries
            if not entry.is_dir
            and not entry.name.startswith("etc/")
            and entry.name not in known
            and not is_named(entry.name, package.name)
            and not _is_for_people(entry.name)
        ]
        if lost:
            more = f", and {len(lost) - 1} more are not either" if len(lost) > 1 else ""
            yield self.at(lost[0], f"without an install.sh it is not installed{more}")


class ConfigurationIsThere(Rule):
    """The server already has a configuration for a source of this name.

    Servers are shipped with configurations for their own sources, and for some that were plugins
    once: `redis` is one. From 2.2.1 on the one of the package is not written over it, and counts as
    one file too few:

    > invalid zip file: expectFiles: 3, ...

    From 2.0.0 to 2.2.0 the package installs, but the source runs with the configuration of the
    server. 0.3 refused such packages too; releases in between overwrite the file.

    Bad: a source `redis`. Good: a source `redisStream`.

    Rename the source.
    """

    code, severity = "KPL09", Severity.ERROR
    kinds = frozenset({Kind.SOURCE})
    causes = (Cause.FILE_COUNT, Cause.CONFIGURATION_EXISTS)
    always = True

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        configuration = package.entry(f"{package.name}.yaml")
        objects = [one for one in root_libraries(package) if is_named(one.name, package.name)]
        if package.name not in every_shipped_source() or not configuration or len(objects) != 1:
            return
        keeping = [one for one in target.releases if _keeps(package.name, profile(one))]
        for severity, message, servers in (
            (
                Severity.ERROR,
                "these servers have one of their own",
                target.refusing(package, *self.causes),
            ),
            (
                Severity.WARNING,
                "these servers keep one of their own instead",
                target.installing(package),
            ),
        ):
            if concerned := tuple(one for one in keeping if one in servers):
                yield self.at(
                    configuration,
                    f'{message} for a source "{package.name}"',
                    severity=severity,
                    servers=concerned,
                    fix="give the source another name",
                )


def _keeps(source: str, facts: Profile) -> bool:
    """Whether a server is shipped with a configuration of ``source`` and does not overwrite it."""
    if source not in facts.shipped_sources:
        return False
    return facts.unzip == "exclusive" or (
        facts.keeps_configuration and "etc" in facts.native_folders
    )


def _is_for_people(file: str) -> bool:
    base = file.rpartition("/")[2].upper()
    return base.startswith(_FOR_PEOPLE) or base.endswith((".MD", ".RST", ".ADOC"))


def misnamed_configuration(package: Package) -> Entry | None:
    """A root entry that was meant to be the configuration, where the real one is missing."""
    if f"{package.name}.yaml" in package:
        return None
    return next(
        (
            entry
            for entry in package.entries
            if "/" not in entry.name and entry.name.endswith((".yaml", ".yml", ".YAML", ".YML"))
        ),
        None,
    )


def _deep_plugin_file(package: Package) -> Entry | None:
    """The file in a folder that would make the package whole at its root; None without one."""
    portable = package.kind is Kind.PORTABLE
    if not portable and any(is_named(one.name, package.name) for one in package.entries):
        return None
    for entry in package.entries:
        folder, _, base = entry.name.rpartition("/")
        if folder and not entry.is_dir:
            if portable and base == f"{package.name}.json" and folder not in _SYMBOL_FOLDERS:
                return entry
            if not portable and is_named(base, package.name):
                return entry
    return None


_FOR_PEOPLE = ("README", "LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS", "CHANGE", "VERSION")
_SYMBOL_FOLDERS = ("sources", "sinks", "functions")
