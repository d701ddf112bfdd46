"""The family Y: what the shared object must export."""

from collections.abc import Iterator

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.node import Node
from kuiper_pack.package.package import Package
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.golang import is_identifier
from kuiper_pack.rules.rule import Rule
from kuiper_pack.rules.target import Target

_FUNCTION: frozenset[Kind | None] = frozenset({Kind.FUNCTION})


class FunctionIsNoSymbol(Rule):
    """A described function has a name that no Go plugin can export.

    For the function `f` the server looks for an exported symbol that is `f` with its first letter
    in upper case. Go identifiers hold letters, digits and underscores and do not begin with a
    digit, so a rule that calls a function of another name fails.

    Bad: the metadata describes `count-plus`. Good: `countPlus`, exported as `CountPlus`.

    Rename the function in the metadata and in the code.
    """

    code, severity, kinds = "KPY04", Severity.WARNING, _FUNCTION

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for name in described_functions(package):
            text = str(name.value)
            if not is_identifier(text):
                yield self.at(
                    _entry(package),
                    f'no Go plugin can export a symbol for the function "{text}"',
                    line=name.line,
                    column=name.column,
                )


class FunctionsMustBeListed(Rule):
    """The functions of the plugin have to be named when it is created.

    Unless the create request lists `functions`, the server takes the plugin for one function that
    is called like the plugin itself, and knows no other.

    Bad: `{"name": "geo", "file": "..."}` for a plugin with `distance` and `area`. Good:
    `{"name": "geo", "file": "...", "functions": ["distance", "area"]}`.

    List the functions in the create request, or register them afterwards.
    """

    code, severity, kinds, since = "KPY05", Severity.NOTE, _FUNCTION, "1.1.2"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        names = [str(name.value) for name in described_functions(package)]
        requested = target.request.functions if target.request else ()
        provided = requested or (package.name,)
        missing = [name for name in names if name not in provided]
        if missing:
            listed = ", ".join(f'"{name}"' for name in names)
            yield self.at(
                _entry(package),
                f"only with a create request that lists them: {', '.join(missing)}",
                fix=f'add "functions": [{listed}] to the create request',
            )


def described_functions(package: Package) -> Iterator[Node]:
    """The names of the functions that the metadata of a function plugin describes."""
    document = package.metadata
    if document is None or document.root is None:
        return
    listed = document.root.get("functions")
    for item in listed.items if listed else ():
        name = item.get("name")
        if name is not None and name.kind == "string" and name.value:
            yield name


def _entry(package: Package) -> Entry | None:
    """Where the metadata stands."""
    return package.metadata.entry if package.metadata else None
