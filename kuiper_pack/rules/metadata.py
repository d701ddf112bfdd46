"""The family M: the metadata of a native plugin, or of a symbol of a portable one."""

from collections.abc import Iterator
from itertools import islice

from kuiper_pack.package.document import MAX_DOCUMENT, Document
from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.node import Node
from kuiper_pack.package.package import Package
from kuiper_pack.profiles import Release
from kuiper_pack.rules.finding import TOLD, Finding, Severity
from kuiper_pack.rules.manifest import symbols
from kuiper_pack.rules.metadata_shape import FIELD, METADATA, ListOf, fields, misfits
from kuiper_pack.rules.rule import NATIVE, SOURCE, Rule
from kuiper_pack.rules.target import Target

_SOURCES_AND_SINKS = frozenset({Kind.SOURCE, Kind.SINK, Kind.PORTABLE})
_CANDIDATES = 16
"""Root documents that are tried for misnamed metadata."""
_TYPES = {
    "str": "string", "text": "string", "integer": "int", "number": "float", "double": "float",
    "boolean": "bool", "array": "list_string", "list": "list_string", "map": "object",
    "dict": "object",
}  # fmt: skip
"""How the types of fields are called elsewhere."""


class MetadataInvalid(Rule):
    """The metadata is no JSON.

    The metadata only describes the plugin, so the package installs; the server logs an error, and
    the plugin is missing from `/metadata`, and with it from the forms of management tools. At its
    next start a server that meets such a sink reads no metadata of the sinks that come after it.
    Of functions this holds up to 1.6; KPM13 says what later servers make of theirs.

    Bad: `{"about": {}, "properties": [],}`. Good: `{"about": {}, "properties": []}`.

    Correct the place that the finding names.
    """

    code, severity, kinds, since = "KPM01", Severity.WARNING, frozenset(Kind), "0.9.1"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for kind, document in described(package):
            servers = _that_read(kind, target)
            if servers and (error := document.error):
                yield self.at(
                    document.entry,
                    error.message,
                    servers=servers,
                    line=error.line,
                    column=error.column,
                )


class MetadataName(Rule):
    """The metadata of a native plugin is not named after it.

    The metadata counts only as `{name}.json` at the root of the package. Under another name, be it
    in the case of letters, it goes to a temporary folder that is gone after the installation, and
    the plugin is missing from `/metadata`.

    Bad: `Random.json` or `metadata.json` for the plugin `random`. Good: `random.json`.

    Rename the file.
    """

    code, severity, kinds, since = "KPM02", Severity.WARNING, NATIVE, "0.9.1"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        if entry := misnamed_metadata(package):
            yield self.at(
                entry,
                f'it is not the metadata of the plugin "{package.name}"',
                fix=f"name it {package.name}.json",
            )


class MetadataWithoutAbout(Rule):
    """The metadata has no `about`.

    `about` is the one member that servers insist on. Without it they log that it was not found, and
    the plugin is missing from `/metadata`. At its next start a server that meets such a sink reads
    no metadata of the sinks that come after it. Of functions this holds up to 1.6; later servers
    show theirs as they are.

    Bad: `{"properties": []}`. Good: `{"about": {"trial": false}, "properties": []}`.

    Add `about`; an empty object will do.
    """

    code, severity, kinds, since = "KPM03", Severity.WARNING, frozenset(Kind), "0.9.1"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for kind, document in described(package):
            root = _root(document)
            servers = _that_read(kind, target)
            about = [member.value for member in root.fold("about")] if root else []
            if servers and root is not None and (not about or about[-1].kind == "null"):
                place = about[-1] if about else root
                what = kind.value if package.kind is Kind.PORTABLE else "plugin"
                yield self.at(
                    document.entry,
                    f"about is missing, so the {what} is not in /metadata",
                    servers=servers,
                    line=place.line,
                    column=place.column,
                    fix='add "about": {}',
                )


class MetadataProperties(Rule):
    """The `properties` of the metadata have the wrong shape.

    The properties of a sink are a list of fields. Those of a source are an object that has such a
    list for each section of the configuration. A sink with anything else has no metadata at all,
    and a source none of its properties.

    Bad: `"properties": {}` for a sink, `"properties": []` for a source. Good:
    `"properties": [{"name": "path"}]` for a sink, `"properties": {"default": []}` for a source.

    Write the properties in the shape of the kind.
    """

    code, severity, kinds, since = "KPM05", Severity.WARNING, _SOURCES_AND_SINKS, "0.9.1"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for kind, document in _of_sources_and_sinks(package):
            root = _root(document)
            wanted, spoken = "array", "of a sink must be a list"
            if kind is Kind.SOURCE:
                wanted, spoken = "object", "of a source must be an object of lists"
            for member in root.fold("properties") if root else ():
                value = member.value
                if value.kind not in (wanted, "null"):
                    yield self.at(
                        document.entry,
                        f"the properties {spoken}",
                        line=value.line,
                        column=value.column,
                    )


class MetadataMemberType(Rule):
    """A member of the metadata has a value of another type than servers read.

    `about` holds `trial` (true or false), `author` (name, email, company, website), `helpUrl` and
    `description` (en_US, zh_CN); a field of the properties holds texts in `name`, `control` and
    `type`, true or false in `optional`, and texts by language in `hint` and `label`. A sink with
    anything else is missing from `/metadata` altogether; of a source only that value is.

    Bad: `"trial": "false"`, `"label": "Path"`. Good: `"trial": false`,
    `"label": {"en_US": "Path"}`.

    Write the value in the type that the finding names.
    """

    code, severity, kinds, since = "KPM04", Severity.WARNING, _SOURCES_AND_SINKS, "0.9.1"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for kind, document in _of_sources_and_sinks(package):
            root = _root(document)
            if root is None:
                continue
            found = [one for one in misfits(root, METADATA[kind]) if one.path != "properties"]
            for misfit in found[:TOLD]:
                effect = "the sink is" if kind is Kind.SINK else "it is"
                yield self.at(
                    document.entry,
                    f"{misfit.path} must be {misfit.wanted}; {effect} missing from /metadata",
                    line=misfit.node.line,
                    column=misfit.node.column,
                )
            if len(found) > TOLD:
                message = f"{len(found) - TOLD} more members have values of another type"
                yield self.at(document.entry, message)


class DefaultIsNoField(Rule):
    """The default of a field is a list of something else than fields.

    From 1.6.0 on servers take a list in `default` for the fields that the property consists of.
    Where it holds plain values, they show no properties at all: a source, and with newer releases a
    sink, is missing from `/metadata`. A server that meets such a sink at its next start reads no
    metadata of the sinks that come after it.

    Bad: `{"name": "servers", "type": "list_string", "default": ["tcp://127.0.0.1:1883"]}`. Good:
    the same with `"default": []` or without a default.

    Leave the default out, and say in the hint what is used without a value.
    """

    code, severity, kinds, since = "KPM06", Severity.WARNING, _SOURCES_AND_SINKS, "1.6.0"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for kind, document in _of_sources_and_sinks(package):
            root = _root(document)
            for field in fields(root, kind) if root is not None else ():
                default = field.fold("default")
                if not default or default[-1].value.kind != "array":
                    continue
                value = default[-1].value
                if any(misfits(value, ListOf(FIELD))):
                    name = field.get("name")
                    yield self.at(
                        document.entry,
                        f'the default of "{name.value if name else ""}" is no list of fields, so '
                        "/metadata shows no properties",
                        line=value.line,
                        column=value.column,
                        fix="leave the default out",
                    )


class FieldForNoForm(Rule):
    """A field of the properties cannot be shown in a form.

    No server checks the fields, but management tools make forms of them. A field needs a `name`,
    and its `type` is one of `string`, `int`, `float`, `bool`, `object` and `list_string`,
    `list_int`, `list_float`, `list_object`.

    Bad: `{"name": "port", "type": "integer"}`. Good: `{"name": "port", "type": "int"}`.

    Add the name, or write the type as servers call it.
    """

    code, severity, kinds, since = "KPM08", Severity.NOTE, _SOURCES_AND_SINKS, "0.9.1"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for kind, document in _of_sources_and_sinks(package):
            root = _root(document)
            found = list(self._odd(document, root, kind)) if root is not None else []
            yield from found[:TOLD]
            if len(found) > TOLD:
                message = f"{len(found) - TOLD} more fields cannot be shown"
                yield self.at(document.entry, message)

    def _odd(self, document: Document, root: Node, kind: Kind) -> Iterator[Finding]:
        for field in fields(root, kind):
            type_ = field.get("type")
            written = str(type_.value) if type_ is not None else ""
            if not field.fold("name"):
                message, place, fix = "the field has no name", field, "add its name"
            elif type_ is not None and (meant := _TYPES.get(written.lower())):
                message, place = f'"{written}" is no type of a field', type_
                fix = f'write "{meant}"'
            else:
                continue
            yield self.at(document.entry, message, line=place.line, column=place.column, fix=fix)


class MetadataForOldServers(Rule):
    """Old servers want more of the metadata of a source.

    From 0.9.1 to 1.3 the metadata of a source is read only where `properties.default` lists a
    field and the configuration has a section `default` that is not empty; else the server logs
    `not found default confKey`, and the source is missing from `/metadata`.

    Bad: `"properties": {"default": []}` for 1.2.0. Good: one field at least, and
    `default: {interval: 1000}` in the configuration.

    Describe a field and configure it, or name later servers.
    """

    code, severity, kinds = "KPM12", Severity.WARNING, SOURCE
    since, until = "0.9.1", "1.3.1"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        document = package.metadata
        root = _root(document) if document is not None else None
        if document is None or root is None or root.get("about") is None:
            return
        listed, section = root.at("properties", "default"), None
        if package.configuration is not None and package.configuration.root is not None:
            section = package.configuration.root.get("default")
        if listed is None or not listed.items:
            yield self.at(
                document.entry,
                "properties.default lists no field, so the source is not in /metadata",
                line=listed.line if listed is not None else root.line,
                column=listed.column if listed is not None else root.column,
                fix="describe a field in properties.default",
            )
        elif section is None or not section.members:
            yield self.at(
                package.configuration.entry if package.configuration is not None else None,
                "the section default is empty, so the source is not in /metadata",
                line=section.line if section is not None else None,
                column=section.column if section is not None else None,
                fix="give the section default a property",
            )


class FunctionMetadataInvalid(Rule):
    """The metadata of a function is no JSON.

    From 1.7.0 on `GET /metadata/functions` puts the files of all functions together as they are.
    One that is no JSON makes the whole answer unreadable, for the functions of all plugins.

    Bad: a file that ends in the middle. Good: `{"about": {}, "functions": []}`.

    Correct the place that the finding names.
    """

    code, severity, since = "KPM13", Severity.WARNING, "1.7.0"
    kinds = frozenset({Kind.FUNCTION, Kind.PORTABLE})

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for kind, document in described(package):
            if kind is Kind.FUNCTION and document.error is not None:
                error = document.error
                yield self.at(
                    document.entry,
                    f"{error.message}; it breaks GET /metadata/functions for all plugins",
                    line=error.line,
                    column=error.column,
                )


def misnamed_metadata(package: Package) -> Entry | None:
    """A root entry that was meant to be the metadata of a native plugin, where that is missing."""
    wanted = f"{package.name}.json"
    if package.kind is Kind.PORTABLE or wanted in package:
        return None
    found = (
        entry
        for entry in package.entries
        if "/" not in entry.name and entry.name.lower().endswith(".json") and not entry.is_dir
    )
    left = MAX_DOCUMENT
    for entry in islice(found, _CANDIDATES):
        left -= entry.size
        if left < 0:
            return None
        document = package.json(entry.name)
        root = _root(document) if document is not None else None
        if root is not None and root.get("about") is not None:
            return entry
        if entry.name.lower() == wanted.lower():
            return entry
    return None


def described(package: Package) -> Iterator[tuple[Kind, Document]]:
    """The metadata of a native plugin, or of each symbol of a portable one, and what it is of."""
    if package.kind is not Kind.PORTABLE:
        if package.kind is not None and package.metadata is not None:
            yield package.kind, package.metadata
        return
    for kind in (Kind.SOURCE, Kind.SINK, Kind.FUNCTION):
        for symbol in symbols(package, kind.plural):
            document = package.json(f"{kind.plural}/{symbol}.json")
            if document is not None:
                yield kind, document


def _that_read(kind: Kind, target: Target) -> tuple[Release, ...]:
    """The releases that read metadata of ``kind``; later ones show that of functions as it is."""
    return target.between("0.9.1", "1.6.3" if kind is Kind.FUNCTION else None)


def _of_sources_and_sinks(package: Package) -> Iterator[tuple[Kind, Document]]:
    return (one for one in described(package) if one[0] is not Kind.FUNCTION)


def _root(document: Document) -> Node | None:
    """The object that the metadata is; None where it is none."""
    return document.root if document.root is not None and document.root.kind == "object" else None
