"""The family C: the configuration of sources."""

from collections.abc import Iterator
from functools import lru_cache

from kuiper_pack.package.node import Member, Node
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.profiles import Release, profile
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.layout import misnamed_configuration
from kuiper_pack.rules.rule import SOURCE, Rule
from kuiper_pack.rules.target import Target


class SourceNeedsConfiguration(Rule):
    """A source package has no `{name}.yaml` at its root.

    Every release counts it while installing and refuses the package without it:

    > invalid zip file: expectFiles: ...yamlFileChecked:false

    Up to 1.11 the words are others:

    > invalid zip file: so file or conf file is missing

    Bad: `Random.so`. Good: `Random.so`, `random.yaml` (may be empty).

    Add the file; a `default:` section with the properties of the source is its usual content.
    """

    code, severity, kinds = "KPC01", Severity.ERROR, SOURCE
    causes = (Cause.FILE_COUNT,)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        wanted = f"{package.name}.yaml"
        if wanted in package or misnamed_configuration(package):
            return
        deep = next((entry for entry in package.entries if entry.name.endswith(f"/{wanted}")), None)
        yield self.at(
            deep,
            f"it must lie at the root, as {wanted}" if deep else "the source has no configuration",
            servers=target.refusing(package, *self.causes),
            fix=None if deep else f"add {wanted}, which may be empty",
        )


class ConfigurationWithoutDefault(Rule):
    """The configuration has no `default` section.

    A source gets the properties of the section `default`, with those of the section that a stream
    names in `CONF_KEY` laid over them. Without `default`, streams that name no section run with no
    properties at all, and the server only logs `default config_key not found`. Up to 1.4 the named
    section is then ignored too.

    Bad: `fast: {interval: 10}` alone. Good: `default: {interval: 1000}` as well.

    Add `default:`; call one of the sections so if it suits every stream.
    """

    code, severity, kinds = "KPC02", Severity.WARNING, SOURCE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        root = _sections(package)
        if root is not None and root.members and not _lowered(root, "default"):
            yield self.at(
                package.configuration.entry if package.configuration else None,
                "there is no section called default",
                line=root.line,
                column=root.column,
                fix="add a section called default",
            )


class ConfigurationUnreadable(Rule):
    """The configuration cannot be read, and the source runs without it.

    The file must be YAML, and a map of sections that are maps themselves. It is not looked at while
    the package installs; when a rule starts, the server logs that it could not parse it and gives
    the source no properties at all. A section that is no map is left out, by old releases together
    with all others.

    Bad: a list of sections, a tab before a key, `default: 10`. Good: `default: {interval: 10}`.

    Correct the place that the finding names.
    """

    code, severity, kinds = "KPC04", Severity.ERROR, SOURCE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        document = package.configuration
        if document is None:
            return
        if document.error is not None:
            error = document.error
            yield self.at(document.entry, error.message, line=error.line, column=error.column)
        elif document.root is not None and document.root.kind not in ("object", "null"):
            root = document.root
            yield self.at(
                document.entry,
                "it must be a map of sections",
                line=root.line,
                column=root.column,
            )
        elif document.root is not None:
            for member in document.root.members:
                if member.value.kind not in ("object", "null"):
                    yield self.at(
                        document.entry,
                        f'the section "{member.key}" is not used: it must be a map',
                        severity=Severity.WARNING,
                        line=member.line,
                        column=member.column,
                    )


class CamelCaseKeyIsLost(Rule):
    """A key with upper-case letters reaches the source in lower case.

    Servers lower the letters of all keys of the configuration and then restore those that the
    metadata lists by name, in `properties.default`; only those from 1.7 to 1.14, which install the
    file elsewhere, take it as it is. A source that reads `bufferSize` from a
    configuration without such metadata finds only `buffersize`.

    Bad: `default: {bufferSize: 1}` with no metadata. Good: the same, with
    `{"properties": {"default": [{"name": "bufferSize"}]}}` in the metadata.

    Add the field to the metadata, or let the source ignore case when it looks for its properties.
    """

    code, severity, kinds, since = "KPC05", Severity.WARNING, SOURCE, "1.4.0"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        document = package.configuration
        if document is None or document.data == document.data.lower():
            return
        root, servers = _sections(package), _restoring(target)
        if root is None or not servers:
            return
        metadata = package.metadata
        listed = frozenset(_listed(metadata.root)) if metadata and metadata.root else frozenset()
        told: set[str] = set()
        for section in root.members:
            for member in _members_below(section.value):
                key = member.key
                if key != key.lower() and key not in listed and key not in told:
                    told.add(key)
                    yield self.at(
                        package.configuration.entry if package.configuration else None,
                        f'the source gets "{key}" as "{key.lower()}"',
                        servers=servers,
                        line=member.line,
                        column=member.column,
                        fix=f"list it in properties.default of {package.name}.json",
                    )


class MetadataDiscardsConfiguration(Rule):
    """The metadata makes the server throw the whole configuration away.

    Where a `{name}.json` lies beside the configuration, the server takes the spelling of keys from
    its `properties`, which must be an object. Where it is no JSON, has no `properties` or has
    another kind of value there, the source runs with no properties at all. Releases from 1.7 to
    1.14 install the files elsewhere and do not look.

    Bad: `{"about": {}}` beside `random.yaml`. Good: `{"about": {}, "properties": {"default": []}}`.

    Add `properties` to the metadata, or leave the metadata out.
    """

    code, severity, kinds, since = "KPC06", Severity.ERROR, SOURCE, "1.4.0"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        metadata, root, servers = package.metadata, _sections(package), _restoring(target)
        if metadata is None or root is None or not root.members or not servers:
            return
        if metadata.error is not None:
            error = metadata.error
            yield self.at(
                metadata.entry,
                f"it is no JSON, so the configuration is not used: {error.message}",
                servers=servers,
                line=error.line,
                column=error.column,
            )
        elif metadata.root is not None:
            properties = metadata.root.get("properties")
            if properties is None or properties.kind != "object":
                place = properties or metadata.root
                yield self.at(
                    metadata.entry,
                    "it has no object called properties, so the configuration is not used",
                    servers=servers,
                    line=place.line,
                    column=place.column,
                    fix='add "properties": {"default": []}',
                )


@lru_cache(maxsize=8)
def _restoring(target: Target) -> tuple[Release, ...]:
    """The releases that restore the spelling of keys: they read what lies in the folder etc."""
    return tuple(
        one for one in target.between("1.4.0", None) if "etc" in profile(one).native_folders
    )


def _sections(package: Package) -> Node | None:
    """The map of sections; None where there is no configuration that can be read."""
    document = package.configuration
    if document is None or document.root is None or document.root.kind != "object":
        return None
    return document.root


def _lowered(root: Node, key: str) -> bool:
    return any(member.key.lower() == key for member in root.members)


def _members_below(node: Node) -> Iterator[Member]:
    """The members of maps in maps; servers do not look for keys inside of lists."""
    waiting = [node]
    while waiting:
        for member in waiting.pop().members:
            yield member
            waiting.append(member.value)


def _listed(element: Node) -> Iterator[str]:
    """The names that the metadata lists, as servers collect them from ``properties``."""
    properties = element.get("properties")
    waiting = [properties] if properties is not None and properties.kind == "object" else []
    while waiting:
        one = waiting.pop()
        fields = one.get("default")
        if fields is not None and (fields.items or fields.members):
            values = [*fields.items, *(member.value for member in fields.members)]
            waiting += [value for value in values if value.kind == "object"]
            continue
        name = one.get("name")
        if name is not None and isinstance(name.value, str):
            yield name.value
