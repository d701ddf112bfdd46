"""Names that escape, that cannot be, and that are not the same for everybody."""

from tests.hostile.danger import SCRIPT, Dangers, both, file, portable, raw, sink
from tests.package.zips import build
from tests.rules.archive_cases import other_path
from tests.shared_objects import ELF


def names_that_escape() -> Dangers:
    """Each release does something else with these."""
    yield from both("a folder up", "KPL10", "KPL10", file("../x"))
    yield from both("two folders up", "KPL10", "KPL10", file("../../x"))
    yield from both("up from a folder", "KPL10", "KPL10", file("a/"), file("a/../../x"))
    yield from both("up and into a folder", "KPL10", "KPL10", file("../up/x"))
    yield from both("a folder above", "KPL10", "KPL10", file("../"))
    yield from both("a file called ..", "KPL10 KPX03", "KPL10 KPX03", file(".."))
    yield from both("far up", "KPL10", "KPL10", file("../" * 20 + "etc/passwd"))
    yield from both("up with a backslash", "KPL10 KPZ05", "KPL10 KPZ05", file("..\\x"))
    yield from both("mixed slashes", "KPL10 KPZ05", "KPL10 KPZ05", file("a/..\\..\\x"))
    yield from both("up out of etc", "KPL10", "KPL10 KPP18", file("etc/../../x"))
    yield from both("up out of sources", "KPL10", "KPL10", file("sources/../../x"))
    up = build(SCRIPT, file("random@/../../x.so", ELF))
    yield raw("the shared object goes up", "KPL05 KPL10", up)
    yield sink("configuration goes up", "KPL10", file("../random.yaml", b"default: {}\n"))


def absolute_names() -> Dangers:
    """The root of a file system, as Unix and Windows write it."""
    yield from both("a slash", "KPL10 KPZ12", "KPL10 KPZ12", file("/x"))
    yield from both("two slashes", "KPL10 KPZ12", "KPL10 KPZ12", file("//x"))
    yield from both("a system file", "KPL10 KPZ12", "KPL10 KPZ12", file("/etc/passwd"))
    yield from both("a backslash", "KPZ05 KPZ12", "KPZ05 KPZ12", file("\\x"))
    yield from both("a share", "KPZ05 KPZ12", "KPZ05 KPZ12", file("\\\\host\\share\\x"))
    yield from both("a drive", "KPZ12", "KPZ12", file("C:/x"))
    yield sink("a drive with a backslash", "KPZ05 KPZ12", file("C:\\x"))
    yield sink("a drive without a slash", "KPZ12", file("c:x"))


def names_of_devices() -> Dangers:
    """Skipped by native packages from 2.3.1 on."""
    for name in ("CON", "PRN.txt", "AUX", "NUL", "CONFIG.md", "NULL/x"):
        yield sink(f"device {name}", "KPL11", file(name))
    called = build(SCRIPT, file("CONvert.so", ELF))
    yield raw("a plugin called like a device", "KPL11 KPN04", called, plugin="CONvert")


def names_without_a_plain_form() -> Dangers:
    """They lead to a file with a shorter name, or to none."""
    yield from both("a dot", "KPZ16", "KPZ16", file("./x"))
    yield from both("two slashes inside", "KPZ16", "KPZ16", file("a//b"))
    yield from both("a dot inside", "KPZ16", "KPZ16", file("a/./b"))
    yield from both("up and down", "KPZ16", "KPZ16", file("a/../b"))
    yield from both("a file called .", "KPX03 KPZ16", "KPX03 KPZ16", file("."))
    yield from both("no name", "KPZ16", "KPX03 KPZ16", file(""))
    yield from both("a folder that is its parent", "KPX03 KPZ16", "KPX03 KPZ16", file("a/.."))
    yield sink("the shared object with a dot", "KPZ03 KPZ16", file("./random.so"))


def names_that_cannot_be_seen() -> Dangers:
    """Control characters, and those that turn the direction of writing."""
    yield from both("NUL", "KPZ10", "KPZ10", file("a\0b"))
    yield from both("NUL before an ending", "KPZ10", "KPZ10", file("x.so\0.txt"))
    yield sink("NUL behind the name of the shared object", "KPZ10", file("random.so\0"))
    yield from both("a line feed", "KPZ10", "KPZ10", file("a\nb"))
    yield from both("a carriage return", "KPZ10", "KPZ10", file("a\rb"))
    yield sink("an escape sequence", "KPZ10", file("\x1b[2Jx"))
    yield sink("a bell", "KPZ10", file("\a"))
    yield sink("a delete", "KPZ10", file("a\x7fb"))
    yield sink("a C1 control", "KPZ10", file("a\x85b"))
    yield sink("a line separator", "KPZ10", file("a\u2028b"))
    yield sink("right to left", "KPZ10", file("\u202eos.gnp"))
    yield portable("isolated direction", "KPZ10", file("a\u2067b\u2069"))


def names_that_are_too_long() -> Dangers:
    """For a file system, in bytes."""
    yield from both("256 letters", "KPZ11", "KPZ11", file("x" * 256))
    yield from both("128 letters of two bytes", "KPZ11", "KPZ11", file("ä" * 128))
    yield from both("a long folder", "KPZ11", "KPZ11", file("d" * 300 + "/x"))
    deep = "/".join(["d" * 200] * 25)
    yield from both("a long path", "KPL12 KPZ11", "KPL12 KPZ11", file(deep))
    yield sink("65,535 letters", "KPZ11", file("x" * 65535))
    yield sink("a thousand folders", "KPL12", file("d/" * 1000 + "x"))


def names_that_collide() -> Dangers:
    """Twice, or once and once in another form."""
    yield from both("twice", "KPZ03", "KPZ03", file("a"), file("a", b"other\n"))
    yield sink("three times", "KPZ03", file("a"), file("a"), file("a"))
    yield sink("by another path", "KPZ03 KPZ16", file("a/b"), file("a//b"))
    yield portable("the manifest twice", "KPZ03", file("mirror.json", b'{"language": "go"}'))
    yield from both("in another case", "KPZ13", "KPZ13", file("Data"), file("data"))
    yield from both("NFC and NFD", "KPZ13", "KPZ13", file("é"), file("e\u0301"))
    yield sink("sharp s", "KPZ13", file("straße"), file("strasse"))
    yield sink("the Kelvin sign", "KPZ13", file("\u212a"), file("k"))
    yield from both("file, then folder", "KPZ14", "KPZ14", file("a"), file("a/b"))
    yield from both("folder, then file", "KPZ14", "KPZ14", file("a/b"), file("a"))
    yield from both("file and empty folder", "KPZ14", "KPZ14", file("a"), file("a/"))
    yield sink("a folder two levels up", "KPZ14", file("a"), file("a/b/c"))


def names_in_other_alphabets() -> Dangers:
    """What the bytes of a name mean is not said, or said twice."""
    yield from both("Latin-1", "KPZ15", "KPZ15", file(b"gr\xf6\xdfe"))
    yield sink("overlong UTF-8", "KPZ15", file(b"a\xc0\xafb"))
    yield sink("overlong dots", "KPZ15", file(b"\xc0\xae\xc0\xae/x"))
    yield sink("a surrogate", "KPZ15", file(b"\xed\xa0\x80"))
    yield sink("a cut letter", "KPZ15", file(b"a\xc3"))
    yield from both("UTF-8 without the flag", "KPZ15", "KPZ15", file("größe".encode()))
    second = other_path(b"a", b"b")
    yield from both("a second name", "KPZ15", "KPZ15", file("a", extra=second))
    up = other_path(b"a", b"../../x")
    yield sink("a second name that escapes", "KPZ15", file("a", extra=up))
    yield from both("backslashes", "KPZ05", "KPZ05", file("etc\\a\\b"))
