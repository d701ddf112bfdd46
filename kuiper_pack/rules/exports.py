"""The family Y, continued: what the shared object really exports, by its own tables."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner.names import lower_first, upper_first
from kuiper_pack.profiles import Release, profile
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.golang import is_identifier
from kuiper_pack.rules.interfaces import api_of, interface_of, objection
from kuiper_pack.rules.plugin_file import plugin_binary
from kuiper_pack.rules.rule import SOURCE, Rule
from kuiper_pack.rules.symbols import described_functions
from kuiper_pack.rules.target import Target

if TYPE_CHECKING:
    from kuiper_pack.goplugin.read import Plugin

_NODES: frozenset[Kind | None] = frozenset({Kind.SOURCE, Kind.SINK})
_FUNCTION: frozenset[Kind | None] = frozenset({Kind.FUNCTION})
_WORDS = {Kind.SOURCE: "Source", Kind.SINK: "Sink", Kind.FUNCTION: "Function"}
_SHOWN = 5


class SymbolMissing(Rule):
    """The shared object does not export what the server looks for in it.

    For the plugin `random` the server looks up the symbol `Random`: the name of the plugin with its
    first letter in upper case, in exactly this spelling. Where there is none, the package installs,
    the server logs `cannot find symbol Random, please check if it is exported`, and no rule can use
    the plugin.

    A source that exports only `RandomLookup` serves lookup tables and nothing else.

    Bad: `func NewRandom() api.Source`, `func RANDOM() api.Source`, or a package that is not `main`.
    Good: `func Random() api.Source { return &random{} }` in package main.

    Rename the function or the variable, or create the plugin under another name.
    """

    code, severity, kinds = "KPY01", Severity.ERROR, _NODES

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        found, wanted = plugin_binary(package), upper_first(package.name)
        if found is None or found[1].plugin is None or not is_identifier(wanted):
            return
        entry, plugin = found[0], found[1].plugin
        if plugin.export(wanted) is not None:
            return
        if package.kind is Kind.SOURCE and plugin.export(f"{wanted}Lookup") is not None:
            return
        close, servers = _misspelt(plugin, wanted), target.installing(package)
        if servers:
            yield self.at(
                entry,
                f"servers look for {wanted}, and it {_exports(plugin)}",
                servers=servers,
                fix=f"rename {close} to {wanted}"
                if close
                else f"export {wanted} from package main",
            )


class SymbolOfWrongShape(Rule):
    """The exported symbol is nothing that the server can use.

    A source must be exported as a function of exactly the type `func() api.Source`, or as a
    variable of a type that has the methods of `api.Source`, itself or by its address; a sink
    likewise. Anything else installs, and the first rule that uses the plugin fails:

    `exported symbol ... is not type of api.Source or function that return api.Source`

    A plugin exports the address of a variable, so a variable that holds a pointer, an interface or
    a function has no methods for the server.

    Bad: `func Random() *random`, `func Random() (api.Source, error)`, `var Random = &random{}`,
    `var Random api.Source = &random{}`, `var Random = func() api.Source { ... }`. Good:
    `func Random() api.Source { return &random{} }`, or `var Random random` for one that all rules
    share.

    In 2.x a sink must also `Collect` tuples or bytes, else it `does not implement any collector`.

    What a constructor gives is not in the file: a type that no rule can use is seen at run time.
    """

    code, severity, kinds = "KPY02", Severity.ERROR, _NODES

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        if package.kind is not None:
            wanted = upper_first(package.name)
            yield from _shape(self, package, target, wanted, _WORDS[package.kind])


class LookupSymbol(Rule):
    """A source exports a lookup that the server does not find, or cannot use.

    For lookup tables the server looks up the name of the plugin with its first letter in upper
    case and `Lookup` behind it. It takes a function `func() api.Source`, in 1.x
    `func() api.LookupSource`, or a variable of a type that has the methods. Other symbols are not
    found, and a table that uses the source fails:

    `exported symbol ... is not type of api.LookupSource or function that return api.LookupSource`

    Bad: `func RandomLookUp() api.Source`, `func RandomLookup() *lookup`. Good:
    `func RandomLookup() api.Source { return &lookup{} }`.

    Rename the symbol, or give it the type that servers look for.
    """

    code, severity, kinds, since = "KPY03", Severity.ERROR, SOURCE, "1.7.0"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        found, wanted = plugin_binary(package), f"{upper_first(package.name)}Lookup"
        if found is None or found[1].plugin is None:
            return
        close = _misspelt(found[1].plugin, wanted)
        if found[1].plugin.export(wanted) is not None:
            yield from _shape(self, package, target, wanted, "LookupSource")
        elif close:
            yield self.at(
                found[0],
                f"servers look for {wanted}, and it exports {close}: no table can use it",
                severity=Severity.WARNING,
                fix=f"rename {close} to {wanted}",
            )


class FunctionNotExported(Rule):
    """A function of the plugin has no exported symbol that servers can use.

    For the function `f` the server looks up the symbol that is `f` with its first letter in upper
    case, in exactly this spelling. It must be a function of exactly the type `func() api.Function`,
    or a variable of a type that has the methods of `api.Function`. The functions are those of the
    create request; without a list there, it is one that is called like the plugin. Others install,
    and a rule that calls the function fails, with `function ... not found` or

    `exported symbol ... is not type of api.Function or function that return api.Function`

    Since 2.0 `Exec` takes the context first: `Exec(ctx api.FunctionContext, args []any)`.

    Bad: `func Geo() *geo`, `var Geo = &geo{}`, `var GEO geo`. Good: `var Geo geo`,
    `func Geo() api.Function { return &geo{} }`; for the functions `distance` and `area` the symbols
    `Distance` and `Area`.

    Correct the symbol. Without the create request (`--request`) nobody knows which functions it
    lists, so other symbols are only noted.
    """

    code, severity, kinds = "KPY11", Severity.ERROR, _FUNCTION

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        found = plugin_binary(package)
        if found is None or found[1].plugin is None:
            return
        entry, plugin = found[0], found[1].plugin
        for needed in _needed(package, target):
            wanted = upper_first(needed.function)
            if plugin.export(wanted) is not None:
                yield from _shape(self, package, target, wanted, "Function")
            elif is_identifier(wanted) and (servers := target.installing(package)):
                yield self._missing(entry, plugin, wanted, needed, servers)

    def _missing(
        self,
        entry: Entry,
        plugin: "Plugin",
        wanted: str,
        needed: "_Needed",
        servers: tuple[Release, ...],
    ) -> Finding:
        close = _misspelt(plugin, wanted)
        names = ", ".join(f'"{lower_first(one.name)}"' for one in plugin.exports[:_SHOWN])
        severity = needed.severity
        if needed.guessed and plugin.exports and not close:
            severity = Severity.NOTE
            fix = f'name its functions in the create request, like "functions": [{names}]'
        else:
            fix = f"rename {close} to {wanted}" if close else f"export {wanted} from package main"
        return self.at(
            entry,
            f"servers look for {wanted}, and it {_exports(plugin)}",
            severity=severity,
            servers=servers,
            fix=fix,
        )


class _Needed(NamedTuple):
    """A function that the plugin should have, and how bad it is where it has not.

    It is ``guessed`` where nobody says that the plugin has it.
    """

    function: str
    severity: Severity
    guessed: bool = False


def _needed(package: Package, target: Target) -> list[_Needed]:
    if target.request is not None:
        names = target.request.functions or (package.name,)
        return [_Needed(name, Severity.ERROR) for name in names]
    described = dict.fromkeys(str(node.value) for node in described_functions(package))
    if described:
        return [_Needed(name, Severity.WARNING) for name in described]
    return [_Needed(package.name, Severity.WARNING, guessed=True)]


def _shape(
    rule: Rule, package: Package, target: Target, symbol: str, word: str
) -> Iterator[Finding]:
    """What is to be said of an exported symbol that should be, or make, a Go interface."""
    found = plugin_binary(package)
    if found is None or found[1].plugin is None:
        return
    entry, binary, plugin = found[0], found[1], found[1].plugin
    export = plugin.export(symbol)
    if export is None:
        return
    told: dict[tuple[str, str], list[Release]] = {}
    for release in target.installing(package):
        facts = profile(release)
        # A plugin for another interface altogether is a matter of KPY07.
        if api_of(facts) in binary.packages and _asks(word, release):
            interface = interface_of(word, facts)
            why = objection(export, interface, plugin.path)
            if why is not None:
                told.setdefault((why, interface.name), []).append(release)
    for (why, name), servers in told.items():
        yield rule.at(
            entry,
            f"servers cannot use {symbol} as api.{name}: {why}",
            servers=tuple(servers),
            fix=f"write func {symbol}() api.{name} {{ return ... }}",
        )


def _asks(word: str, release: Release) -> bool:
    return word != "LookupSource" or release >= _LOOKUPS_SINCE


_LOOKUPS_SINCE = Release.parse("1.7.0")


def _misspelt(plugin: "Plugin", wanted: str) -> str:
    """The export that differs from ``wanted`` in nothing but case, "" for none."""
    folded = wanted.casefold()
    return next((one.name for one in plugin.exports if one.name.casefold() == folded), "")


def _exports(plugin: "Plugin") -> str:
    names = [one.name for one in plugin.exports]
    if not names:
        return "exports nothing"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"exports {', '.join(names[:_SHOWN])}{more}"
