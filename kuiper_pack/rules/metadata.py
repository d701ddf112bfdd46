"""The family M: the metadata of a native plugin, or of a symbol of a portable one."""

from collections.abc import Iterator

from kuiper_pack.package.document import Document
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.node import Node
from kuiper_pack.package.package import Package
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.manifest import symbols
from kuiper_pack.rules.rule import Rule
from kuiper_pack.rules.target import Target

_SOURCES_AND_SINKS = frozenset({Kind.SOURCE, Kind.SINK, Kind.PORTABLE})


class MetadataInvalid(Rule):
    """The metadata of a source or sink is no JSON.

    The metadata only describes the plugin, so the package installs; the server logs an error, and
    the plugin is missing from `/metadata`, and with it from the forms of management tools. At its
    next start a server that meets such a sink reads no metadata of the sinks that come after it.

    Bad: `{"about": {}, "properties": [],}`. Good: `{"about": {}, "properties": []}`.

    Correct the place that the finding names.
    """

    code, severity, kinds, since = "KPM01", Severity.WARNING, _SOURCES_AND_SINKS, "0.9.1"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for _, document in _of_sources_and_sinks(package):
            if error := document.error:
                yield self.at(document.entry, error.message, line=error.line, column=error.column)


class MetadataWithoutAbout(Rule):
    """The metadata of a source or sink has no `about`.

    `about` is the one member that servers insist on. Without it they log that it was not found, and
    the plugin is missing from `/metadata`. At its next start a server that meets such a sink reads
    no metadata of the sinks that come after it.

    Bad: `{"properties": []}`. Good: `{"about": {"trial": false}, "properties": []}`.

    Add `about`; an empty object will do.
    """

    code, severity, kinds, since = "KPM03", Severity.WARNING, _SOURCES_AND_SINKS, "0.9.1"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for kind, document in _of_sources_and_sinks(package):
            root = _root(document)
            about = [member.value for member in root.fold("about")] if root else []
            if root is not None and (not about or about[-1].kind == "null"):
                place = about[-1] if about else root
                what = kind.value if package.kind is Kind.PORTABLE else "plugin"
                yield self.at(
                    document.entry,
                    f"about is missing, so the {what} is not in /metadata",
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


def _of_sources_and_sinks(package: Package) -> Iterator[tuple[Kind, Document]]:
    return (one for one in described(package) if one[0] is not Kind.FUNCTION)


def _root(document: Document) -> Node | None:
    """The object that the metadata is; None where it is none."""
    return document.root if document.root is not None and document.root.kind == "object" else None
