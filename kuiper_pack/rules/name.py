"""The family N: the name that a plugin is created with."""

import re
from collections.abc import Iterator

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.node import Node
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.profiles import Profile, profile
from kuiper_pack.profiles.builtins import builtins, every_builtin
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.golang import is_identifier
from kuiper_pack.rules.manifest import value_of
from kuiper_pack.rules.rule import NATIVE, Rule
from kuiper_pack.rules.symbols import described_functions
from kuiper_pack.rules.target import Target


class NameCharacters(Rule):
    """A native plugin's name holds other characters than letters, digits, `-` and `_`.

    From 2.4.0 on the names of sources, sinks and functions are checked before anything else, and
    the create request is refused:

    > id '...' contains invalid characters: only alphanumeric, hyphens and underscores are allowed

    Bad: `my.sink`, `mein gerät`. Good: `mySink`, `my_sink`.

    Rename the plugin: the shared object, the configuration, the metadata and the exported symbol
    all carry its name. Portable plugins are not checked this way.
    """

    code, severity, kinds = "KPN02", Severity.ERROR, NATIVE
    causes = (Cause.NAME_INVALID,)

    def holds(self, facts: Profile) -> bool:
        return facts.checks_ids

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        yield self.at_root(
            f'the name "{package.name}" holds more than letters, digits, hyphens and underscores',
            servers=target.refusing(package, *self.causes),
            fix=_suggestion(package.name),
        )


class NameBreaksServer(Rule):
    """The name crashes the handler that creates the plugin.

    Up to 2.3.1 the name becomes part of a regular expression as it stands. A bracket without its
    partner, or a first letter outside ASCII, makes that expression invalid: the server closes the
    connection and answers nothing at all.

    Bad: `f(x`, `größe[`, `ölstand`. Good: `fx`, `groesse`, `oelstand`.

    Rename the plugin; use letters of ASCII and digits.
    """

    code, severity, kinds = "KPN03", Severity.ERROR, NATIVE
    causes = (Cause.NAME_PANICS,)

    def holds(self, facts: Profile) -> bool:
        return not facts.checks_ids

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        yield self.at_root(
            f'the name "{package.name}" makes the server close the connection without an answer',
            servers=target.refusing(package, *self.causes),
            fix=_suggestion(package.name),
        )


class NameStartsUpperCase(Rule):
    """A native plugin's name starts with an upper-case letter.

    Documentation asks for a lower-case first letter. Servers accept the upper-case one, but only
    until they start again: then the name is read from the file, with its first letter lowered, and
    rules and requests that use the old spelling find no plugin.

    Bad: name `Random`. Good: name `random`; its file may still be `Random.so`.

    Create it with the lower-case name, and name configuration and metadata likewise.
    """

    code, severity, kinds = "KPN04", Severity.WARNING, NATIVE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        first = package.name[:1]
        if first != first.lower() and first.isascii():
            lowered = first.lower() + package.name[1:]
            yield self.at_root(
                f'"{package.name}" is listed as "{lowered}" once the server has restarted',
                fix=f"call it {lowered}",
            )


class NameCannotBeDeleted(Rule):
    """A plugin of this name can be created, but not deleted.

    From 2.3.1 on servers look for the shared object of a plugin only where its name begins with
    neither `-` nor a full stop and holds nothing that could lead to another folder. A plugin with
    such a name is created all the same; to delete or update it is refused, and its functions are
    not found again after a restart:

    > ...invalid soFileName ...

    Bad: the function plugin `-echo`. Good: `echo`.

    Rename the plugin.
    """

    code, severity, kinds = "KPN05", Severity.WARNING, NATIVE

    def holds(self, facts: Profile) -> bool:
        return facts.refuses_odd_names

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        name = package.name
        if not name.startswith(("-", ".")) and not any(odd in name for odd in ("/", "\\", "..")):
            return
        concerned = [one for one in target.installing(package) if self.holds(profile(one))]
        for removal, servers in target.removals(package, concerned).items():
            if removal.refused:
                yield self.at_root(
                    f'a plugin called "{name}" can be neither deleted nor updated',
                    servers=servers,
                    fix=_suggestion(name),
                )


class NameIsNoSymbol(Rule):
    """A source or sink is called what no Go symbol can be called.

    The server looks for an exported symbol that is the name with its first letter in upper case. Go
    identifiers hold letters, digits and underscores and do not begin with a digit, so for other
    names the symbol cannot exist: the package installs, and every rule that uses the plugin fails.

    Bad: source `my-source`, which needs the symbol `My-source`. Good: `mySource`, exported as
    `MySource`.

    Rename the plugin and the exported symbol.
    """

    code, severity = "KPN06", Severity.ERROR
    kinds = frozenset({Kind.SOURCE, Kind.SINK})

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        name = package.name
        if name and not is_identifier(name):
            symbol = name[:1].upper() + name[1:]
            yield self.at_root(
                f'no Go plugin can export the symbol "{symbol}" that "{name}" stands for',
                fix=_suggestion(name),
            )


class NameHidesBehindRoute(Rule):
    """A native plugin is called `prebuild`.

    `GET /plugins/{kind}/prebuild` is the list of ready-made plugins. A plugin of that name can be
    created and deleted, but never described: the list answers instead.

    Bad: sink `prebuild`. Good: any other name.

    Rename the plugin.
    """

    code, severity, kinds, since = "KPN08", Severity.WARNING, NATIVE, "0.9.1"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        if package.name == "prebuild":
            yield self.at_root("a plugin called prebuild cannot be described over the API")


class NameCutByImport(Rule):
    """A native plugin with an underscore in its name survives a data import.

    An import of a whole configuration (`POST /data/import`) first removes what is there. The server
    finds the plugins to remove by keys like `sinks_my_sink`, and takes what stands between the
    first and the second underscore for the name: it removes `my`, and `my_sink` stays.

    Bad: `my_sink`, where configurations are imported. Good: `mySink`.

    Rename the plugin, or delete it before an import.
    """

    code, severity, kinds = "KPN09", Severity.NOTE, NATIVE

    def holds(self, facts: Profile) -> bool:
        return facts.stores_requests

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        cut, underscore, _ = package.name.partition("_")
        if underscore:
            yield self.at_root(
                f'a data import removes the plugin "{cut}" in place of "{package.name}"'
            )


class NameIsBuiltIn(Rule):
    """A source, sink or function is called like one that the server has built in.

    Servers look for a name among their own sources, sinks and functions first, then among native
    plugins, then among portable ones. The plugin installs and is listed, but every stream and rule
    that names it gets the built-in one. The case of letters does not count in names of functions.

    Bad: a sink `file` for 1.9 and later, a function `now` for 1.11 and later. Good: `csvFile`.

    Rename the plugin, or the symbol in the manifest and in the program.
    """

    code, severity = "KPN10", Severity.WARNING

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for kind, name, node in _provided(package, target):
            folded = name.lower() if kind is Kind.FUNCTION else name
            if folded not in every_builtin(kind.plural):
                continue
            servers = tuple(one for one in target.releases if folded in builtins(one, kind.plural))
            if servers:
                document = package.manifest or package.metadata
                yield self.at(
                    document.entry if node is not None and document is not None else None,
                    f'the built-in {kind.value} "{folded}" is used in its place',
                    servers=servers,
                    line=node.line if node is not None else None,
                    column=node.column if node is not None else None,
                    fix="give it another name",
                )


def _provided(package: Package, target: Target) -> Iterator[tuple[Kind, str, Node | None]]:
    """Each source, sink and function of a package, and where it is named, if anywhere."""
    if package.kind is Kind.PORTABLE:
        for kind in (Kind.SOURCE, Kind.SINK, Kind.FUNCTION):
            listed = value_of(package, kind.plural)
            items = {str(node.value): node for node in reversed(listed.items if listed else ())}
            for name, node in items.items():
                yield kind, name, node
    elif package.kind is Kind.FUNCTION:
        described = {str(node.value): node for node in described_functions(package)}
        requested = target.request.functions if target.request else ()
        for name in dict.fromkeys((*requested, *described)) or (package.name,):
            yield package.kind, name, described.get(name)
    elif package.kind is not None:
        yield package.kind, package.name, None


def _suggestion(name: str) -> str | None:
    """A name that every release accepts, made of what is usable in ``name``."""
    words = [word for word in re.split(r"[^A-Za-z0-9_]+", name) if word]
    if not words:
        return None
    joined = words[0] + "".join(word[:1].upper() + word[1:] for word in words[1:])
    return None if joined[0].isdigit() else f"call it {joined}, for example"
