"""Plugins in Go for one release, which differ in their names and package paths only."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from kuiper_pack.build.ccompiler import compiler_for, no_compiler
from kuiper_pack.build.ctarget import target_of
from kuiper_pack.build.gotool import Go
from kuiper_pack.build.group import groups_of
from kuiper_pack.build.names import symbol_of
from kuiper_pack.build.scaffold import Scaffold, render
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.architecture import host_architecture
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Release, profile

MODULE = "kuiperPackPool"
_SMALL = "-ldflags=-s -w"
"""Without what only debuggers read a plugin is a third smaller; servers load it all the same."""
_AT_ONCE = min(os.cpu_count() or 1, 8)


@dataclass(frozen=True, slots=True)
class GoCompiler:
    """Compiles plugins that servers of a release load, on the architecture ``arch``.

    Each serves as a source, a sink and a function. Raises KuiperPackError for a release whose
    plugins are built in its own source tree.
    """

    release: Release
    arch: str = field(default_factory=host_architecture)
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def __post_init__(self) -> None:
        if profile(self.release).contract is None:
            raise KuiperPackError(
                f"plugins for eKuiper {self.release} are built in its source tree: give a folder "
                "of ready ones with --kuiper-native DIR"
            )

    @property
    def key(self) -> str:
        """Everything that decides what is built, in a word."""
        facts, digest = profile(self.release), hashlib.sha256()
        for text in (*self.module().values(), _source(MODULE), *self._build, self._linker):
            digest.update(text.encode() + b"\0")
        return f"go{facts.go}-{facts.contract}-{self.arch}-{digest.hexdigest()[:12]}"

    def compile(self, names: Sequence[str]) -> Iterator[tuple[str, Path]]:
        """Each name with its shared object; raises KuiperPackError."""
        try:
            yield from self._compile(names)
        except KuiperPackError as error:
            raise KuiperPackError(
                f"--kuiper-native build: {error}, or give ready plugins with --kuiper-native DIR"
            ) from error

    @property
    def _build(self) -> tuple[str, ...]:
        (group,) = groups_of((self.release,))
        return ("build", *group.flags, _SMALL)

    @property
    def _linker(self) -> str:
        return self.environment.get("CC", "")

    def module(self) -> dict[str, str]:
        """The module file of any plugin for the release, and the checksums of what it needs."""
        rendered = render(Scaffold(Kind.SINK, MODULE, "go", (self.release,)))
        return {name: rendered[name] for name in ("go.mod", "go.sum")}

    def _compile(self, names: Sequence[str]) -> Iterator[tuple[str, Path]]:
        if shutil.which("go", path=self.environment.get("PATH")) is None:
            raise KuiperPackError("Go is not installed; install Go 1.21 or later")
        target = target_of(self.arch, None, (self.release,))
        compiler = compiler_for(target, self.environment)
        if compiler is None:
            raise KuiperPackError(no_compiler(target))
        with TemporaryDirectory(prefix="kuiper-pack-") as scratch:
            module = Path(scratch, MODULE)
            module.mkdir()
            for name, text in self.module().items():
                (module / name).write_text(text, encoding="utf-8")
            settings = {"CGO_ENABLED": "1", "GOARCH": self.arch, **compiler.settings}
            version = profile(self.release).go
            go = Go.exactly(version, module, self.environment, Path(scratch), settings)

            def one(name: str) -> tuple[str, Path]:
                (module / name).mkdir()
                (module / name / "plugin.go").write_text(_source(name), encoding="utf-8")
                made = module / name / "plugin.so"
                go.run(module, *self._build, "-o", str(made), f"./{name}")
                return name, made

            yield one(names[0])  # alone: it fills Go's own cache with what all of them share
            threads = ThreadPoolExecutor(_AT_ONCE)
            try:
                yield from threads.map(one, names[1:])
            finally:
                threads.shutdown(cancel_futures=True)


def _source(name: str) -> str:
    text = (files("kuiper_pack.suite") / "templates" / "pool.go.tmpl").read_text(encoding="utf-8")
    return text.replace("@@name@@", name).replace("@@Name@@", symbol_of(name))
