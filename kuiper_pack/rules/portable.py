"""The family P: the manifest of a portable package and the files it names."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from kuiper_pack.package.node import Node
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.folders import clean
from kuiper_pack.planner.manifest import misfit
from kuiper_pack.planner.native_files import SCRIPT
from kuiper_pack.profiles import profile
from kuiper_pack.rules.entry_names import PACK_WITH_SLASHES, as_slashes
from kuiper_pack.rules.finding import TOLD, Finding, Severity
from kuiper_pack.rules.layout import COMPILE
from kuiper_pack.rules.manifest import in_manifest, text_of, value_of
from kuiper_pack.rules.rule import PORTABLE, Rule
from kuiper_pack.rules.target import Target, union
from kuiper_pack.spelling import nearest

_LANGUAGES = ("go", "python")
_FOLDERS = ("sources/", "sinks/", "functions/")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_FIXES = {
    "invalid character '}' looking for beginning of object key string": "take out the comma before",
    "invalid character ']' looking for beginning of value": "take out the comma before",
}


class ManifestMissing(Rule):
    """A portable package has no manifest under its own name.

    The server looks at the root of the zip for a json file with exactly the name that the plugin is
    created with, and refuses the package without it:

    > missing or invalid json file ...

    Bad: `plugin.json` for the plugin `mirror`. Good: `mirror.json`.

    Add the file or rename it, or create the plugin under the name that the file has.
    """

    code, severity, kinds = "KPP01", Severity.ERROR, PORTABLE
    causes = (Cause.MANIFEST_MISSING,)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        wanted = f"{package.name}.json"
        if any(entry.name.endswith(f"/{wanted}") for entry in package.entries):
            return
        found = [
            one
            for one in package.entries
            if "/" not in one.name and one.name.endswith(".json") and not one.is_dir
        ]
        alike = [one for one in found if one.name.casefold() == wanted.casefold()]
        other = next(iter(alike or found), None)
        servers = target.refusing(package, *self.causes)
        if other is None:
            yield self.at_root(
                "it has no manifest at its root", servers=servers, fix=f"add {wanted}"
            )
        else:
            yield self.at(
                other,
                f'it is not the manifest of the plugin "{package.name}"',
                servers=servers,
                fix=f"name it {wanted}",
            )


class ManifestInvalid(Rule):
    """The manifest cannot be read.

    The manifest must be one JSON object, with texts and lists of texts where these belong. What it
    cannot read, the server refuses in the words of Go's JSON reader:

    > fail to install plugin: invalid character ...

    Members that are not known are ignored, and case does not count in the names of members.

    Bad: `{"language": "python",}`, `{"functions": "echo"}`. Good: `{"language": "python"}`,
    `{"functions": ["echo"]}`.

    Correct the place that the finding names.
    """

    code, severity, kinds = "KPP02", Severity.ERROR, PORTABLE
    causes = (Cause.MANIFEST_INVALID,)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        servers = target.refusing(package, *self.causes)
        document = package.manifest
        entry = document.entry if document else None
        if document is not None and document.error is not None:
            error = document.error
            mark = document.data.startswith(_BYTE_ORDER_MARKS)
            fix = "save it as UTF-8 without a byte order mark" if mark else None
            yield self.at(
                entry,
                f"it begins with a byte order mark: {error.message}" if mark else error.message,
                line=error.line,
                column=error.column,
                servers=servers,
                fix=fix or _FIXES.get(error.message),
            )
            return
        data = document.data if document is not None else b""
        for refusal in target.refusals(package, *self.causes):
            wrong = misfit(profile(refusal.releases[-1]), data)
            yield self.at(
                entry,
                refusal.words,
                line=wrong.line if wrong else None,
                column=wrong.column if wrong else None,
                servers=refusal.releases,
            )


class ManifestName(Rule):
    """The manifest gives the plugin another name.

    A manifest may leave `name` out; where it is there, it must be the name that the plugin is
    created with, and an empty one is not left out:

    > invalid plugin, expect name '...' but got '...'

    Bad: `"name": "Mirror"` in `mirror.json`. Good: `"name": "mirror"`, or no name.

    Make the two names the same.
    """

    code, severity, kinds = "KPP03", Severity.ERROR, PORTABLE
    causes = (Cause.MANIFEST_NAME,)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        value = value_of(package, "name")
        yield in_manifest(
            self,
            package,
            f'it is called "{value.value if value else ""}" here, but installs as "{package.name}"',
            value,
            servers=target.refusing(package, *self.causes),
            fix=f'write "{package.name}", or take the name out',
        )


class ManifestLanguage(Rule):
    """The manifest names no language that servers know.

    `language` says how the plugin is started and must be `go` or `python`, in lower case:

    > invalid plugin, ...language...

    Bad: `"language": "Python"`, `"language": "java"`. Good: `"language": "python"`.

    Write `python` for a script and `go` for any program that starts by itself.
    """

    code, severity, kinds = "KPP04", Severity.ERROR, PORTABLE
    causes = (Cause.LANGUAGE_MISSING, Cause.LANGUAGE_UNSUPPORTED)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        servers = target.refusing(package, *self.causes)
        value = value_of(package, "language")
        if value is None or not value.value:
            message = "the manifest names no language"
        else:
            message = f'the language "{value.value}" is not known'
        yield in_manifest(self, package, message, value, servers=servers, fix=_language_fix(value))


class ManifestExecutable(Rule):
    """The executable of a portable plugin is not in the package.

    `executable` must be the exact name of an entry that is not in `sources/`, `sinks/` or
    `functions/`. Servers compare it with the names in the zip before they unpack anything:

    > ...missing ...

    Bad: `"executable": "./mirror.py"`, or a name in another case. Good: `"executable": "mirror.py"`
    with `mirror.py` in the package; `bin/mirror` works too.

    Add the file, or write its name as it is in the package.
    """

    code, severity, kinds = "KPP05", Severity.ERROR, PORTABLE
    causes = (Cause.EXECUTABLE_MISSING, Cause.REQUIRED_FILE_MISSING)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        value = value_of(package, "executable")
        if servers := target.refusing(package, Cause.EXECUTABLE_MISSING):
            yield in_manifest(
                self, package, "the manifest names no executable", value, servers=servers
            )
        for refusal in target.refusals(package, Cause.REQUIRED_FILE_MISSING):
            wanted = refusal.prediction.subject
            if wanted is not None and not (_is_configuration(wanted) or _is_there(package, wanted)):
                message, fix = _about_executable(package, wanted)
                yield in_manifest(self, package, message, value, servers=refusal.releases, fix=fix)


class ManifestWithoutSymbols(Rule):
    """A portable plugin provides nothing.

    The manifest must list at least one source, sink or function:

    > invalid plugin, must define at lease one source, sink or function

    Bad: `{"language": "python", "executable": "main.py"}`. Good: the same with
    `"functions": ["echo"]`.

    List what the program registers, with the same names.
    """

    code, severity, kinds = "KPP06", Severity.ERROR, PORTABLE
    causes = (Cause.NO_SYMBOLS,)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        yield in_manifest(
            self,
            package,
            "the manifest lists no source, sink or function",
            None,
            servers=target.refusing(package, *self.causes),
            fix='add, for example, "functions": ["NAME"]',
        )


class SourceConfigurationMissing(Rule):
    """A source of a portable plugin has no configuration.

    For each source that the manifest lists, the package must hold `sources/{source}.yaml`, which
    may be empty. Documentation does not say so; sinks and functions need no file:

    > ...missing sources/...

    Bad: `"sources": ["pyjson"]` without `sources/pyjson.yaml`. Good: with it.

    Add the file; a `default:` section with the properties of the source is its usual content.
    """

    code, severity, kinds = "KPP07", Severity.ERROR, PORTABLE
    causes = (Cause.REQUIRED_FILE_MISSING,)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        refusals = [
            one
            for one in target.refusals(package, *self.causes)
            if _is_configuration(one.prediction.subject)
        ]
        listed = value_of(package, "sources")
        for refusal in refusals[:TOLD]:
            file = refusal.prediction.subject or ""
            source = file.removeprefix("sources/").removesuffix(".yaml")
            items = listed.items if listed else ()
            value = next((one for one in items if one.value == source), None)
            yield in_manifest(
                self,
                package,
                f'the source "{source}" has no configuration',
                value or listed,
                servers=refusal.releases,
                fix=PACK_WITH_SLASHES
                if any(as_slashes(entry.name) == file for entry in package.entries)
                else f"add {file}, which may be empty",
            )
        if more := refusals[TOLD:]:
            message = f"{len(more)} more sources have no configuration"
            servers = union(one.releases for one in more)
            yield in_manifest(self, package, message, listed, servers=servers)


class ExecutableBit(Rule):
    """The program of a portable Go plugin is not executable.

    Servers unpack files with the modes that the zip gives them and start the program as it is.
    Packages from Windows, and from many zip libraries, carry no executable bit, and then 2.x fails
    to start the plugin:

    > permission denied

    Servers of 1.x install it, and every rule that uses it fails.

    Bad: `mirror` with mode 0644. Good: `mirror` with mode 0755, or an install.sh that sets it.

    Pack with `kuiper-pack build`, or set the mode before packing on Linux or macOS.
    """

    code, severity, kinds = "KPP12", Severity.ERROR, PORTABLE
    causes = (Cause.START_FAILED,)
    always = True

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        if SCRIPT in package or text_of(package, "language") != "go":
            return
        executable = text_of(package, "executable")
        entry = package.entry(executable) if executable else None
        if entry is None or entry.is_dir or entry.mode & 0o111:
            return
        refusing = target.refusing(package, *self.causes)
        later = tuple(one for one in target.installing(package) if one not in refusing)
        if servers := tuple(sorted(refusing + later)):
            yield self.at(
                entry,
                "it is the program of the plugin, but is not executable",
                servers=servers,
                fix="give it the mode 0755",
            )


class VirtualEnvironment(Rule):
    """The manifest asks for a virtual environment that servers do not know.

    `virtualEnvType` may be left out or be `conda`, with the name of the environment in `env`. 2.x
    starts the plugin while it installs it, and fails for any other word, the empty one included:

    > unsupported virtual type: ...

    Bad: `"virtualEnvType": "venv"`. Good: `"virtualEnvType": "conda", "env": "plugins"`.

    Take the member out, or use conda.
    """

    code, severity, kinds = "KPP11", Severity.ERROR, PORTABLE
    causes = (Cause.START_FAILED,)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        value = value_of(package, "virtualEnvType")
        if value is not None and value.kind == "string" and value.value != "conda":
            yield in_manifest(
                self,
                package,
                f'the virtual environment type "{value.value}" is not known',
                value,
                servers=target.refusing(package, *self.causes),
                fix='take it out, or write "conda"',
            )


def _is_configuration(subject: str | None) -> bool:
    return subject is not None and subject.startswith("sources/") and subject.endswith(".yaml")


def _language_fix(value: Node | None) -> str:
    written = str(value.value).lower() if value is not None else ""
    guess = "python" if written.startswith("py") else "go" if written == "golang" else written
    return f'write "{guess}"' if guess in _LANGUAGES else 'write "go" or "python"'


def _is_there(package: Package, wanted: str) -> bool:
    """Whether an executable is in the package, so that another entry is in its way."""
    entry = package.entry(wanted)
    if entry is None or entry.is_dir or wanted.startswith(_FOLDERS):
        return False
    return clean(wanted) == wanted


def _about_executable(package: Package, wanted: str) -> tuple[str, str]:
    """What to say, and to do, about an executable that a server does not find."""
    files = [entry.name for entry in package.entries if not entry.is_dir]
    base = wanted.rpartition("/")[2].casefold()
    same = [file for file in files if file.rpartition("/")[2].casefold() == base]
    message = f'the executable "{wanted}" is not in the package'
    for file in same:
        if not file.startswith(_FOLDERS):
            return message, f'write "{file}", as it is in the package'
    for file in same:
        folder = file.partition("/")[0]
        there = f'the executable "{wanted}" lies in {folder}/, from where nothing is started'
        return there, f"move it out of {folder}/"
    others = [file for file in files if not file.startswith(_FOLDERS)]
    if as_slashes(wanted) in map(as_slashes, others):
        return message, PACK_WITH_SLASHES
    if package.go_sources:
        return message, COMPILE
    suffix = PurePosixPath(wanted).suffix  # says nothing: most files of a plugin share it
    stems = {file.removesuffix(suffix): file for file in others}
    guess = nearest(wanted.removesuffix(suffix), stems)
    hint = f'; did you mean "{stems[guess]}"?' if guess is not None else ""
    return message + hint, f"add {wanted} to the package"
