"""The family Z, continued: texts in a package that readers do not agree about."""

from collections.abc import Iterator

from kuiper_pack.package.document import Document
from kuiper_pack.package.node import Member, Node, fold
from kuiper_pack.package.package import Package
from kuiper_pack.planner.native_files import SCRIPT
from kuiper_pack.rules.finding import TOLD, Finding, Severity
from kuiper_pack.rules.manifest import symbols
from kuiper_pack.rules.rule import Rule
from kuiper_pack.rules.target import Target

_SYMBOLS = ("sources", "sinks", "functions")
_SCRIPT_BYTES = 1 << 20


class MemberTwice(Rule):
    """A member of a JSON document is given twice.

    Servers take the last one, and in a manifest the case of letters does not count. Other readers
    take the first or refuse the document, so what was looked at may not be what the server uses.

    Bad: `{"executable": "main.py", "executable": "other.py"}`. Good: each member once.

    Delete the one that is not meant.
    """

    code, severity = "KPZ20", Severity.WARNING

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for document in _documents(package):
            root = document.root
            if root is None:
                continue
            twice = list(root.duplicates())
            if document is package.manifest:
                twice += _other_case(root)
            for member in twice[:TOLD]:
                yield self.at(
                    document.entry,
                    f'the member "{member.key}" is given twice: the last one counts',
                    line=member.line,
                    column=member.column,
                    fix="delete one of them",
                )
            if len(twice) > TOLD:
                yield self.at(document.entry, f"{len(twice) - TOLD} more members are given twice")


class TextNotUTF8(Rule):
    """A text is not UTF-8.

    Servers read JSON as UTF-8 and put U+FFFD in the place of each byte that does not fit, without
    a word: a name with such a byte is another name. A shell takes the bytes of install.sh as they
    are; only what the script prints can look odd in the log.

    Bad: a manifest saved in Latin-1 with an accent in it. Good: the same saved as UTF-8.

    Save the file as UTF-8.
    """

    code, severity = "KPZ21", Severity.WARNING

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for document in _documents(package):
            yield from self._look(document.file, document.data, Severity.WARNING)
        script = package.entry(SCRIPT)
        if script is not None and not script.is_dir and script.problem is None:
            yield from self._look(SCRIPT, package.read(script, _SCRIPT_BYTES), Severity.NOTE)

    def _look(self, file: str, data: bytes, severity: Severity) -> Iterator[Finding]:
        try:
            data.decode()
        except UnicodeDecodeError as error:
            if error.end == len(data) == _SCRIPT_BYTES:
                return  # a letter that was cut in two where reading ended
            before = data[: error.start].decode()
            yield self.at(
                file,
                f"the byte {data[error.start]:#x} is not UTF-8",
                severity=severity,
                line=before.count("\n") + 1,
                column=len(before) - before.rfind("\n"),
                fix="save it as UTF-8",
            )


def _documents(package: Package) -> Iterator[Document]:
    """The JSON documents that servers read: manifest or metadata, and metadata of symbols."""
    files = [f"{package.name}.json"]
    if package.manifest is not None:
        for kind in _SYMBOLS:
            files += [f"{kind}/{symbol}.json" for symbol in symbols(package, kind)]
    for file in files:
        document = package.json(file)
        if document is not None:
            yield document


def _other_case(root: Node) -> Iterator[Member]:
    """Members whose key an earlier one has in other letters."""
    seen: dict[str, str] = {}
    for member in root.members:
        if seen.setdefault(fold(member.key), member.key) != member.key:
            yield member
