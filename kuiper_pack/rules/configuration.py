"""The family C: the configuration of sources."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from kuiper_pack.package.document import Document
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.node import Member, Node
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.profiles import Profile, Release, profile
from kuiper_pack.rules.finding import TOLD, Finding, Severity
from kuiper_pack.rules.layout import misnamed_configuration
from kuiper_pack.rules.rule import SOURCE, Rule
from kuiper_pack.rules.target import Target

_LENIENT = 2
"""The version of Go's yaml that reads a key given twice, in servers up to 1.2.1."""
WITH_SOURCES: frozenset[Kind | None] = frozenset({Kind.SOURCE, Kind.PORTABLE})


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

    code, severity, kinds = "KPC02", Severity.WARNING, WITH_SOURCES

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for one in configurations(package):
            root = one.sections
            if root is None or root.get("default") is not None:
                continue
            if root.members and not _lowered(root, "default"):
                yield self.at(
                    one.document.entry,
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

    code, severity, kinds = "KPC04", Severity.ERROR, WITH_SOURCES

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for one in configurations(package):
            for document, servers in _readings(one.document, target):
                yield from self._look(document, servers)

    def _look(self, document: Document, servers: tuple[Release, ...]) -> Iterator[Finding]:
        entry, error, root = document.entry, document.error, document.root
        if error is not None:
            lines = document.data.splitlines()[error.line - 1 : error.line]
            tab = any(line[error.column - 1 :].startswith(b"\t") for line in lines)
            yield self.at(
                entry,
                error.message,
                servers=servers,
                line=error.line,
                column=error.column,
                fix="indent with spaces, not with tabs" if tab else None,
            )
        elif root is not None and root.kind not in ("object", "null"):
            yield self.at(
                entry,
                "it must be a map of sections",
                servers=servers,
                line=root.line,
                column=root.column,
            )
        members = root.members if root is not None else ()
        unused = [one for one in members if one.value.kind not in ("object", "null")]
        for member in unused[:TOLD]:
            yield self.at(
                entry,
                f'the section "{member.key}" is not used: it must be a map',
                servers=servers,
                severity=Severity.WARNING,
                line=member.line,
                column=member.column,
            )
        if len(unused) > TOLD:
            message = f"{len(unused) - TOLD} more sections are not used: they must be maps"
            yield self.at(entry, message, servers=servers, severity=Severity.WARNING)


class CamelCaseKeyIsLost(Rule):
    """A key with upper-case letters reaches the source in lower case.

    Servers lower the letters of all keys of the configuration and then restore those that the
    metadata lists by name, in `properties.default`; only those from 1.7 to 1.14, which install the
    file elsewhere, take it as it is. A source that reads `bufferSize` from a configuration without
    such metadata finds only `buffersize`.

    Bad: `default: {bufferSize: 1}` with no metadata. Good: the same, with
    `{"properties": {"default": [{"name": "bufferSize"}]}}` in the metadata.

    Add the field to the metadata, or let the source ignore case when it looks for its properties.
    """

    code, severity, kinds, since = "KPC05", Severity.WARNING, WITH_SOURCES, "1.4.0"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for one in configurations(package):
            document = one.document
            if document.data == document.data.lower() or one.sections is None:
                continue
            servers = _restoring(target, package.kind)
            lost = _lost_keys(one) if servers else []
            for member in lost[:TOLD]:
                yield self.at(
                    document.entry,
                    f'the source gets "{member.key}" as "{member.key.lower()}"',
                    servers=servers,
                    line=member.line,
                    column=member.column,
                    fix=f"list it in properties.default of {one.metadata_file}",
                )
            if len(lost) > TOLD:
                yield self.at(
                    document.entry,
                    f"the source gets {len(lost) - TOLD} more keys in lower case",
                    servers=servers,
                )


class MetadataDiscardsConfiguration(Rule):
    """The metadata makes the server throw the whole configuration away.

    Where a `{name}.json` lies beside the configuration, the server takes the spelling of keys from
    its `properties`, which must be an object. Where it is no JSON, has no `properties` or has
    another kind of value there, the source runs with no properties at all. Releases from 1.7 to
    1.14 install the files elsewhere and do not look. Nothing is lost, and nothing said, where all
    sections are empty.

    Bad: `{"about": {}}` beside `random.yaml`. Good: `{"about": {}, "properties": {"default": []}}`.

    Add `properties` to the metadata, or leave the metadata out.
    """

    code, severity, kinds, since = "KPC06", Severity.ERROR, WITH_SOURCES, "1.4.0"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for one in configurations(package):
            metadata = one.metadata
            if metadata is None or not one.has_properties:
                continue
            servers = _restoring(target, package.kind)
            if servers and metadata.error is not None:
                error = metadata.error
                yield self.at(
                    metadata.entry,
                    f"it is no JSON, so the configuration is not used: {error.message}",
                    servers=servers,
                    line=error.line,
                    column=error.column,
                )
            elif servers and metadata.root is not None:
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


@dataclass(frozen=True, slots=True)
class Configuration:
    """The configuration of one source, and the metadata that lies beside it."""

    document: Document
    metadata: Document | None

    @property
    def sections(self) -> Node | None:
        """The map of sections; None where the configuration cannot be read."""
        root = self.document.root
        return root if root is not None and root.kind == "object" else None

    @property
    def has_properties(self) -> bool:
        """Whether a section gives the source any property."""
        sections = self.sections.members if self.sections is not None else ()
        return any(section.value.members for section in sections)

    @property
    def metadata_file(self) -> str:
        """Where the metadata is or should be."""
        return f"{self.document.file.removesuffix('.yaml')}.json"


def configurations(package: Package) -> Iterator[Configuration]:
    """The configuration of a source package, or of every source of a portable one."""
    if package.kind is Kind.SOURCE:
        if document := package.configuration:
            yield Configuration(document, package.metadata)
        return
    root = package.manifest.root if package.manifest else None
    listed = root.fold("sources") if root is not None else ()
    for name in dict.fromkeys(one.value for one in listed[-1].value.items) if listed else ():
        if document := package.yaml(f"sources/{name}.yaml"):
            yield Configuration(document, package.json(f"sources/{name}.json"))


def _readings(document: Document, target: Target) -> Iterator[tuple[Document, tuple[Release, ...]]]:
    """The document as releases read it: old ones take what new ones refuse, keys given twice."""
    old = tuple(one for one in target.releases if profile(one).yaml == _LENIENT)
    if document.error is not None and document.data and old:
        from kuiper_pack.package.yamlio import yaml_document

        leniently = yaml_document(document.entry, document.data, version=_LENIENT)
        if leniently.error is None:
            yield leniently, old
            if new := tuple(one for one in target.releases if one not in old):
                yield document, new
            return
    yield document, target.releases


@lru_cache(maxsize=8)
def _restoring(target: Target, kind: Kind | None) -> tuple[Release, ...]:
    """The releases that restore the spelling of keys: they read what lies in the folder etc."""
    return tuple(
        one for one in target.between("1.4.0", None) if "etc" in _folders(profile(one), kind)
    )


def _folders(facts: Profile, kind: Kind | None) -> tuple[str, ...]:
    return facts.portable_folders if kind is Kind.PORTABLE else facts.native_folders


def _lost_keys(one: Configuration) -> list[Member]:
    """The first member of each key with upper-case letters that the metadata does not list."""
    told, lost = set(_listed(one.metadata)), []
    for section in one.sections.members if one.sections is not None else ():
        for member in _members_below(section.value):
            if member.key != member.key.lower() and member.key not in told:
                told.add(member.key)
                lost.append(member)
    return lost


def _lowered(root: Node, key: str) -> bool:
    return any(member.key.lower() == key for member in root.members)


def _members_below(node: Node) -> Iterator[Member]:
    """The members of maps in maps; servers do not look for keys inside of lists."""
    waiting = [node]
    while waiting:
        for member in waiting.pop().members:
            yield member
            waiting.append(member.value)


def _listed(metadata: Document | None) -> Iterator[str]:
    """The names that the metadata lists, as servers collect them from ``properties``."""
    root = metadata.root if metadata else None
    properties = root.get("properties") if root is not None else None
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
