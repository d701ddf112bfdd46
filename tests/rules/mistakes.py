"""A plugin with the mistakes that authors make, as an author would compile it."""

import os
import subprocess
from pathlib import Path

from kuiper_pack.build.scaffold import Scaffold, render
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.profiles import Release, profile
from tests.goplugin.workshop import GO

OTHER_GO = "1.26.4"
"""A Go version that no release has."""

MAIN = """package main

import (
	"time"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

type source struct{}

func (s *source) Provision(ctx api.StreamContext, configs map[string]any) error { return nil }
func (s *source) Connect(ctx api.StreamContext, sch api.StatusChangeHandler) error { return nil }
func (s *source) Close(ctx api.StreamContext) error { return nil }
func (s *source) Subscribe(ctx api.StreamContext, ingest api.TupleIngest, _ api.ErrorIngest) error {
	go func() {
		for ctx.Err() == nil {
			ingest(ctx, map[string]any{"a": 1}, nil, time.Now())
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return nil
}

type function struct{}

func (f function) Validate(args []any) error { return nil }
func (f function) IsAggregate() bool { return false }
func (f function) Exec(ctx api.FunctionContext, args []any) (any, bool) { return 1, true }

type oldFunction struct{ function }

func (f oldFunction) Exec(args []any, ctx api.FunctionContext) (any, bool) { return nil, true }

type maker func() api.Source

func Constructor() api.Source { return &source{} }
func ConstructorLookup() api.Source { return &source{} }
func Function() api.Function { return function{} }

var Instance source
var Value function
var Embedded struct{ source }

func Pointer() *source { return &source{} }
func WithError() (api.Source, error) { return &source{}, nil }
func Given(name string) api.Source { return &source{} }
func OnlyLookup() {}

var Address = &source{}
var AsInterface api.Source = &source{}
var AsFunction = func() api.Source { return &source{} }
var Maker maker = Constructor
var Number = 1
var OldFunction oldFunction
var SHOUTED source
var Shouter source

func main() {}
"""


def compile_mistakes(
    folder: Path,
    release: Release,
    version: str | None = None,
    flags: tuple[str, ...] = ("-trimpath",),
) -> bytes:
    """The shared object, with the contract of ``release``, and its Go unless one is given."""
    rendered = render(Scaffold(Kind.SINK, "mistakes", "go", (release,)))
    for name in ("go.mod", "go.sum"):
        (folder / name).write_text(rendered[name])
    (folder / "main.go").write_text(MAIN)
    environment = {name: value for name, value in os.environ.items() if name != "GOFLAGS"} | {
        "GOTOOLCHAIN": f"go{version or profile(release).go}",
        "GOWORK": "off",
        "GOENV": "off",
        "CGO_ENABLED": "1",
    }
    target = folder / "plugin.so"
    subprocess.run(
        [
            *(str(GO), "build", "-buildmode=plugin", "-buildvcs=false", *flags),
            *("-o", str(target), "."),
        ],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        timeout=600,
    )
    return target.read_bytes()


def packed(content: bytes, name: str, kind: Kind = Kind.SOURCE) -> Package:
    """The compiled plugin as the package of the plugin ``name``."""
    files = {f"{name}.so": content}
    if kind is Kind.SOURCE:
        files[f"{name}.yaml"] = b"default: {}\n"
    return Package.of(files, kind=kind, name=name)
