"""The family I: install.sh and the parameters of the create request."""

import re
from collections.abc import Iterator, Sequence

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.native_files import SCRIPT
from kuiper_pack.profiles import Profile, Release
from kuiper_pack.rules.finding import TOLD, Finding, Severity
from kuiper_pack.rules.rule import NATIVE, Rule
from kuiper_pack.rules.shell import Script, Word, code_of, read_script
from kuiper_pack.rules.target import Target

_LIMIT = 256 << 10
"""Scripts are read up to here; install.sh is written by hand."""
_CUT_SHORT = re.compile(
    r"(?:(?:^|;)[ \t]*(?:then|do|else|fi|done|esac)"
    r"|^set(?P<option>[ \t]+[-+][A-Za-z]+)+"
    r"|^(?:export|readonly|unset)(?P<name>[ \t]+[A-Za-z_]\w*)+)(?=\r$)",
    re.MULTILINE,
)
"""What a carriage return makes unknown to sh: its own words, options of ``set``, variables."""
_OTHER_LANGUAGE = re.compile(
    r"#![ \t]*(?:\S*/)?(?:env[ \t]+(?:-\S+[ \t]+)*)?"
    r"((?:python|perl|ruby|node|php|lua)[\w.]*)[ \t\r]*$",
    re.MULTILINE,
)


class ScriptNotForSh(Rule):
    """install.sh needs bash, or has Windows line ends.

    Servers run `/bin/sh install.sh`, whatever its first line says. That is dash on Debian and ash
    on Alpine, where what only bash knows is an unknown command or a syntax error (ash has learnt
    some of it). With Windows line ends every line ends in a carriage return, which sh takes as a
    part of the last word; where that is `then`, `do` or `fi`, the script ends in a syntax error, at
    `set -e` with an illegal option, and at `export HOME` with a bad name. A script that ends with
    another code than 0 refuses the package, and what it printed is only in the server's log. One
    that has bash run it anew (`exec bash "$0"`), or asks for `BASH_VERSION`, is not searched for
    what only bash knows.

    Bad: `if [[ -f x ]]; then`, `source lib.sh`, `cd "$(dirname "${BASH_SOURCE[0]}")"`. Good:
    `if [ -f x ]; then`, `. ./lib.sh`, `cd "$(dirname "$0")"`.

    Write it for sh and try it with `dash -n install.sh`; save it with Unix line ends.
    """

    code, severity = "KPI02", Severity.WARNING

    def holds(self, facts: Profile) -> bool:
        return facts.install_script

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        entry = _entry(package)
        if entry is None:
            return
        from kuiper_pack.rules.bashisms import ASH_KNOWS, bashisms

        text = text_of_script(package, entry)
        if other := _OTHER_LANGUAGE.match(text):
            yield self.at(
                entry,
                f"its first line names {other[1]}, but the script is run by /bin/sh",
                line=1,
                column=other.start(1) + 1,
                fix="let a script for sh call it",
            )
            return
        code = code_of(text)
        if "\r\n" in code:
            fatal = _CUT_SHORT.search(code)
            at = fatal.start() if fatal else code.find("\r\n")
            yield self.at(
                entry,
                "it fails: with line ends of Windows the shell does not know this "
                + (fatal.lastgroup or "word")
                if fatal
                else "the line ends are those of Windows; sh takes the carriage returns as text",
                severity=Severity.ERROR if fatal else Severity.WARNING,
                line=text.count("\n", 0, at) + 1,
                fix="save it with Unix line ends",
            )
        known = ASH_KNOWS if target.image == "alpine" else frozenset()
        found = [one for one in bashisms(text) if one[2] not in known]
        for number, column, what in found[:TOLD]:
            yield self.at(
                entry,
                f"{what} is known to bash, but the script is run by /bin/sh",
                line=number,
                column=column,
            )
        if len(found) > TOLD:
            message = f"{len(found) - TOLD} more things in it are known to bash only"
            yield self.at(entry, message)


class ScriptElsewhere(Rule):
    """A script is not the install.sh that the server runs.

    Only the entry `install.sh` at the root of the package is run, spelled exactly so. One in a
    folder or in other letters is unpacked, at most, and nothing says that it was not run.

    Bad: `scripts/install.sh`, `Install.sh`. Good: `install.sh`.

    Move it to the root of the package, or rename it if it is not meant to be run.
    """

    code, severity = "KPI01", Severity.WARNING

    def holds(self, facts: Profile) -> bool:
        return facts.install_script

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        if SCRIPT in package:
            return
        for entry in package.entries:
            name = entry.name
            if name.casefold().endswith(SCRIPT) and not entry.is_dir:
                folder, _, base = name.rpartition("/")
                if base.casefold() == SCRIPT and folder.count("/") == 0:
                    yield self.at(
                        entry,
                        "it is not run: only install.sh at the root is",
                        severity=Severity.NOTE if folder else Severity.WARNING,
                    )


class ParametersWithoutScript(Rule):
    """The create request has shell parameters, and the package no install.sh.

    From 1.4.0 on a request for a source, sink or function that carries `shellParas` needs a package
    with install.sh, even where the only parameter is empty:

    > have shell parameters : [...] but no install.sh file

    Bad: `{"name": "random", "file": "...", "shellParas": ["--fast"]}` for a package without script.
    Good: the same request without `shellParas`.

    Take the parameters out of the request, or put install.sh into the package.
    """

    code, severity, kinds = "KPI06", Severity.ERROR, NATIVE
    causes = (Cause.SHELL_PARAS_WITHOUT_SCRIPT,)

    def holds(self, facts: Profile) -> bool:
        return facts.shell_paras_need_script

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        yield self.at_root(
            "the create request has shellParas, but the package has no install.sh",
            servers=target.refusing(package, *self.causes),
        )


def script_of(package: Package) -> tuple[Entry | None, Script]:
    """install.sh and its commands; None and an empty script where there is none to be read."""
    entry = _entry(package)
    return entry, read_script("" if entry is None else text_of_script(package, entry))


def told(
    rule: Rule,
    entry: Entry,
    found: Sequence[tuple[Word, str]],
    *,
    more: str,
    servers: tuple[Release, ...] = (),
    fix: str | None = None,
) -> Iterator[Finding]:
    """Findings at words of install.sh, with what is to be said; of many, the rest are counted."""
    for word, message in found[:TOLD]:
        yield rule.at(entry, message, servers=servers, line=word.line, column=word.column, fix=fix)
    if len(found) > TOLD:
        yield rule.at(entry, f"{len(found) - TOLD} {more}", servers=servers)


def text_of_script(package: Package, entry: Entry) -> str:
    """The text of install.sh, up to a limit."""
    return package.read(entry, limit=_LIMIT).decode("utf-8", "replace")


def _entry(package: Package) -> Entry | None:
    entry = package.entry(SCRIPT)
    return None if entry is None or entry.is_dir or entry.problem else entry
