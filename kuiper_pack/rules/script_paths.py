"""The family I, continued: the paths in install.sh, and the folder it runs in."""

import re
from collections.abc import Iterable, Iterator

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.profiles import Profile, profile
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.install_script import script_of, told
from kuiper_pack.rules.rule import Rule
from kuiper_pack.rules.shared_object import is_named
from kuiper_pack.rules.shell import Script, Word
from kuiper_pack.rules.target import Target

_OPENING = frozenset(
    {
        ".", "ash", "awk", "bash", "cat", "chmod", "chown", "cp", "dash", "dpkg", "gunzip", "gzip",
        "install", "ln", "mv", "node", "perl", "pip", "pip3", "python", "python3", "sed", "sh",
        "sha256sum", "source", "tar", "unzip",
    }
)  # fmt: skip
"""Commands that open the files they name."""
_LEAVING = frozenset({"cd", "pushd"})
_FOLDER = re.compile(r"(?:\$\{0%/\*\}|\$\([^()]*\)|`[^`]*`|\$\{?(?P<name>\w+)[^/}]*\}?)/")
_BESIDE = ("$0", "$PWD", "pwd", "${0", "${PWD")
"""What leads to the folder of the script, or to the one it runs in."""


class PathFromServer(Rule):
    """install.sh takes it that it runs in its own folder.

    Up to 1.10 the script runs in the folder that the server was started in, so a relative path
    leads there, and the file is not found. From 1.11 on it runs beside the files of its package.

    Bad: `cp libtide.so /usr/local/lib/`. Good: `cp "$(dirname "$0")/libtide.so" /usr/local/lib/`.

    Begin the script with `cd "$(dirname "$0")"`, or put `$(dirname "$0")` before the paths.
    """

    code, severity = "KPI03", Severity.WARNING

    def holds(self, facts: Profile) -> bool:
        return facts.install_script and not facts.script_runs_in_folder

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        if not any(self.holds(profile(one)) for one in target.releases):
            return
        entry, script = script_of(package)
        if entry is None or any(one.name.text in _LEAVING for one in script.commands):
            return
        held = _paths(package.entries)
        yield from told(
            self,
            entry,
            [
                (word, f"{word.text} is looked for in the folder of the server")
                for word in _opened(script)
                if _relative(word.text) in held
            ],
            more="more paths are looked for there",
            fix='begin with cd "$(dirname "$0")"',
        )


class FileIsInstalledAlready(Rule):
    """install.sh looks beside itself for a file that is in its place already.

    When the script of a native package runs, the shared object, the configuration, the metadata and
    the files of `etc/` have been installed; only the other files lie beside it. Of a portable
    package it is `sources/`, `sinks/` and `functions/` that have gone to the folders of the server.

    Bad: `cp "$(dirname "$0")/etc/labels.txt" /opt/`. Good: `labels/labels.txt`, which is unpacked
    beside the script.

    Put what the script needs into another folder of the package.
    """

    code, severity = "KPI04", Severity.WARNING

    def holds(self, facts: Profile) -> bool:
        return facts.install_script

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        entry, script = script_of(package)
        if entry is None:
            return
        away = any(
            one.name.text in _LEAVING and not _leads_beside(script, one.arguments)
            for one in script.commands
        )
        gone = _paths(one for one in package.entries if _is_gone(package, one.name))
        kept = _paths(one for one in package.entries if not _is_gone(package, one.name))
        yield from told(
            self,
            entry,
            [
                (word, f"{path} is installed when the script runs, and not beside it")
                for word in _opened(script)
                if (path := _beside(script, word, away=away)) in gone - kept
            ],
            more="more files are not beside it",
        )


def _opened(script: Script) -> Iterator[Word]:
    """The words that name files which have to be there."""
    for command in script.commands:
        if command.name.text.startswith("./"):
            yield command.name
        if command.name.text in _OPENING:
            yield from command.plain
        yield from command.reads


def _paths(entries: Iterable[Entry]) -> frozenset[str]:
    """The files and folders of some entries."""
    found: set[str] = set()
    for entry in entries:
        path = entry.name.rstrip("/")
        while path and path not in found:
            found.add(path)
            path = path.rpartition("/")[0]
    return frozenset(found)


def _relative(text: str) -> str:
    """A path as entries are called, without what stands for all files of a folder."""
    return text.removeprefix("./").removesuffix("/*").rstrip("/")


def _leads_beside(script: Script, arguments: Iterable[Word]) -> bool:
    return any(one in script.value(word) for word in arguments for one in _BESIDE)


def _beside(script: Script, word: Word, *, away: bool) -> str:
    """The path beside the script that ``word`` means; "" where it means none.

    ``away``: the script goes to other folders, so nobody knows where a relative path leads.
    """
    text = word.text
    if not text.startswith(("$", "/", "`")):
        return "" if away else _relative(text)
    found = _FOLDER.match(text)
    if found is None:
        return ""
    folder = script.variables.get(found["name"] or "", found[0])
    return _relative(text[found.end() :]) if any(one in folder for one in _BESIDE) else ""


def _is_gone(package: Package, name: str) -> bool:
    if package.kind is Kind.PORTABLE:
        return name.startswith(("sources/", "sinks/", "functions/"))
    documents = {f"{package.name}.json"}
    if package.kind is Kind.SOURCE:
        documents.add(f"{package.name}.yaml")
    return name.startswith("etc/") or name in documents or is_named(name, package.name)
