"""The family Z: what a zip says of itself in different places, and what it holds unseen."""

import stat
from collections.abc import Iterator, Mapping, Set

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.rules.finding import TOLD, Finding, Severity
from kuiper_pack.rules.rule import UNKNOWN, Rule
from kuiper_pack.rules.target import Target

ANY_KIND: frozenset[Kind | None] = UNKNOWN | frozenset(Kind)

BOMB_SIZE = 64 << 20
"""Content of so many bytes or fewer is no bomb, however well it is packed."""
BOMB_RATIO = 100
"""Programs, texts and tables shrink to a twentieth at best; a bomb to a thousandth."""
_MOST_RATIO = 1032

_PERMISSIONS = 0o777


class HeadersDiffer(Rule):
    """An entry's own header says something else than the directory of the zip.

    A zip tells of each entry twice: in the directory at its end and in a header before the content.
    Servers go by the directory. Tools that read from the front, and scanners among them, see the
    other one, so what was checked may not be what is installed.

    Bad: a header that says `readme.txt` where the directory says `random.so`. Good: the same in
    both, as every packing tool writes it.

    Pack the files again, and find out what wrote such a zip.
    """

    code, severity, kinds = "KPZ01", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        yield from _anomalies(self, package, _LOCAL)


class HiddenContent(Rule):
    """The zip holds data that its directory does not list.

    Bytes before, between and after the entries, files that only a reader from the front finds, and
    the content of what is called a folder are not installed, but travel with the package. Old
    releases refuse zips that begin with other bytes.

    Bad: a zip behind a shell script, a deleted file that was left in the archive. Good: a zip that
    begins with its first entry and lists all that it holds.

    Pack the files again.
    """

    code, severity, kinds = "KPZ02", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        if opens(package):  # where it cannot be opened, nothing is listed
            yield from _anomalies(self, package, _HIDDEN)


class BudgetExceeded(Rule):
    """The package is larger than kuiper-pack reads.

    To stay small and fast on any input, kuiper-pack reads a bounded number of entries and bytes,
    and documents up to 256 KiB. Servers have no such bounds: they unpack until the disk is full.
    What lies beyond is not judged, so nobody can call the package good: its verdict is
    `unreadable`.

    Bad: a zip that declares gigabytes, a manifest of 20 MB. Good: the plugin and what it needs.

    Leave out what the plugin does not need.
    """

    code, severity, kinds = "KPZ04", Severity.ERROR, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        yield from _anomalies(self, package, _BUDGETS)
        _ = package.manifest, package.metadata, package.configuration
        for entry, what in package.files.unread.items():
            yield self.at(entry, f"{what}: this was not read", fix=_FIXES["budget-entries"])


class AmbiguousEnd(Rule):
    """The end of the zip can be read in more than one way.

    A reader begins at the end record, which says how many entries there are and where their
    directory is. Where there are several end records, or one contradicts the directory or the
    zip64 record beside it, each tool decides for itself, and two tools can list two different sets
    of files. Of a comment that holds an end record, servers take that one, and from 1.14.5 on they
    refuse the zip where it is cut short.

    Bad: two zips in one file, an end record that counts 5 entries of 3. Good: one end record that
    is right.

    Pack the files again, and find out what wrote such a zip.
    """

    code, severity, kinds = "KPZ06", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        archive = package.archive
        codes = _ENDS if opens(package) else _ENDS_OF_BROKEN
        if archive and any(one.code == "prepended-data" for one in archive.anomalies):
            codes -= {"directory-offset"}  # that is only what the bytes before it amount to
        yield from _anomalies(self, package, codes)


class OverlappingEntries(Rule):
    """Entries share bytes of the zip.

    No packing tool writes an entry into another, or into the directory. Many entries that share one
    content make a small zip unpack to any size, and an entry inside another hides from whoever
    looks at the outer one. Servers unpack them; careful tools refuse the zip.

    Bad: a thousand entries that all begin at the same byte. Good: each entry has bytes of its own.

    Pack the files again, and find out what wrote such a zip.
    """

    code, severity, kinds = "KPZ07", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        if opens(package):
            yield from _anomalies(self, package, {"overlap"})


class Bomb(Rule):
    """The package unpacks to far more than its size.

    Servers unpack without any limit of their own, into the folder of their plugins; on a small
    device the disk is full before the package is refused. Found are packages and entries of more
    than 64 MiB that are packed to less than a hundredth.

    Bad: 1 GiB of zeros in 1 MiB. Good: data that is made where it is needed.

    Leave out what is empty, or let the plugin make it when it starts.
    """

    code, severity, kinds = "KPZ08", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        if package.archive is None:
            return
        fix = "leave out what is empty"
        bombs = [one for one in package.entries if _is_bomb(_inflated(one), one.compressed_size)]
        for entry in bombs[:TOLD]:
            yield self.at(entry, f"it unpacks to {_inflated(entry) >> 20} MiB", fix=fix)
        total = sum(_inflated(entry) for entry in package.entries)
        if len(bombs) != 1 and _is_bomb(total, package.archive.size):
            yield self.at_root(f"all in all it unpacks to {total >> 20} MiB", fix=fix)


class Encrypted(Rule):
    """An entry is marked as encrypted.

    Servers know no passwords. They do not look at the mark and unpack the content as it is: where
    it is encrypted indeed, its checksum is wrong and they refuse it; where only the mark is set,
    they install what other tools do not show without a password.

    Bad: `zip -e`. Good: `zip` without it; secrets belong into the configuration of the server.

    Pack the files again without a password.
    """

    code, severity, kinds = "KPZ09", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        yield from _anomalies(self, package, {"encrypted"})


class DamagedContent(Rule):
    """The content of an entry is not what the zip says it is.

    Servers notice while they unpack an entry, and refuse it. But they go on without metadata that
    is damaged, never look at entries that they leave out, and do not compare a checksum that is
    given as 0. Other tools refuse the zip.

    Bad: a checksum of 0 for a file that is not empty. Good: what packing tools write.

    Pack the files again; `unzip -t` finds damaged content too.
    """

    code, severity, kinds = "KPZ17", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        yield from _anomalies(self, package, {"checksum-zero"})
        if package.archive is None:
            return
        refusing = frozenset(target.refusing(package, Cause.ENTRY_UNREADABLE))
        servers = tuple(one for one in target.releases if one not in refusing)
        damaged = [one for one in package.entries if one.problem is not None and not one.is_dir]
        if servers:
            for entry in damaged[:TOLD]:
                what = f"its content is damaged: {entry.problem}"
                yield self.at(entry, what, servers=servers, fix="pack it again")


class SpecialFile(Rule):
    """A link or a device becomes a plain file.

    Releases before 2.2.0 do not make links, pipes or devices of such entries, but files: that of a
    link holds the path to where it should lead. Special bits like setuid are lost, too. Later
    releases refuse them.

    Bad: an entry packed with `zip -y` from a symbolic link. Good: the file itself.

    Pack the file that the link leads to, without special bits.
    """

    code, severity, kinds = "KPZ18", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        special = [
            entry for entry in package.entries if _is_special(entry.mode) and entry.problem is None
        ]
        refusing = frozenset(target.refusing(package, Cause.ENTRY_MODE)) if special else ()
        servers = tuple(one for one in target.releases if one not in refusing)
        if servers:
            for entry in special[:TOLD]:
                what = "a link that becomes a file with the path to where it leads"
                if not stat.S_ISLNK(entry.mode):
                    what = "it becomes a plain file"
                yield self.at(entry, what, servers=servers, fix="pack a plain file")


class OtherToolsRefuse(Rule):
    """Other tools may refuse the zip, or an entry.

    Servers look at little of what a zip says. An extra field that is cut off, a disk number other
    than 0, or an entry that asks for a newer reader does not disturb them, but Python's zipfile,
    Info-ZIP's unzip and others give up.

    Bad: an entry that asks for version 6.3 of the format. Good: what packing tools write for stored
    and deflated entries.

    Pack the files again with another tool.
    """

    code, severity, kinds = "KPZ19", Severity.NOTE, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        yield from _anomalies(self, package, {"extra-malformed", "multi-disk", "version-needed"})


def opens(package: Package) -> bool:
    """Whether it is known what the package holds; not of a zip that cannot be opened."""
    return package.archive is None or package.archive.readable


_LOCAL = frozenset(
    {
        "local-name",
        "local-method",
        "local-flags",
        "local-size",
        "local-compressed-size",
        "local-crc",
        "descriptor-differs",
    }
)
_HIDDEN = frozenset({"unlisted-entry", "prepended-data", "gap", "trailing-data", "folder-content"})
_ENDS_OF_BROKEN = frozenset({"end-record-in-comment"})
_ENDS = _ENDS_OF_BROKEN | {
    "several-end-records",
    "zip64-differs",
    "record-count",
    "directory-size",
    "directory-offset",
}
_BUDGETS = frozenset({"budget-entries", "budget-directory", "budget-inflated", "budget-compressed"})

_FIXES: Mapping[str, str] = {
    **dict.fromkeys(_BUDGETS, "leave out what the plugin does not need"),
    "prepended-data": "let the zip begin with its first entry",
    "encrypted": "pack it without a password",
}


def _anomalies(rule: Rule, package: Package, codes: Set[str]) -> Iterator[Finding]:
    archive = package.archive
    for anomaly in archive.anomalies if archive else ():
        if anomaly.code in codes:
            yield Finding(
                rule.code,
                rule.severity,
                anomaly.message,
                (),
                file=anomaly.entry or None,
                offset=anomaly.offset,
                fix=_FIXES.get(anomaly.code),
            )


def _inflated(entry: Entry) -> int:
    """The bytes of the content; an entry that declares more than it can hold does not count."""
    return min(entry.size, entry.compressed_size * (_MOST_RATIO if entry.method else 1))


def _is_bomb(size: int, packed: int) -> bool:
    return size > BOMB_SIZE and size > packed * BOMB_RATIO


def _is_special(mode: int) -> bool:
    if stat.S_ISDIR(mode):
        return False
    return not stat.S_ISREG(mode) or bool(stat.S_IMODE(mode) & ~_PERMISSIONS)
