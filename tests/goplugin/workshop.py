"""Go programs and plugins to predict about, and the real ``plugin.Open`` to compare with.

Everything is built from the small modules in ``module/``: a host, which opens what it is told to,
plugins, and the packages that they share; and in ``contract/``: plugins for real servers. What was
built is kept, in ``kuiper-pack/go-plugins`` of the user's cache folder, under the hash of the
sources, the Go version and the flags.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from kuiper_pack.goplugin.prediction import Outcome
from kuiper_pack.suite import places
from tests.goplugin.flags import CGO, PLAIN, Flags

go = pytest.mark.go
GO = shutil.which("go")
CC = shutil.which("cc") or shutil.which("gcc")
needs_go = pytest.mark.skipif(
    os.name != "posix" or GO is None or CC is None,
    reason="a plugin is compiled and opened: that needs Go and a C compiler, on Linux",
)

MODULE = "example.test/workshop"
_HERE = Path(__file__).parent
_BUILT = places.cache() / "go-plugins"  # the user's, before a test is given a folder of its own
_C_LIBRARY = "int answer(void) { return 42; }\n"
_MODULES_TXT = """# example.test/dependency v1.0.0 => ./dependency
## explicit; go 1.15
example.test/dependency
# example.test/dependency => ./dependency
"""
_EDITS = {
    "other-body": {"sum += number": "sum -= number"},
    "other-constant": {"Size = 1": "Size = 2"},
    "other-lines": {"package shared": "// One line more.\n\npackage shared"},
}
"""What other trees have in the place of what the shared package says."""
_UNSET = ("GO", "CGO_")
_KEPT = ("GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPATH", "GOMODCACHE", "GOCACHE", "GOTMPDIR")
_BUILT_WITHIN = 900
_OPENED_WITHIN = 60
_UNUSED_FOR = 7 * 24 * 3600
"""Seconds after which what was built of other sources is thrown away."""


class Workshop:
    """The sources in a folder of their own, and what is built of them."""

    def __init__(self, module: str = "module", folder: Path | None = None) -> None:
        """``module`` is the folder of the sources, beside this file.

        ``folder`` takes all, in place of the one in the user's cache folder.
        """
        self._sources = _HERE / module
        self.folder = folder or _kept_folder(self._sources)
        self.folder.mkdir(parents=True, exist_ok=True)
        for tree in ("source", *(("vendored", *_EDITS) if module == "module" else ())):
            if not (self.folder / tree).exists():
                self._lay_out(tree)

    def plugin(self, version: str, flags: Flags = PLAIN, package: str = "plugin") -> Path:
        """The plugin that a Go version, like ``1.25.4``, builds with these flags.

        ``package`` is a folder, or a file.
        """
        return self._built(version, flags, package, ".so")

    def host(self, version: str, flags: Flags = CGO) -> Path:
        """The program that opens plugins, likewise."""
        return self._built(version, flags, "host", "")

    def library(self) -> Path:
        """A shared object without any Go."""
        target = self.folder / "library.so"
        if not target.exists():
            source = self.folder / "library.c"
            source.write_text(_C_LIBRARY)
            _run([str(CC), "-shared", "-fPIC", "-o", str(target), str(source)], self.folder, None)
        return target

    def cut(self, file: Path, percent: int) -> Path:
        """The beginning of a file."""
        target = self.folder / f"{file.stem}-{percent}-percent{file.suffix}"
        content = file.read_bytes()
        return self.written(target.name, content[: len(content) * percent // 100])

    def written(self, name: str, content: bytes) -> Path:
        """A file with this content."""
        target = self.folder / name
        if not target.exists() or target.stat().st_size != len(content):
            target.write_bytes(content)
        return target

    def _lay_out(self, tree: str) -> None:
        """Put a variant of the sources into a folder."""
        new = Path(tempfile.mkdtemp(dir=self.folder))
        shutil.copytree(self._sources, new, dirs_exist_ok=True)
        if tree == "vendored":
            shutil.copytree(
                self._sources / "dependency", new / "vendor" / "example.test/dependency"
            )
            (new / "vendor" / "modules.txt").write_text(_MODULES_TXT, encoding="utf-8")
        for old, edited in _EDITS.get(tree, {}).items():
            path = new / "shared" / "shared.go"
            path.write_text(path.read_text(encoding="utf-8").replace(old, edited), encoding="utf-8")
        try:
            new.rename(self.folder / tree)
        except OSError:  # another process was faster
            shutil.rmtree(new)

    def _built(self, version: str, flags: Flags, package: str, suffix: str) -> Path:
        deciding = repr(dataclasses.astuple(flags)[1:-1])
        key = hashlib.sha256(deciding.encode()).hexdigest()[:8]
        name = package.replace("/", "-")
        target = self.folder / f"{name}-go{version}-{flags.name}-{key}{suffix}"
        if not target.exists():
            with _locked(target.with_name(f"{target.name}.lock")):
                if not target.exists():
                    self._build(version, flags, package, target)
        return target

    def _build(self, version: str, flags: Flags, package: str, target: Path) -> None:
        new = target.with_name(f"{target.name}.{os.getpid()}.new")
        arguments = [
            "build",
            f"-modfile={flags.modfile}",
            f"-buildmode={flags.mode}",
            *(("-mod=vendor",) if flags.tree == "vendored" else ()),
            *flags.arguments,
            "-o",
            str(new),
            f"./{package}",
        ]
        command, environment = self._go(version, flags)
        try:
            _run([command, *arguments], self.folder / flags.tree, environment)
            new.replace(target)
        finally:
            new.unlink(missing_ok=True)
            new.with_suffix(".h").unlink(missing_ok=True)  # of c-shared

    def _go(self, version: str, flags: Flags) -> tuple[str, dict[str, str]]:
        environment = environment_for(version) | dict(flags.environment)
        if not flags.moved_go:
            return str(GO), environment
        root = self.folder / f"goroot-{version}"
        if not root.exists():
            root.symlink_to(go_root(version), target_is_directory=True)
        return str(root / "bin" / "go"), environment | {
            "GOROOT": str(root),
            "GOTOOLCHAIN": "local",
        }


def environment_for(version: str) -> dict[str, str]:
    """The environment in which the go command is that of ``version``, and nothing else decides."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or not name.startswith(_UNSET)
    }
    settings = {"GOTOOLCHAIN": f"go{version}", "GOWORK": "off", "GOENV": "off", "CGO_ENABLED": "1"}
    return kept | settings


@cache
def go_root(version: str) -> str:
    """Where that Go is; it is fetched if need be."""
    return _run([str(GO), "env", "GOROOT"], Path.home(), environment_for(version)).strip()


def installed_version() -> str:
    """The Go version that is installed, like ``1.26.8``."""
    local = environment_for("") | {"GOTOOLCHAIN": "local"}
    return _run([str(GO), "env", "GOVERSION"], Path.home(), local).strip().removeprefix("go")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a real process did with one plugin: its outcome, and the words of an error.

    ``names`` are the types of what was looked up, by name.
    """

    outcome: Outcome
    words: str
    names: Mapping[str, str]


def really_open(host: Path, files: Sequence[Path]) -> list[Seen]:
    """Open the plugins one after another in a fresh process; the list ends where it dies."""
    done = subprocess.run(
        [str(host), *map(str, files)],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_OPENED_WITHIN,
        check=False,
    )
    found = []
    for line in done.stdout.splitlines():
        given = json.loads(line)
        found.append(Seen("error" if given["Error"] else "ok", given["Error"], given["Names"]))
    if done.returncode != 0:
        found.append(Seen("crash", done.stderr, {}))
    return found


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time build a file."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with path.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
        path.unlink(missing_ok=True)


def _kept_folder(sources: Path) -> Path:
    content = hashlib.sha256()
    for path in sorted(sources.rglob("*")):
        if path.is_file():
            content.update(f"{path.relative_to(sources)}\0".encode() + path.read_bytes())
    folder = _BUILT / content.hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder)
    for other in _BUILT.iterdir():
        if time.time() - other.stat().st_mtime > _UNUSED_FOR:
            shutil.rmtree(other, ignore_errors=True)
    return folder


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_BUILT_WITHIN,
        check=False,
    )
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.__stderr__)
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return done.stdout
