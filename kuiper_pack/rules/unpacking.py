"""The family L, continued: what a server unpacks, and what it refuses to."""

from collections.abc import Iterator

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.profiles import Profile, Release
from kuiper_pack.rules.finding import TOLD, Finding, Severity
from kuiper_pack.rules.rule import NATIVE, UNKNOWN, Rule
from kuiper_pack.rules.shared_object import is_named
from kuiper_pack.rules.target import Refusal, Target

_DEVICES = ("CON", "PRN", "AUX", "NUL")


class UnreadableArchive(Rule):
    """A server cannot read the zip.

    The server opens the package with the zip reader of its Go version, and what that reader does
    not like, no server of that version installs:

    > zip: not a valid zip file

    An entry whose content is damaged is found while it is unpacked, in the reader's words, when
    others may already lie in their places.

    Bad: a zip cut short by a broken upload, an entry packed with a method other than stored or
    deflated. Good: what `kuiper-pack build` or `zip -r` writes.

    Pack it again; `unzip -t` finds damaged content too.
    """

    code, severity = "KPL02", Severity.ERROR
    kinds = UNKNOWN | frozenset(Kind)
    causes = (Cause.NOT_A_ZIP, Cause.ENTRY_UNREADABLE)
    always = True

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        archive = package.archive
        servers = target.refusing(package, Cause.NOT_A_ZIP)
        if package.kind is None and archive is not None and not archive.readable:
            servers = target.releases
        if servers and archive is not None and archive.cut_short:
            yield self.at_root(
                "cut short: the end of the zip, which lists its files, is missing",
                servers=servers,
                fix="upload or pack it again",
            )
        elif servers:
            yield self.at_root(
                "these servers cannot read it as a zip", servers=servers, fix="pack it again"
            )
        for refusal in target.refusals(package, Cause.ENTRY_UNREADABLE):
            yield self.at(
                at_fault(package, refusal),
                f"its content cannot be unpacked: {refusal.words.rpartition(': ')[2]}",
                servers=refusal.releases,
                fix="pack it again",
            )


class EscapingEntry(Rule):
    """An entry points out of the folder it is unpacked to.

    What a release makes of a name with `..` in it differs: some write the file outside of the
    plugin's folder, wherever that is; some skip the entry and install the rest; some refuse the
    package. 2.4.0 skips it in native packages, and refuses portables in words like these:

    > mkdirat ...: path escapes from parent

    Bad: `../lib/helper.so`. Good: `lib/helper.so`.

    Rename the entry; a plugin that needs files elsewhere copies them in install.sh.
    """

    code, severity = "KPL10", Severity.ERROR
    causes = (Cause.ENTRY_ESCAPES, Cause.FOLDER_MISSING)
    always = True

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        entry = None
        for one in package.entries:
            if ".." in one.name and escapes(one):
                entry = one
                break
        refusing: tuple[Release, ...] = ()
        for refusal in target.refusals(package, *self.causes):
            at = at_fault(package, refusal)
            if refusal.cause is Cause.ENTRY_ESCAPES or (at is not None and escapes(at)):
                refusing += refusal.releases
                what = "it points out of the folder of the plugin"
                yield self.at(at or entry, what, servers=refusal.releases)
        if entry is None:
            return
        skipping = target.skipping(package, entry.name)
        if skipping:
            yield self.at(
                entry,
                "it points out of the folder of the plugin and is not installed",
                severity=Severity.WARNING,
                servers=skipping,
            )
        done = frozenset(refusing + skipping)
        if writing := tuple(one for one in target.installing(package) if one not in done):
            yield self.at(
                entry,
                "it is written outside of the folder of the plugin",
                severity=Severity.WARNING,
                servers=writing,
            )


class DeviceName(Rule):
    """An entry begins like a Windows device and is skipped.

    From 2.3.1 on, entries of native packages whose names begin with `CON`, `PRN`, `AUX` or `NUL`
    are left out without a word: also `CONFIG.md` and `CONTRIBUTING.md`. A shared object that is
    left out is missing from the count, and then the package is refused:

    > invalid zip file: expectFiles: ...soFileChecked:false

    Bad: `CONvert.so`, `CONFIG.md`. Good: `convert.so`, `config.md`, `docs/CONFIG.md`.

    Rename the entry, or move it into a folder.
    """

    code, severity, kinds, since = "KPL11", Severity.WARNING, NATIVE, "2.3.1"
    causes = (Cause.FILE_COUNT,)
    always = True

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        named = [entry for entry in package.entries if entry.name.startswith(_DEVICES)]
        if not named:
            return
        late = frozenset(target.between(self.since, None))
        refusing = tuple(one for one in target.refusing(package, *self.causes) if one in late)
        for entry in named:
            needed = is_named(entry.name, package.name) or entry.name == f"{package.name}.yaml"
            if needed and refusing:
                yield self.at(
                    entry,
                    "it is skipped for the beginning of its name, and so missing",
                    severity=Severity.ERROR,
                    servers=refusing,
                )
        for number, entry in enumerate(named):
            servers = target.skipping(package, entry.name)
            if servers and number == TOLD:
                yield self.at_root(
                    f"{len(named) - TOLD} more entries begin like a device", servers=servers
                )
                return
            if servers:
                yield self.at(
                    entry, "it is not installed: its name begins like a device", servers=servers
                )


class FolderWithoutEntry(Rule):
    """Folders inside of folders have no entries of their own.

    2.4.0 makes one level of folders at a time. A file whose folder's parent is not there yet fails,
    so the parents must come as entries of their own, before what lies in them:

    > mkdirat ...: no such file or directory

    `zip -r` writes such entries; many libraries, zip -D, and macOS for its `__MACOSX/`, do not.

    Bad: `a/b/c.txt` alone. Good: `a/`, `a/b/`, `a/b/c.txt`, in this order.

    Pack with `kuiper-pack build`, or add the folders as entries.
    """

    code, severity = "KPL12", Severity.ERROR
    since, causes = "2.4.0", (Cause.FOLDER_MISSING,)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        late = frozenset(target.between(self.since, None))
        for refusal in target.refusals(package, *self.causes):
            # Older releases say so of odd names only, which other rules are about.
            if servers := tuple(one for one in refusal.releases if one in late):
                entry = at_fault(package, refusal)
                of_mac = entry is not None and entry.name.startswith("__MACOSX/")
                yield self.at(
                    entry,
                    "it cannot be unpacked: the parent of its folder has no entry before it",
                    servers=servers,
                    fix='leave out what macOS adds: zip -d PACKAGE "__MACOSX/*"'
                    if of_mac
                    else "add each folder as an entry of its own, parents first",
                )


class FolderIsNoFile(Rule):
    """Old servers do not take folders for entries.

    Up to 1.1.1 a server that unpacks a native package knows only files. It refuses the package for
    an entry that is a folder, which 2.4.0 asks for:

    > ...: not a file, but a directory

    The shared object and the documents that came before it stay where they were put.

    Bad: `lib/`, `lib/a.txt` for 0.9.1. Good: `lib/a.txt` alone, packed with `zip -D`.

    Pack without folders for these servers, or put everything at the root.
    """

    code, severity = "KPL14", Severity.ERROR
    causes = (Cause.ENTRY_IS_DIRECTORY,)

    def holds(self, facts: Profile) -> bool:
        return facts.unzip in ("exclusive", "replace")

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for refusal in target.refusals(package, *self.causes):
            yield self.at(
                at_fault(package, refusal),
                "it is a folder, and these servers unpack only files",
                servers=refusal.releases,
                fix="pack without entries for folders: zip -D",
            )


class SpecialMode(Rule):
    """An entry is neither a plain file nor a folder.

    From 2.2.0 on servers refuse symbolic links, pipes, and files with setuid, setgid or sticky
    bits:

    > unsupported file mode

    Older releases make plain files of them; a link becomes a file that holds the path it leads to.

    Bad: an entry packed with `zip -y` from a symbolic link. Good: the file itself.

    Pack the file that the link leads to, without special bits.
    """

    code, severity = "KPL13", Severity.ERROR
    since, causes = "2.2.0", (Cause.ENTRY_MODE,)

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for refusal in target.refusals(package, *self.causes):
            yield self.at(
                at_fault(package, refusal),
                "it is a link, a pipe, or has special bits",
                servers=refusal.releases,
                fix="pack a plain file",
            )


def at_fault(package: Package, refusal: Refusal) -> Entry | None:
    """The entry that a refusal is about."""
    name = refusal.prediction.entry
    return None if name is None else package.entry(name)


def escapes(entry: Entry) -> bool:
    """Whether ``..`` leads the name of ``entry`` out of the folder it starts in."""
    depth = 0
    for part in entry.name.replace("\\", "/").split("/"):
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if depth < 0:
            return True
    return False
