"""Native plugins for every image and processor, built here, read back, and loaded where possible.

The environment variable ``KUIPER_PACK_LOADERS`` names a folder with the C libraries to load them
under, one folder each, as ``dpkg -x`` unpacks packages of Debian 11 and 12: ``amd64-glibc2.31``,
``arm64-glibc2.31``, ``arm-glibc2.36`` and so on (libc6, libgcc-s1), ``amd64-musl``, ``arm64-musl``
(musl), and ``bin`` with ``qemu-aarch64`` and ``qemu-arm`` (of qemu-user-static).
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from kuiper_pack.build.ccompiler import compiler_for
from kuiper_pack.build.ctarget import target_of
from kuiper_pack.build.fixmod import fix_module
from kuiper_pack.build.gotool import Go
from kuiper_pack.build.make import Built, build
from kuiper_pack.build.project import Project
from kuiper_pack.build.scaffold import Scaffold, render, write
from kuiper_pack.goplugin.host import glibc_of, host_of
from kuiper_pack.goplugin.predict import Candidate, predict
from kuiper_pack.goplugin.read import Binary, read_binary
from kuiper_pack.package.architecture import host_architecture
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Release, profile
from tests.build.conftest import has_zig
from tests.proof.ledger import Ledger, Row, write_table
from tests.proof.real_servers import builds

VARIABLE = "KUIPER_PACK_LOADERS"
_COLUMNS = ("server", "image", "arch", "made by", "read back", "loaded under", "kuiperd")
_TEXT = """
A function as `init` makes it, built on one machine (amd64, glibc 2.36) for servers in other images
and on other processors, by `kuiper-pack build --server ... --image ... --arch ...`. *Read back* is
what the file itself says: processor, C library, and the newest symbol of glibc that it needs.
*Loaded under* is the C library, unpacked from Debian, under which a Go program that imports the
contract, compiled for the same target with the same Go, opened the plugin and found its symbol;
foreign processors are played by qemu-user. *kuiperd* is what is predicted of the program of a real
server of that release, where there is one; for 1.14.7, which has no contract, there is only that.
The last rows are what must not load: what gcc of this machine links, under glibc 2.31, and what is
for one C library, under the other.

It is repeated with `KUIPER_PACK_LOADERS` as `tests/proof/test_native_builds.py` says, and with
`KUIPER_PACK_SERVERS` as the proof of [predictions](predictions.md).
"""
_HOST = """package main

import (
	"fmt"
	"os"
	"plugin"

	_ "github.com/lf-edge/ekuiper/contract/v2/api"
)

func main() {
	opened, err := plugin.Open(os.Args[1])
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	symbol, err := opened.Lookup(os.Args[2])
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Printf("found %T\\n", symbol)
}
"""
_SERVER = "github.com/lf-edge/ekuiper"
_FUNCTION = """package main

import "github.com/lf-edge/ekuiper/pkg/api"

type probe struct{}

func (p *probe) Validate([]interface{}) error { return nil }
func (p *probe) Exec(arguments []interface{}, _ api.FunctionContext) (interface{}, bool) {
	return len(arguments), true
}
func (p *probe) IsAggregate() bool { return false }

var Probe probe
"""
_LOADERS = {
    "glibc": "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
    "musl": "lib/ld-musl-x86_64.so.1",
}
_EMULATORS = {"arm64": "qemu-aarch64", "arm": "qemu-arm"}


@dataclass(frozen=True, slots=True)
class Case:
    """One target, and the C library under which it is loaded: by default its own."""

    release: str
    image: str | None
    arch: str
    under: str = ""
    loads: bool = True

    @property
    def key(self) -> str:
        """For the ledger."""
        return f"{self.release} {self.image or 'gcc'} {self.arch} {self.under}"


CASES = (
    Case("2.4.0", "slim", "amd64"),
    Case("2.4.0", "alpine", "amd64"),
    Case("2.4.0", "slim", "arm64"),
    Case("2.4.0", "alpine", "arm64"),
    Case("2.4.0", "slim", "arm"),
    Case("2.2.5", "alpine", "amd64"),
    Case("2.1.5", "slim", "arm64"),
    Case("2.0.8", "slim", "amd64"),
    Case("2.0.8", "alpine", "amd64"),
    Case("2.0.8", "slim", "arm64"),
    Case("2.0.6", "slim-python", "amd64"),
    Case("1.14.7", "slim", "amd64"),
    Case("2.0.8", None, "amd64", under="glibc", loads=False),
    Case("2.4.0", "alpine", "amd64", under="glibc", loads=False),
)


@pytest.mark.proof
@pytest.mark.go
@pytest.mark.skipif(not has_zig(), reason="ziglang is not installed")
@pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no C libraries")
@pytest.mark.skipif(host_architecture() != "amd64", reason="the table is of amd64")
def test_plugins_for_every_image_and_processor_are_what_they_are_for_and_load() -> None:
    ledger = Ledger.of_this_commit("native-builds")
    rows = [ledger.once(case.key, lambda case=case: judge(case)) for case in CASES]  # type: ignore[misc]
    write_table("native-builds", "Native plugins for other images", _TEXT, _COLUMNS, rows)
    wrong = [
        row
        for row, case in zip(rows, CASES, strict=True)
        if str(row["loaded under"]).endswith((": found", "-")) is not case.loads
        or not str(row["kuiperd"]).startswith(("ok", "-"))
    ]
    assert not wrong


def judge(case: Case) -> Row:
    """Build, read back, load, and predict."""
    with tempfile.TemporaryDirectory(prefix="kuiper-native-") as scratch:
        folder = Path(scratch, "probe")
        has_contract = profile(Release.parse(case.release)).contract is not None
        if has_contract:
            write(render(Scaffold(Kind.FUNCTION, "probe", "go")), folder)
        else:
            write(_of_1_x(case.release, Path(scratch)), folder)
        environment = dict(os.environ)
        project = Project(
            kind=Kind.FUNCTION,
            name="probe",
            servers=(case.release,),
            image=case.image,
            arch=case.arch,
            exclude=("README.md",),
        )
        fix_module(folder, project, environment)
        if case.image is None:
            environment["CC"] = "gcc"
        (one,) = build(folder, project, environment=environment)
        made = shared_object(one, Path(scratch))
        binary = read_binary(made)
        assert binary.elf.machine == case.arch
        assert binary.libc == ("musl" if case.image == "alpine" else "glibc")
        return {
            "server": case.release,
            "image": case.image or "-",
            "arch": case.arch,
            "made by": one.tool.partition(", ")[2],
            "read back": read_back(binary),
            "loaded under": loaded(case, folder, made, Path(scratch)) if has_contract else "-",
            "kuiperd": predicted(case, made, binary),
        }


def _of_1_x(release: str, scratch: Path) -> dict[str, str]:
    """A function for a release without a contract.

    Two modules that the server requires are in no proxy any more; what stands for them is empty.
    """
    gone = ("gohive", "gomaxcompute")
    for name in gone:
        (scratch / name).mkdir()
        (scratch / name / "go.mod").write_text(f"module sqlflow.org/{name}\n")
    replaced = [f"replace sqlflow.org/{name} => ../{name}\n" for name in gone]
    head = f"module example.com/probe\n\ngo 1.20\n\nrequire {_SERVER} v{release}\n\n"
    return {
        "go.mod": head + "".join(replaced),
        "plugin.go": _FUNCTION,
        "probe.json": render(Scaffold(Kind.FUNCTION, "probe", "go"))["probe.json"],
    }


def shared_object(one: Built, folder: Path) -> Path:
    """The shared object in a package that was built."""
    with ZipFile(one.path) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".so"))
        return Path(archive.extract(name, folder))


def read_back(binary: Binary) -> str:
    """What the file says of itself."""
    newest = ".".join(map(str, glibc_of(binary)))
    return f"{binary.elf.machine}, {binary.libc}{f' {newest}' if newest else ''}"


def loaded(case: Case, module: Path, plugin: Path, scratch: Path) -> str:
    """The C library, and what the program said that opened the plugin under it."""
    library = case.under or ("musl" if case.image == "alpine" else "glibc")
    home = Path(os.environ[VARIABLE]).resolve()
    release = Release.parse(case.release)
    image = {"musl": "alpine", "glibc": "slim"}[library]
    target = target_of(case.arch, image, [release])
    compiler = compiler_for(target, os.environ)
    assert compiler is not None
    source = module / "host"
    source.mkdir()
    (source / "main.go").write_text(_HOST)
    settings = {"CGO_ENABLED": "1", "GOARCH": case.arch, **compiler.settings}
    if case.arch == "arm":
        settings["GOARM"] = "7"
    go = Go.exactly(profile(release).go, module, os.environ, scratch, settings)
    program = scratch / "host"
    dynamic = "-ldflags=-linkmode=external -extldflags=-dynamic"  # Zig links static ones for musl
    go.run(module, "build", "-trimpath", "-buildvcs=false", dynamic, "-o", str(program), "./host")
    emulator = _EMULATORS.get(case.arch)
    root = home / f"{case.arch}-{library}{target.glibc or ''}"
    if emulator is None:
        loader = root / _LOADERS[library]
        command = [str(loader), "--library-path", str(loader.parent), str(program)]
    else:
        path = shutil.which(emulator, path=f"{home / 'bin'}:{os.environ['PATH']}")
        assert path is not None
        command = [path, "-L", str(root), str(program)]
    done = subprocess.run(
        [*command, str(plugin), "Probe"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"PATH": os.environ["PATH"]},
    )
    said = (done.stdout.strip() or done.stderr.strip()).replace(str(scratch), "")
    lines = said.replace(str(root), "").splitlines()
    found = done.returncode == 0 and lines[0].startswith("found ")
    by = f" by {emulator}" if emulator else ""
    name = f"glibc {target.glibc}" if target.glibc else "musl 1.2.3"
    return f"{name}{by}: {'found' if found else lines[-1]}"


def predicted(case: Case, file: Path, binary: Binary) -> str:
    """What the program of a real server of that release would do."""
    release = Release.parse(case.release)
    real = next((one for one in builds() if one.release == release), None)
    if real is None or case.arch != host_architecture() or case.image in (None, "alpine"):
        return "-"
    host = host_of(read_binary(real.kuiperd), f"kuiperd {release}")
    (prediction,) = predict(host, [Candidate(str(file), binary)])
    return f"{prediction.outcome}: {prediction.reason}"
