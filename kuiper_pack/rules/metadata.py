"""The family M: the metadata that describes a native plugin to users."""

from collections.abc import Iterator

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.node import Node
from kuiper_pack.package.package import Package
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.rule import Rule
from kuiper_pack.rules.target import Target

_SOURCE_OR_SINK: frozenset[Kind | None] = frozenset({Kind.SOURCE, Kind.SINK})


class MetadataInvalid(Rule):
    """The metadata of a source or sink is no JSON.

    The metadata only describes the plugin, so the package installs; the server logs an error, and
    the plugin is missing from `/metadata`, and with it from the forms of management tools. At its
    next start a server that meets such a sink reads no metadata of the sinks that come after it.

    Bad: `{"about": {}, "properties": [],}`. Good: `{"about": {}, "properties": []}`.

    Correct the place that the finding names.
    """

    code, severity, kinds, since = "KPM01", Severity.WARNING, _SOURCE_OR_SINK, "0.9.1"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        document = package.metadata
        if document is not None and document.error is not None:
            error = document.error
            yield self.at(
                _entry(package),
                error.message,
                line=error.line,
                column=error.column,
            )


class MetadataWithoutAbout(Rule):
    """The metadata of a source or sink has no `about`.

    `about` is the one member that servers insist on. Without it they log that it was not found, and
    the plugin is missing from `/metadata`. At its next start a server that meets such a sink reads
    no metadata of the sinks that come after it.

    Bad: `{"properties": []}`. Good: `{"about": {"trial": false}, "properties": []}`.

    Add `about`; an empty object will do.
    """

    code, severity, kinds, since = "KPM03", Severity.WARNING, _SOURCE_OR_SINK, "0.9.1"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        root = _root(package)
        if root is None:
            return
        about = [member.value for member in root.fold("about")]
        if not about or about[-1].kind == "null":
            place = about[-1] if about else root
            yield self.at(
                _entry(package),
                "about is missing, so the plugin is not in /metadata",
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

    code, severity, kinds, since = "KPM05", Severity.WARNING, _SOURCE_OR_SINK, "0.9.1"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        root = _root(package)
        wanted, spoken = "array", "of a sink must be a list"
        if package.kind is Kind.SOURCE:
            wanted, spoken = "object", "of a source must be an object of lists"
        for member in root.fold("properties") if root else ():
            value = member.value
            if value.kind not in (wanted, "null"):
                yield self.at(
                    _entry(package),
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
    kinds = frozenset({Kind.FUNCTION})

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        document = package.metadata
        if document is not None and document.error is not None:
            error = document.error
            yield self.at(
                _entry(package),
                f"{error.message}; it breaks GET /metadata/functions for all plugins",
                line=error.line,
                column=error.column,
            )


def _root(package: Package) -> Node | None:
    """The object that the metadata is; None without one."""
    document = package.metadata
    if document is None or document.root is None or document.root.kind != "object":
        return None
    return document.root


def _entry(package: Package) -> Entry | None:
    """Where the metadata stands."""
    return package.metadata.entry if package.metadata else None
