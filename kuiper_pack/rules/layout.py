"""The family L: which files lie where in a package."""

from collections.abc import Iterator

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.rules.archive import opens
from kuiper_pack.rules.finding import Finding, Severity
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


_SYMBOL_FOLDERS = ("sources", "sinks", "functions")
