"""Documents and scripts made to fill a reader's memory, to stop it, or to mean two things."""

from kuiper_pack.package.kind import Kind
from tests.hostile.danger import (
    MANIFEST,
    NATIVE,
    PYTHON,
    SO,
    YAML,
    Dangers,
    Hostile,
    file,
    raw,
    source,
)
from tests.package.zips import Member, build

ABOUT = b'{"about": {}, "properties": {"default": []}'
"""Metadata of a source that is sound but for the brace at its end."""
LAUGHS = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (to, to, b", ".join([b"*%c" % one] * 9))
    for one, to in zip(b"abcdefgh", b"bcdefghi", strict=True)
)
SQUARE = b"a: &a [" + b"x, " * 20_000 + b"x]\nb: [" + b"*a, " * 20_000 + b"*a]\n"
MERGES = b"a0: &a0 {k0: 0}\n" + b"".join(
    b"a%d: &a%d {<<: *a%d, k%d: 0}\n" % (n, n, n - 1, n) for n in range(1, 2000)
)


def configuration(name: str, codes: str, content: bytes, **given: int) -> Hostile:
    """A source with this configuration."""
    data = build(*NATIVE, file("random.yaml", content, **given))
    return raw(f"configuration: {name}", codes, data, kind=Kind.SOURCE)


def manifest(name: str, codes: str, content: bytes, **given: int) -> Hostile:
    """A portable with this manifest."""
    data = build(file("mirror.json", content, **given), PYTHON[1])
    return raw(f"manifest: {name}", codes, data, kind=Kind.PORTABLE, plugin="mirror")


def metadata(name: str, codes: str, content: bytes, **given: int) -> Hostile:
    """A source with this metadata."""
    return source(f"metadata: {name}", codes, YAML, file("random.json", content, **given))


def script(name: str, codes: str, content: bytes, **given: int) -> Hostile:
    """A source with this install.sh."""
    data = build(SO, YAML, file("install.sh", content, **given))
    return raw(f"script: {name}", codes, data, kind=Kind.SOURCE)


def yaml_bombs() -> Dangers:
    """Aliases and merge keys that multiply, and nesting."""
    yield configuration("a billion laughs", "KPC04", LAUGHS)
    yield configuration("a square of aliases", "KPC04", SQUARE)
    yield configuration("a chain of merge keys", "KPC04", MERGES)
    yield configuration("100,000 lists in each other", "KPC04", b"[" * 100_000)
    yield configuration("100,000 maps in each other", "KPC04", b"{a: " * 60_000)
    yield configuration("20,000 levels of indentation", "KPC04", b"- " * 20_000)
    yield configuration("an alias of itself", "KPC04", b"default: &a {a: *a}\n")
    yield configuration("60,000 values", "KPZ04", b"- a\n" * 60_000)
    yield configuration("10 MB", "KPZ04", b"default: {a: 1}\n" + b"#" * 10_000_000, method=8)
    yield configuration("one line of 200 KB", "KPC04", b"x" * 200_000)
    yield configuration(
        "60,000 anchors", "KPC04", b"".join(b"- &a%d x\n" % n for n in range(20000))
    )


def yaml_tags() -> Dangers:
    """What a careless reader would run."""
    call = b'default: !!python/object/apply:os.system ["touch /tmp/pwned"]\n'
    yield configuration("a Python call", "KPC04", call)
    yield configuration("a tag of its own", "", b"default: !mine {a: 1}\n")
    yield configuration("a tag that does not fit", "KPC04", b"default: {a: !!int x}\n")
    yield configuration("binary", "", b"default: {a: !!binary aGk=}\n")
    yield configuration("broken binary", "KPC04", b"default: {a: !!binary '%'}\n")
    yield configuration("a tag that is a URL", "", b"default: {a: !<tag:x.invalid,1:b> 1}\n")


def yaml_text() -> Dangers:
    """Bytes that are no text, and keys that are no names."""
    yield configuration("no UTF-8", "KPC04", b"default: {a: \xff\xfe}\n")
    yield configuration("a NUL", "KPC04", b"default: {a: \0}\n")
    yield configuration("UTF-16", "", "default: {a: 1}\n".encode("utf-16"))
    yield configuration("a byte order mark", "", b"\xef\xbb\xbfdefault: {a: 1}\n")
    yield configuration("a key twice", "KPC04", b"default: {a: 1, a: 2}\n")
    yield configuration("a list as a key", "KPC04", b"default: {? [a, b] : 1}\n")
    yield configuration("a tab", "KPC04", b"default:\n\ta: 1\n")
    yield configuration("a huge number", "", b"default: {a: " + b"9" * 5000 + b"}\n")
    yield configuration("two documents", "", b"default: {a: 1}\n---\n[\n")


def json_bombs() -> Dangers:
    """Nesting, size, numbers."""
    yield manifest("100,000 brackets", "KPP02", b"[" * 100_000)
    yield manifest("100,000 objects", "KPP02", b'{"a":' * 50_000)
    deep = b'{"x": ' + b"[" * 9000 + b"]" * 9000 + b", " + MANIFEST[1:]
    yield manifest("9,000 levels that nobody reads", "", deep)
    deeper = b'{"x": ' + b"[" * 10_001 + b"]" * 10_001 + b", " + MANIFEST[1:]
    yield manifest("10,001 levels", "KPP02", deeper)
    yield manifest(
        "a number of 100,000 digits", "", MANIFEST[:-1] + b', "x": %s}' % (b"9" * 100_000)
    )
    yield manifest("an exponent", "", MANIFEST[:-1] + b', "x": 1e999999999}')
    symbols = b", ".join(b'"f%d"' % n for n in range(20_000))
    yield manifest("20,000 functions", "", MANIFEST.replace(b'"echo"', symbols))
    yield manifest("20 MB", "KPZ04", MANIFEST + b" " * 20_000_000, method=8)
    yield metadata("100,000 brackets", "KPC06 KPM01", b"[" * 100_000)
    yield metadata("20 MB", "KPZ04", b" " * 20_000_000 + b"{}", method=8)


def json_text() -> Dangers:
    """What some readers take, and Go does not, or the other way round."""
    yield manifest("NaN", "KPP02", MANIFEST[:-1] + b', "x": NaN}')
    yield manifest("Infinity", "KPP02", MANIFEST[:-1] + b', "x": -Infinity}')
    yield manifest("a comma too many", "KPP02", MANIFEST[:-1] + b",}")
    yield manifest("a comment", "KPP02", b"// a comment\n" + MANIFEST)
    yield manifest("single quotes", "KPP02", MANIFEST.replace(b'"', b"'"))
    yield manifest("a byte order mark", "KPP02", b"\xef\xbb\xbf" + MANIFEST)
    yield manifest("UTF-16", "KPP02 KPZ21", MANIFEST.decode().encode("utf-16"))
    yield manifest("a NUL", "KPP02", MANIFEST + b"\0")
    yield manifest("nothing", "KPP02", b"")
    yield manifest("two values", "KPP02", MANIFEST + MANIFEST)
    yield manifest("a text", "KPP02", b'"language"')
    yield manifest("a member twice", "KPZ20", MANIFEST[:-1] + b', "executable": "mirror.py"}')
    yield manifest("in other letters", "KPZ20", MANIFEST[:-1] + b', "Executable": "mirror.py"}')
    yield manifest(
        "a letter that folds", "KPZ20", MANIFEST[:-1] + ', "ſinks": [], "sinks": []}'.encode()
    )
    yield manifest("no UTF-8", "KPZ21", MANIFEST[:-1] + b', "version": "\xff"}')
    yield manifest("a lone surrogate", "", MANIFEST[:-1] + b', "version": "\\ud800"}')
    yield metadata("no UTF-8", "KPZ21", ABOUT + b', "x": "\xc3\x28"}')
    yield metadata("a member twice", "KPZ20", ABOUT + b', "about": {}}')
    yield metadata("NaN", "KPC06 KPM01", ABOUT + b', "x": NaN}')
    yield metadata("a byte order mark", "KPC06 KPM01", b"\xef\xbb\xbf" + ABOUT + b"}")


def scripts() -> Dangers:
    """Scripts are text to look at, and never run."""
    yield script("no UTF-8", "KPZ21", b"echo gr\xfc\xdf\n")
    yield script("UTF-16", "KPZ21", "echo a\n".encode("utf-16"))
    yield script("noise", "KPZ21", bytes(range(256)) * 40)
    yield script("NUL bytes", "", bytes(1000))
    yield script("one line of 2 MB", "", b"echo " + b"a" * 2_000_000, method=8)
    yield script("100,000 quotes", "", b"\"'" * 50_000)
    yield script("100,000 brackets", "", b"$(" * 50_000)
    yield script("100,000 here documents", "", b"cat <<A\n" * 20_000)
    yield script("Windows line ends", "KPI02", b"echo a\r\n" * 1000)


def folders_in_place_of_documents() -> Dangers:
    """Entries that are not what their names say."""
    folder = Member(b"random.json", b"", attributes=0o40755 << 16)
    yield source("metadata that is a folder", "KPC06 KPM01", YAML, folder)
    data = build(SO, YAML, file("install.sh/"))
    yield raw("a script that is a folder", "", data, kind=Kind.SOURCE)
