"""The family Z, continued: names of entries that are dangerous, or not the same for everybody."""

import re
from collections.abc import Iterable, Iterator, Sequence
from unicodedata import category, normalize

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.folders import clean
from kuiper_pack.rules.finding import TOLD, Finding, Severity
from kuiper_pack.rules.rule import UNKNOWN, Rule
from kuiper_pack.rules.target import Target, union
from kuiper_pack.rules.unpacking import escapes

ANY_KIND: frozenset[Kind | None] = UNKNOWN | frozenset(Kind)

PACK_WITH_SLASHES = "pack it with a tool that writes / in names, like kuiper-pack build"
"""What to do about backslashes."""

_LONGEST_PART, _LONGEST_PATH = 255, 4095
_SURELY_SHORT = _LONGEST_PART // 4  # characters, of at most four bytes each
_UNSEEN = frozenset({"Cc", "Zl", "Zp"})
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")
_UNCLEAN = re.compile(r"(?:^|/)\.\.?(?:/|$)|//|^$")


class EntryTwice(Rule):
    """Two entries are the same file.

    The later one overwrites the earlier while the server unpacks, as a rule; but both count where
    files are counted, and of two manifests 2.x reads the first and keeps the last. Tools differ in
    which of the two they show. Names that differ only in `./` or `//` lead to the same file, too.

    Bad: `random.yaml` twice; `lib/a` and `lib//a`. Good: once.

    Pack the files again instead of adding to an old zip.
    """

    code, severity, kinds = "KPZ03", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        seen: dict[str, Entry] = {}
        twice = []
        for entry in package.entries:
            if not entry.is_dir:
                first = seen.setdefault(_path(entry.name), entry)
                if first is not entry:
                    twice.append((entry, first))
        for entry, first in twice[:TOLD]:
            same = entry.name == first.name
            what = "listed more than once" if same else f"it is the same file as {first.name}"
            yield self.at(entry, what, fix="leave one of them out")
        yield from _rest(self, len(twice))


class Backslashes(Rule):
    r"""Names of entries use backslashes for folders.

    In a zip a slash ends the name of a folder, on every system. A server takes a backslash for a
    letter like any other: `sources\random.yaml` becomes a file of just that name beside the
    program, and there is no `random.yaml` in `sources/`. Some tools on Windows write such zips.

    Bad: `sources\random.yaml`. Good: `sources/random.yaml`.

    Pack with `kuiper-pack build`, or another tool that writes slashes.
    """

    code, severity, kinds = "KPZ05", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        named = [entry for entry in package.entries if "\\" in entry.name]
        if named:
            more = f", and {len(named) - 1} more names do" if len(named) > 1 else ""
            yield self.at(
                named[0], f"the name has backslashes{more}: no folder", fix=PACK_WITH_SLASHES
            )


class ControlCharacters(Rule):
    r"""The name of an entry has characters that cannot be seen.

    No file can have a NUL byte in its name, so servers refuse it:

    > invalid argument

    Other tools take the name to end there, and show another file than the one that is listed. Line
    feeds and other control characters install, and then break whoever lists the files; those that
    turn the direction of writing make `gnp.so` look like `os.png`.

    Bad: `lib.so` with a NUL byte and `.txt` behind it, `a` and `b` with a line feed between them.
    Good: letters, digits, and marks that can be typed.

    Rename the entry.
    """

    code, severity, kinds = "KPZ10", Severity.WARNING, ANY_KIND
    causes = (Cause.PATH_CLASH,)
    always = True

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        odd = [entry for entry in package.entries if not entry.name.isprintable()]
        if not odd:
            return
        control = [entry for entry in odd if not _UNSEEN.isdisjoint(map(category, entry.name))]
        fix = "rename it"
        for nul, what in ((True, "a NUL byte"), (False, "control characters")):
            found = [entry for entry in control if ("\0" in entry.name) is nul]
            yield from _told(self, package, target, found, f"the name has {what}", fix=fix)
        turning = [entry for entry in odd if not _TURNING.isdisjoint(entry.name)]
        what = "the name has characters that turn the direction of writing"
        yield from _told(self, package, target, turning, what, fix=fix)


class NameTooLong(Rule):
    """The name of an entry is longer than file systems allow.

    A file or folder can have a name of 255 bytes, and a path 4,095 in all; letters outside ASCII
    take two to four bytes each. Servers refuse more:

    > file name too long

    Bad: a name of 300 letters. Good: a short one.

    Rename the entry.
    """

    code, severity, kinds = "KPZ11", Severity.WARNING, ANY_KIND
    causes = (Cause.PATH_CLASH,)
    always = True

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        found = [entry for entry in package.entries if _too_long(entry)]
        what = f"the name is longer than {_LONGEST_PART} bytes, or {_LONGEST_PATH} with its folders"
        yield from _told(self, package, target, found, what, fix="give it a shorter name")


class AbsoluteName(Rule):
    r"""The name of an entry begins at the root of a file system.

    Servers before 2.2.0 drop the slash and unpack the file below the folder of the plugin; 2.2.0
    and 2.3.0 refuse the package; later ones refuse portables, and leave the file out of native
    packages without a word. Many tools refuse such zips, and careless ones write where the name
    says. A drive letter is an ordinary name for servers, but not for tools on Windows.

    Bad: `/lib/helper.so`, `C:\helper.so`. Good: `lib/helper.so`.

    Rename the entry; a plugin that needs files elsewhere copies them in install.sh.
    """

    code, severity, kinds = "KPZ12", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        found = [entry for entry in package.entries if _ABSOLUTE.match(entry.name)]
        fix = "rename it"
        rooted = [entry for entry in found if entry.name[0] in "/\\"]
        what = "the name begins with a slash or backslash"
        yield from _told(self, package, target, rooted, what, fix=fix)
        drives = [entry for entry in found if entry.name[0] not in "/\\"]
        what, usual = "the name begins with a drive letter", Severity.NOTE
        yield from _told(self, package, target, drives, what, usual=usual, fix=fix)


class NamesCollide(Rule):
    """Two entries are one file where case or the form of letters does not count.

    Servers on Linux keep `Data.csv` and `data.csv` apart. macOS and Windows do not, by default, and
    macOS also takes an é in one piece for an e with an accent behind it: there one of the two files
    is lost when the package is unpacked or its folder is copied.

    Bad: `Data.csv` and `data.csv`. Good: `data.csv` and `more-data.csv`.

    Rename one of the two.
    """

    code, severity, kinds = "KPZ13", Severity.NOTE, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        seen: dict[str, str] = {}
        alike = []
        for entry in package.entries:
            path = _path(entry.name)
            first = seen.setdefault(_folded(path), path)
            if first != path:
                alike.append((entry, first))
        for entry, first in alike[:TOLD]:
            yield self.at(entry, f"the same file as {first} on some systems", fix="rename one")
        yield from _rest(self, len(alike))


class FileAndFolder(Rule):
    """A file and a folder have the same name.

    They cannot lie side by side. Which of the two a server meets first decides what happens: most
    releases refuse the file in the folder,

    > failed to delete file ...

    and some remove the folder with all that lies in it to put the file in its place.

    Bad: `data` and `data/table.csv`. Good: `data/table.csv` alone.

    Rename one of the two.
    """

    code, severity, kinds = "KPZ14", Severity.WARNING, ANY_KIND
    causes = (Cause.PATH_CLASH,)
    always = True

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        files = {_path(entry.name): entry for entry in package.entries if not entry.is_dir}
        told = set[str]()
        for entry in package.entries:
            for folder in _folders(entry):
                file = files.get(folder)
                if file is not None and folder not in told and len(told) <= TOLD:
                    told.add(folder)
                    names = {file.name, entry.name}
                    what = f"{folder} is a file and a folder"
                    yield from _told(
                        self, package, target, [entry], what, about=names, fix="rename one"
                    )


class NameEncoding(Rule):
    """The name of an entry is not the same for every tool.

    Servers take the bytes of a name as they are. Where these are not UTF-8, no JSON answer can show
    the name; where they are, but the zip does not say so, many tools read them in the alphabet of
    old DOS machines; and an extra field may give the entry a second name, by which some tools
    unpack it.

    Bad: `größe.csv` packed by a tool that writes Latin-1. Good: `size.csv`, or UTF-8 with its flag.

    Pack with `kuiper-pack build`, or use letters of ASCII.
    """

    code, severity, kinds = "KPZ15", Severity.WARNING, ANY_KIND

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        archive = package.archive
        for anomaly in archive.anomalies if archive else ():
            if anomaly.code in _ENCODINGS:
                yield Finding(
                    self.code,
                    _ENCODINGS[anomaly.code],
                    anomaly.message,
                    (),
                    file=anomaly.entry or None,
                    offset=anomaly.offset,
                    fix="pack it with kuiper-pack build, or use letters of ASCII",
                )


class UncleanName(Rule):
    """The name of an entry is not in its plain form.

    `./a`, `b//a` and `c/../a` lead to a file that has a shorter name. Servers unpack most of them
    there, but compare names as they are written: `./random.so` is not the shared object. Native
    packages lose entries with `..` from 2.3.1 on, 2.2.0 and 2.3.0 refuse them where a folder on the
    way is missing, and a file that has no name, or is called `.`, cannot be written:

    > no such file or directory

    Bad: `./random.so`, `lib//helper.so`. Good: `random.so`, `lib/helper.so`.

    Pack with `kuiper-pack build`, or another tool that writes plain names.
    """

    code, severity, kinds = "KPZ16", Severity.NOTE, ANY_KIND
    causes = (Cause.PATH_CLASH, Cause.FOLDER_MISSING)
    always = True

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        found = [entry for entry in package.entries if _unclean(entry)]
        what = "the name is not in its plain form"
        yield from _told(
            self, package, target, found, what, usual=self.severity, fix="give it its plain name"
        )


def as_slashes(name: str) -> str:
    """``name`` as it would be without backslashes."""
    return name.replace("\\", "/")


_ENCODINGS = {
    "name-not-utf8": Severity.WARNING,
    "unicode-path": Severity.WARNING,
    "name-flag": Severity.NOTE,
}


def _told(
    rule: Rule,
    package: Package,
    target: Target,
    entries: Sequence[Entry],
    what: str,
    *,
    usual: Severity = Severity.WARNING,
    about: Iterable[str] = (),
    fix: str,
) -> Iterator[Finding]:
    """``what`` is wrong with each of ``entries``: for whom an error, a loss, or as ``usual``.

    Releases that refuse an entry for another cause than those of the rule are left to others.
    ``about`` names the entries that a refusal may be about, by default the one in question.
    """
    for entry in entries[:TOLD]:
        names = set(about) or {entry.name}
        refusals = [one for one in target.refusals(package) if one.prediction.entry in names]
        refusing = union(one.releases for one in refusals if one.cause in rule.causes)
        skipping = target.skipping(package, entry.name)
        done = {*skipping, *union(one.releases for one in refusals)}
        if refusing:
            yield rule.at(entry, what, severity=Severity.ERROR, servers=refusing, fix=fix)
        if skipping:
            lost = f"{what}, and it is not installed"
            yield rule.at(entry, lost, severity=Severity.WARNING, servers=skipping, fix=fix)
        if others := tuple(one for one in target.releases if one not in done):
            yield rule.at(entry, what, severity=usual, servers=others, fix=fix)
    yield from _rest(rule, len(entries))


def _rest(rule: Rule, count: int) -> Iterator[Finding]:
    if count > TOLD:
        yield rule.at_root(f"{count - TOLD} more of these")


def _path(name: str) -> str:
    """The path that a name leads to, from the folder that it is unpacked to."""
    return clean(name.lstrip("/"))


def _folders(entry: Entry) -> Iterator[str]:
    """The folders that an entry needs, the nearest last; a folder needs itself."""
    path = _path(entry.name)
    at = path.find("/")
    while at > 0:
        yield path[:at]
        at = path.find("/", at + 1)
    if entry.is_dir and path:
        yield path


def _folded(path: str) -> str:
    return path.lower() if path.isascii() else normalize("NFC", path).casefold()


def _unclean(entry: Entry) -> bool:
    """Whether a name says more than the path it leads to, or leads to none."""
    if entry.name.startswith("/") or (entry.is_dir and entry.name == "./"):
        return False
    return _UNCLEAN.search(entry.name) is not None and not escapes(entry)


def _too_long(entry: Entry) -> bool:
    if len(entry.name) <= _SURELY_SHORT:
        return False
    raw = entry.raw_name
    return len(raw) > _LONGEST_PATH or any(len(one) > _LONGEST_PART for one in raw.split(b"/"))
