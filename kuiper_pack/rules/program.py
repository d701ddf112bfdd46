"""The family P, continued: the program of a portable plugin, and where it runs."""

import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import basename, normpath

from kuiper_pack.package.elf import HEADERS, MAGIC, Elf, read_elf
from kuiper_pack.package.entry import Entry
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.native_files import SCRIPT
from kuiper_pack.profiles import Profile, Release, profile
from kuiper_pack.profiles.images import Image, images_of
from kuiper_pack.rules.finding import TOLD, Finding, Severity
from kuiper_pack.rules.manifest import text_of, value_of
from kuiper_pack.rules.rule import PORTABLE, Rule
from kuiper_pack.rules.target import Target

_FOREIGN = (
    (b"MZ", "a program for Windows"),
    (b"\xcf\xfa\xed\xfe", "a program for macOS"),
    (b"\xca\xfe\xba\xbe", "a program for macOS"),
)
_ENDS_SHEBANG = re.compile(rb"[\n\0]")
_LONGEST_SHEBANG = 256
_OPENED = re.compile(r"""\b(?:open|Path)\(\s*[rf]?["']([^"'\n{}]+)["']""")
_IMPORTS_SDK = re.compile(r"^\s*(?:from\s+ekuiper\b|import\s+ekuiper\b)", re.MULTILINE)
_SDK = re.compile(r"(?:^|/)ekuiper(?:/|\.py$|-[^/]*\.(?:whl|tar\.gz|zip)$)")
_MOST_SOURCES, _SOURCE_BYTES = 64, 256 << 10


@dataclass(frozen=True, slots=True)
class Program:
    """The program of a portable plugin: its entry, its language, and how its content begins."""

    entry: Entry
    language: str
    start: bytes

    @property
    def elf(self) -> Elf | None:
        """What its header says, if it is an ELF file."""
        return read_elf(self.start)

    @property
    def interpreter(self) -> list[str]:
        """The words of its first line, if that names what runs it; a carriage return is kept."""
        if not self.start.startswith(b"#!"):
            return []
        line = _ENDS_SHEBANG.split(self.start[2:_LONGEST_SHEBANG], maxsplit=1)[0]
        return [one for one in re.split("[ \t]+", line.decode("utf-8", "replace")) if one]


class ProgramForNoServer(Rule):
    """The program of a portable plugin is none that the server can start.

    Servers start a program for `go` as it is, so it must be one for their system and processor, or
    a script whose first line names what runs it; one for `python` is handed to Python, which reads
    no compiled program. 2.x starts it while the plugin is installed, and refuses it:

    `fork/exec ...: exec format error`

    Servers of 1.x install it, and every rule that uses it fails. A first line that ends like those
    of Windows names a program that is not there: `no such file or directory`.

    Bad: a shell script without `#!/bin/sh`, a program for macOS, one for arm64 with `--arch amd64`.
    Good: what `CGO_ENABLED=0 GOOS=linux go build` makes.

    Build the program for the server; save scripts with Unix line ends.
    """

    code, severity, kinds, since = "KPP13", Severity.ERROR, PORTABLE, "1.4.0"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        program = program_of(package)
        if program is None or program.language not in ("go", "python"):
            return  # nobody knows how it is started
        found = _as_python(program) if program.language == "python" else _as_is(program, target)
        if found is not None:
            severity, message, fix = found
            yield self.at(
                program.entry,
                message,
                severity=_softened(package, severity),
                servers=_starting(package, target),
                fix=fix,
            )


class ProgramForOtherImage(Rule):
    """The image does not have what the program of a portable plugin needs.

    A program that is linked to a C library names the loader that starts it: that of glibc is in the
    slim images, that of musl in the alpine ones, and where it is missing the server finds `no such
    file or directory`. The same is said of a script whose interpreter is missing, and a plugin in
    Python needs the command `python`, which only slim-python and alpine-python have:

    `exec: "python": executable file not found in $PATH`

    2.x starts the program while the plugin is installed, and refuses it; with 1.x every rule that
    uses it fails. Without `--image` it is only noted which images cannot start it.

    Bad: a program that was built with cgo on Debian, for alpine. Good: one built with
    `CGO_ENABLED=0`, which needs no C library.

    Build without cgo, or name the image that has what it takes.
    """

    code, severity, kinds, since = "KPP26", Severity.ERROR, PORTABLE, "1.4.0"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        program = program_of(package)
        if program is None:
            return
        images = images_of(target.image, _starting(package, target))
        told: dict[str, list[Release]] = {}
        for release, image in images.items():
            if lack := _lacking(package, program, image):
                told.setdefault(f"{lack}, which the image {target.image} does not have", []).append(
                    release
                )
        for message, servers in told.items():
            severity = _softened(package, Severity.ERROR)
            yield self.at(program.entry, message, severity=severity, servers=tuple(servers))
        libc = program.elf.libc if program.elf is not None else None
        if target.image is None and libc is not None and program.language == "go":
            others = "alpine" if libc == "glibc" else "slim"
            yield self.at(
                program.entry,
                f"it is linked to {libc}, so the {others} images cannot start it",
                severity=Severity.NOTE,
                fix="build it with CGO_ENABLED=0",
            )


class SdkMissing(Rule):
    """A portable plugin in Python comes without the SDK, to an image that does not have it.

    Of the official images only slim-python holds the package `ekuiper`; alpine-python has Python
    and nothing more. The program ends when it imports it, and the server waits in vain:

    `control handshake error`

    Bad: `from ekuiper import plugin` for alpine-python, and nothing else. Good: the SDK in the
    package, or an install.sh that installs it from wheels in the package.

    Pack the SDK, let install.sh install it, or name slim-python.
    """

    code, severity, kinds, since = "KPP27", Severity.NOTE, PORTABLE, "1.4.0"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        program = program_of(package)
        if target.image is None or program is None or program.language != "python":
            return
        images = images_of(target.image, target.releases)
        servers = tuple(one for one, image in images.items() if image.python and not image.sdk)
        if not servers or SCRIPT in package or any(_SDK.search(e.name) for e in package.entries):
            return
        if any(_IMPORTS_SDK.search(text) for _, text in _sources(package)):
            yield self.at(
                program.entry,
                f"it imports the SDK, which is neither in the package nor in {target.image}",
                servers=servers,
            )


class ProgramIsNotPython(Rule):
    """Python cannot read the program of a portable plugin.

    Its text is no Python: a line is left unfinished, tabs and blanks are mixed, or it is written in
    Python 2. It ends before it has reached the server; 2.x waits for it while the plugin is
    installed, and refuses it. Servers of 1.x install it, and every rule that uses it fails:

    `control handshake error`

    It is read, not run, by the Python that runs kuiper-pack. Where the server's is known to be as
    old or older, by the image, that is an error; a newer one may know words that ours does not.

    Bad: `print "ready"`, `def open(self, ctx:`. Good: what `python -m py_compile main.py` takes.

    Correct the line that the finding names, or run kuiper-pack with the Python of the server.
    """

    code, severity, kinds, since = "KPP28", Severity.WARNING, PORTABLE, "1.4.0"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        program = program_of(package)
        if program is None or program.language != "python" or _as_python(program) is not None:
            return
        wrong = _syntax_error(package.read(program.entry, limit=_SOURCE_BYTES + 1))
        if wrong is None:
            return
        ours = sys.version_info[:2]
        starting = _starting(package, target)
        images = images_of(target.image, starting)
        surely = tuple(
            one for one, image in images.items() if image.python and _version(image.python) <= ours
        )
        for severity, servers in (
            (_softened(package, Severity.ERROR), surely),
            (Severity.WARNING, tuple(one for one in starting if one not in surely)),
        ):
            if servers:
                yield self.at(
                    program.entry,
                    f"Python {ours[0]}.{ours[1]} cannot read it: {wrong.msg}",
                    severity=severity,
                    servers=servers,
                    line=wrong.lineno,
                )


class PathFromProgram(Rule):
    """A portable plugin opens a file of its package by a relative path.

    Up to 1.10 the program runs in the folder that the server was started in, and the file is not
    found there. From 1.11 on it runs in its own folder.

    Bad: `open("labels.txt")`. Good: `open(Path(__file__).parent / "labels.txt")`.

    Start the path at the folder of the program.
    """

    code, severity, kinds, since = "KPP14", Severity.WARNING, PORTABLE, "1.4.0"

    def holds(self, facts: Profile) -> bool:
        return not facts.script_runs_in_folder

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        if not any(self.holds(profile(one)) for one in target.between(self.since, None)):
            return
        found = []
        for entry, text in _sources(package):
            if "chdir" in text:
                return
            for opened in _OPENED.finditer(text):
                if normpath(opened[1]) in package and not opened[1].startswith("/"):
                    line = text.count("\n", 0, opened.start()) + 1
                    found.append((entry, line, opened[1]))
        for entry, line, path in found[:TOLD]:
            yield self.at(entry, f"{path} is looked for in the folder of the server", line=line)
        if len(found) > TOLD:
            yield self.at_root(f"{len(found) - TOLD} more files are looked for there")


def program_of(package: Package) -> Program | None:
    """The program that the manifest names; None where it is missing or cannot be read."""
    executable = text_of(package, "executable")
    entry = package.entry(executable) if executable else None
    if entry is None or entry.is_dir or entry.problem is not None:
        return None
    return Program(entry, text_of(package, "language"), package.read(entry, limit=HEADERS))


def _as_is(program: Program, target: Target) -> tuple[Severity, str, str] | None:
    """What is wrong with a program that the server starts itself: how bad, what, and the remedy."""
    elf, build = program.elf, "build it with GOOS=linux"
    if elf is not None:
        if elf.type not in ("executable", "shared"):
            return Severity.ERROR, "it is an object file, not a program", "link it"
        if target.arch is not None and elf.machine != target.arch:
            message = f"it is a program for {elf.machine}, not for {target.arch}"
            return Severity.ERROR, message, f"build it with GOARCH={target.arch}"
        return None
    if program.interpreter:
        if program.interpreter[-1].endswith("\r"):
            message = "its first line ends like those of Windows, so what runs it is not found"
            return Severity.ERROR, message, "save it with Unix line ends"
        return None
    for beginning, what in _FOREIGN:
        if program.start.startswith(beginning):
            severity = Severity.WARNING if target.image is None else Severity.ERROR
            return severity, f"it is {what}, and servers run on Linux", build
    if program.start.startswith(MAGIC):
        return Severity.ERROR, "its ELF header is damaged", build
    what = "it is empty" if not program.start else "it is neither a program nor a script with #!"
    if program.entry.name.endswith(".py"):
        build = 'write "language": "python"'
    return Severity.ERROR, f"{what}, so the server cannot start it", build


def _as_python(program: Program) -> tuple[Severity, str, str] | None:
    compiled = (MAGIC, *(beginning for beginning, _ in _FOREIGN))
    if program.start.startswith(compiled):
        message = "it is a compiled program, which Python cannot read"
        return Severity.ERROR, message, 'write "language": "go", which stands for any program'
    return None


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _syntax_error(source: bytes) -> SyntaxError | None:
    """What this Python has against a text; None also where it is too large or too deep to tell."""
    if len(source) > _SOURCE_BYTES:
        return None
    from ast import PyCF_ONLY_AST

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "program", "exec", PyCF_ONLY_AST, dont_inherit=True)
        except SyntaxError as error:
            return error if error.lineno else None
        except (ValueError, MemoryError, RecursionError):
            return None
    return None


def _lacking(package: Package, program: Program, image: Image) -> str:
    """What the program needs and ``image`` surely lacks; "" for nothing."""
    if program.language == "python":
        if value_of(package, "virtualEnvType") is not None:
            return "it needs conda" if "conda" in image.lacks else ""
        return "" if image.python else "it needs the command python"
    elf = program.elf
    if elf is not None:
        return f"it is linked to {elf.libc}" if elf.libc not in (None, image.libc) else ""
    words = program.interpreter
    if words and basename(words[0]) == "env":
        words = [one for one in words[1:] if not one.startswith("-") and "=" not in one]
    name = basename(words[0]) if words else ""
    return f"it is run by {name}" if name in image.lacks else ""


def _softened(package: Package, severity: Severity) -> Severity:
    """An install.sh may put things right."""
    return Severity.WARNING if severity is Severity.ERROR and SCRIPT in package else severity


def _starting(package: Package, target: Target) -> tuple[Release, ...]:
    """The releases that come to start the program, while it is installed or later."""
    starting = target.installing(package) + target.refusing(package, Cause.START_FAILED)
    return tuple(sorted(starting))


def _sources(package: Package) -> Iterator[tuple[Entry, str]]:
    """The Python files of a package that is written in it."""
    if text_of(package, "language") != "python":
        return
    count = 0
    for entry in package.entries:
        if entry.name.endswith(".py") and not entry.is_dir and entry.problem is None:
            count += 1
            if count > _MOST_SOURCES:
                return
            yield entry, package.read(entry, limit=_SOURCE_BYTES).decode("utf-8", "replace")
