"""Go programs and plugins to predict about, and the real ``plugin.Open`` to compare with.

Everything is built from one small module: a host, which opens what it is told to, a plugin, and the
package that both share.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from kuiper_pack.goplugin.prediction import Outcome, Prediction

go = pytest.mark.go
GO = shutil.which("go")
CC = shutil.which("cc") or shutil.which("gcc")
needs_go = pytest.mark.skipif(
    os.name != "posix" or GO is None or CC is None,
    reason="a plugin is compiled and opened: that needs Go and a C compiler, on Linux",
)

MODULE = "example.test/workshop"

HOST = """package main

import (
	"encoding/json"
	"fmt"
	"os"
	"plugin"

	"example.test/dependency"
	"example.test/workshop/shared"
)

type answer struct {
	Error string
	Names map[string]string
}

func main() {
	_ = shared.New(dependency.Name())
	for _, file := range os.Args[1:] {
		given := answer{Names: map[string]string{}}
		if p, err := plugin.Open(file); err != nil {
			given.Error = err.Error()
		} else {
			for _, name := range []string{"Make", "Count", "Missing"} {
				if symbol, err := p.Lookup(name); err == nil {
					given.Names[name] = fmt.Sprintf("%T", symbol)
				}
			}
		}
		line, _ := json.Marshal(given)
		fmt.Println(string(line))
	}
}
"""
PLUGIN = """package main

import (
	"fmt"

	"example.test/dependency"
	"example.test/workshop/shared"
)

type Thing struct{ name string }

func (t *Thing) Say() string { return fmt.Sprint(t.name) }

// Count is a variable, Make a function.
var Count Thing

func Make(names ...string) shared.Speaker { return &Thing{dependency.Name()} }

func main() {}
"""
SHARED = """package shared

import "strings"

type Speaker interface{ Say() string }

const Size = 1

type Made struct {
	Name string
	Size int
}

func New(name string) *Made { return &Made{strings.ToUpper(name), Size} }
"""
DEPENDENCY = """package dependency

const name = "plain"

func Name() string { return name }
"""
TAGGED = "//go:build {0}\n// +build {0}\n\n"
C_LIBRARY = "int answer(void) { return 42; }\n"


@dataclass(frozen=True, slots=True)
class Flags:
    """One way to build: arguments and environment of ``go build``, and changes to the source."""

    name: str
    arguments: tuple[str, ...] = ("-trimpath",)
    environment: tuple[tuple[str, str], ...] = ()
    dependency: str = "v1.0.0"
    mode: str = "plugin"


FLAGS = (
    Flags("plain"),
    Flags("stripped", ("-trimpath", "-ldflags=-s -w")),
    Flags("untrimmed", ()),
    Flags("race", ("-trimpath", "-race")),
    Flags("cover", ("-trimpath", "-cover", "-coverpkg=./...")),
    Flags("unoptimised", ("-trimpath", "-gcflags=all=-N -l")),
    Flags("main-unoptimised", ("-trimpath", "-gcflags=-N -l")),
    Flags("unrelated-tag", ("-trimpath", "-tags=unrelated")),
    Flags("tagged-dependency", ("-trimpath", "-tags=other")),
    Flags("other-dependency", dependency="v1.1.0"),
    Flags("newer-processor", environment=(("GOAMD64", "v3"),)),
    Flags("c-shared", mode="c-shared"),
    Flags("program", mode="pie"),
)
"""Ways to build a plugin, right and wrong ones."""

HOSTS = (
    Flags("cgo", mode="exe"),
    Flags("no-cgo", environment=(("CGO_ENABLED", "0"),), mode="exe"),
)
MORE_HOSTS = (
    Flags("untrimmed", (), mode="exe"),
    Flags("race", ("-trimpath", "-race"), mode="exe"),
    Flags("internal", ("-trimpath", "-ldflags=-linkmode=internal"), mode="exe"),
)


class Workshop:
    """A folder with the sources, and what is built of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "source"
        for name, text in {
            "host/main.go": HOST,
            "plugin/main.go": PLUGIN,
            "shared/shared.go": SHARED,
            "dependency/go.mod": "module example.test/dependency\n\ngo 1.15\n",
            "dependency/name.go": TAGGED.format("!other") + DEPENDENCY,
            "dependency/other.go": TAGGED.format("other") + DEPENDENCY.replace("plain", "other"),
        }.items():
            path = self.source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for version in ("v1.0.0", "v1.1.0"):
            (self.source / f"{version}.mod").write_text(
                f"module {MODULE}\n\ngo 1.15\n\nrequire example.test/dependency {version}\n\n"
                "replace example.test/dependency => ./dependency\n"
            )
        shutil.copy(self.source / "v1.0.0.mod", self.source / "go.mod")

    def plugin(self, version: str, flags: Flags, package: str = "plugin") -> Path:
        """The plugin that this Go version builds with these flags."""
        return self._built(version, flags, package, f"{package}-{version}-{flags.name}.so")

    def host(self, version: str, flags: Flags = HOSTS[0]) -> Path:
        """The program that opens plugins, likewise."""
        return self._built(version, flags, "host", f"host-{version}-{flags.name}")

    def library(self) -> Path:
        """A shared object without any Go."""
        target = self.folder / "library.so"
        if not target.exists():
            source = self.folder / "library.c"
            source.write_text(C_LIBRARY)
            subprocess.run([str(CC), "-shared", "-fPIC", "-o", target, source], check=True)
        return target

    def _built(self, version: str, flags: Flags, package: str, name: str) -> Path:
        target = self.folder / name
        if target.exists():
            return target
        environment = {
            key: value for key, value in os.environ.items() if key not in ("GOFLAGS", "CGO_ENABLED")
        } | {"GOTOOLCHAIN": version, "GOWORK": "off", "GOENV": "off", "CGO_ENABLED": "1"}
        arguments = [arg for arg in flags.arguments if arg != "-coverpkg=./..." or package]
        subprocess.run(
            [
                *(str(GO), "build", f"-modfile={flags.dependency}.mod", f"-buildmode={flags.mode}"),
                *(*arguments, "-o", str(target), f"./{package}"),
            ],
            cwd=self.source,
            env=environment | dict(flags.environment),
            check=True,
            capture_output=True,
            timeout=900,
        )
        return target


@dataclass(frozen=True, slots=True)
class Seen:
    """What a real process did with one plugin: its outcome, and the words of an error."""

    outcome: Outcome
    words: str
    names: Mapping[str, str]


def really_open(host: Path, files: Sequence[Path]) -> list[Seen]:
    """Open the plugins one after another in a fresh process; the list ends where it dies."""
    done = subprocess.run(
        [str(host), *map(str, files)], capture_output=True, text=True, timeout=60, check=False
    )
    found = []
    for line in done.stdout.splitlines():
        given = json.loads(line)
        found.append(Seen("error" if given["Error"] else "ok", given["Error"], given["Names"]))
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        found.append(Seen("crash", "; ".join(lines[:2]), {}))
    return found


def agrees(prediction: Prediction, seen: Seen, file: Path) -> str:
    """What differs between a prediction and reality, "" for nothing."""
    if prediction.outcome != seen.outcome:
        return f"{file.name}: predicted {prediction}, seen {seen}"
    if seen.outcome == "error" and prediction.reason not in seen.words:
        return f"{file.name}: predicted {prediction.reason!r}, seen {seen.words!r}"
    return ""
