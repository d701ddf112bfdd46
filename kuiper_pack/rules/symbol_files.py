"""The family P, continued: what a manifest does not mean, and files that belong to no symbol."""

from collections.abc import Iterator

from kuiper_pack.package.node import Member, Node, fold
from kuiper_pack.package.package import Package
from kuiper_pack.rules.finding import TOLD, Finding, Severity
from kuiper_pack.rules.manifest import symbols, value_of
from kuiper_pack.rules.rule import PORTABLE, Rule
from kuiper_pack.rules.target import Target
from kuiper_pack.spelling import did_you_mean

_SYMBOLS = ("sources", "sinks", "functions")
_TEXTS = ("version", "language", "executable", "virtualEnvType")
_KNOWN = frozenset(fold(key) for key in (*_SYMBOLS, *_TEXTS, "name", "env"))
_CLOSE = 0.75
"""How much alike two keys must be: with less, keys of other tools look like misspelt ones."""
_MEANT_FOR_SYMBOLS = (".yaml", ".yml", ".json")
_CODE = (".py", ".go")


class MisspeltMember(Rule):
    """A member of the manifest is nearly, but not, one that servers know.

    Servers ignore members that they do not know, without a word. Only members that nobody wrote in
    the right spelling are reported; case does not count.

    Bad: `"source": ["random"]`. Good: `"sources": ["random"]`.

    Correct the key; a member of your own is better called something less alike.
    """

    code, severity, kinds, since = "KPP24", Severity.WARNING, PORTABLE, "1.4.0"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        root = package.manifest.root if package.manifest else None
        if root is None:
            return
        for member, key in _misspelt(root):
            yield self.at(
                package.manifest.entry if package.manifest else None,
                f'servers do not know the member "{member.key}"; did you mean "{key}"?',
                line=member.line,
                column=member.column,
                fix=f'write "{key}"',
            )


class FileOfNoSymbol(Rule):
    """A file in `sources/`, `sinks/` or `functions/` belongs to nothing that the manifest lists.

    Files of these folders are not installed with the plugin, but among those of all plugins, where
    the server looks for `{symbol}.yaml` and `{symbol}.json`. Of another name they are never used,
    and deleting the plugin leaves them behind; code in there is not beside the program.

    Bad: `sources/ticks.yaml` where the manifest lists `"sources": ["tick"]`. Good:
    `sources/tick.yaml`.

    Rename the file, list the symbol, or move the file to another folder.
    """

    code, severity, kinds, since = "KPP25", Severity.WARNING, PORTABLE, "1.4.0"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        root = package.manifest.root if package.manifest else None
        if root is None:
            return
        found = list(self._odd(package, root))
        yield from found[:TOLD]
        if len(found) > TOLD:
            yield self.at_root(f"{len(found) - TOLD} more files belong to no symbol")

    def _odd(self, package: Package, root: Node) -> Iterator[Finding]:
        listed = {kind: symbols(package, kind) for kind in _SYMBOLS}
        wrong = {key for _, key in _misspelt(root)}
        for kind in _SYMBOLS:
            value = value_of(package, kind)
            if value is not None and value.kind != "array":
                wrong.add(kind)
        names = {kind: frozenset(found) for kind, found in listed.items()}
        for entry in package.entries:
            kind, _, file = entry.name.partition("/")
            if entry.is_dir or kind not in listed or "/" in file:
                continue
            stem, dot, ending = file.rpartition(".")
            if dot + ending in _CODE:
                message = f"code in {kind}/ is installed apart from the program"
                yield self.at(entry, message, fix=f"move it out of {kind}/")
            elif (
                dot + ending in _MEANT_FOR_SYMBOLS and kind not in wrong and stem not in names[kind]
            ):
                hint = did_you_mean(stem, listed[kind][:TOLD])
                message = f"the manifest lists no {kind[:-1]} called {stem}{hint}"
                yield self.at(entry, message, fix=f'add "{stem}" to {kind}, or rename the file')


class EtcOfPortable(Rule):
    """A portable package has a folder `etc/`, which means nothing there.

    `etc/` is installed to the folder of that name on the server only from native packages. That of
    a portable one stays with the program, in `plugins/portable/{name}/etc/`, and so does a
    configuration in `etc/sources/`, where no server looks for it.

    Bad: `etc/sources/tick.yaml`. Good: `sources/tick.yaml`; files that the program opens itself may
    lie in any folder.

    Move configurations to `sources/`, and call the folder otherwise if it holds something else.
    """

    code, severity, kinds, since = "KPP18", Severity.NOTE, PORTABLE, "1.4.0"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for entry in package.entries:
            if entry.name.startswith("etc/") and not entry.is_dir:
                yield self.at(entry, "in a portable, etc/ stays beside the program")
                return


def _misspelt(root: Node) -> list[tuple[Member, str]]:
    """The members that servers do not know, with what was probably meant."""
    written = {fold(member.key) for member in root.members}
    if written <= _KNOWN:
        return []
    missing = [key for key in (*_SYMBOLS, *_TEXTS) if fold(key) not in written]
    found = []
    for member in root.members:
        key = _close(member.key, missing) if fold(member.key) not in _KNOWN else None
        kinds = ("array", "string") if key in _SYMBOLS else ("string",)
        if key is not None and member.value.kind in kinds:
            found.append((member, key))
    return found


def _close(key: str, known: list[str]) -> str | None:
    from difflib import get_close_matches

    by_folded = {fold(one): one for one in known}
    close = get_close_matches(fold(key), by_folded, n=1, cutoff=_CLOSE)
    return by_folded[close[0]] if close else None
