"""The go command, in a clean environment: only what is meant decides the bytes it makes."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.build.tool import ToolOutput, run_tool
from kuiper_pack.errors import KuiperPackError

_DECIDING = ("GOFLAGS", "GOEXPERIMENT", "GOAMD64", "GOARM", "GOARM64", "GO111MODULE", "GOWORK")
_PERSONAL = frozenset(
    {
        *("GOPROXY", "GONOPROXY", "GOPRIVATE", "GOINSECURE", "GOAUTH", "GOVCS"),
        *("GOSUMDB", "GONOSUMDB"),
        *("GOPATH", "GOMODCACHE", "GOCACHE", "GOTMPDIR"),
    }
)


@dataclass(frozen=True, slots=True)
class Go:
    """A go command: its path, environment, and its title for reports (``go1.25.4``)."""

    path: str
    environment: Mapping[str, str]
    title: str

    @classmethod
    def local(
        cls, package: Path, environment: Mapping[str, str], scratch: Path, more: Mapping[str, str]
    ) -> "Go":
        """The Go of this machine, or the newer one that the go.mod of ``package`` asks for.

        ``more`` are settings on top of the clean environment. Raises :class:`KuiperPackError` where
        there is no Go, or none that is new enough.
        """
        path = shutil.which("go", path=environment.get("PATH"))
        if path is None:
            raise KuiperPackError(
                "Go is needed to compile this plugin and is not installed; install Go 1.21 or "
                "later, or build elsewhere and put the result into the folder"
            )
        clean = _clean(environment, more)
        personal = cls(path, clean, "").run(scratch, "env", "GOENV").strip()
        clean["GOENV"] = str(_filtered(Path(personal), scratch / "goenv"))
        version = cls(path, clean, "").run(package, "env", "GOVERSION").strip()
        return cls(path, clean, version)

    @classmethod
    def exactly(
        cls,
        version: str,
        package: Path,
        environment: Mapping[str, str],
        scratch: Path,
        more: Mapping[str, str],
    ) -> "Go":
        """Go ``version``; a Go from 1.21 on fetches it. Raises KuiperPackError otherwise."""
        fixed = {**more, "GOTOOLCHAIN": f"go{version}"}
        go = cls.local(package, environment, scratch, fixed)
        if go.title != f"go{version}":
            raise KuiperPackError(
                f"Go {version} is needed, and {go.path} is {go.title}; install Go 1.21 or later, "
                "which fetches the right one by itself"
            )
        return go

    def run(self, folder: Path, *arguments: str) -> str:
        """Run in ``folder`` and return standard output.

        Raises :class:`KuiperPackError` with the first line that names an error, and the command;
        its cause, a :class:`ToolOutput`, has all that was said.
        """
        try:
            return run_tool([self.path, *arguments], folder, self.environment)
        except ToolOutput as output:
            command = " ".join(["go", *arguments])
            raise KuiperPackError(f"{_first_error(output.lines)} (in: {command})") from output

    def module_version(self, folder: Path, module: str) -> str:
        """The version of ``module`` that the module in ``folder`` uses; empty where it does not."""
        form = "{{if .Replace}}{{.Replace.Version}}{{else}}{{.Version}}{{end}}"
        try:
            return self.run(folder, "list", "-mod=readonly", "-m", "-f", form, module).strip()
        except KuiperPackError as error:
            if "not a known dependency" in str(error.__cause__):
                return ""
            raise


def is_go_source(folder: Path, package: str | None) -> bool:
    """Whether the Go package of a project has a module file, in its folder or above it."""
    at = folder / (package or ".")
    return any((place / "go.mod").is_file() for place in {folder, at})


def _clean(environment: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    clean = {
        name: value
        for name, value in environment.items()
        if name not in _DECIDING and not name.startswith("CGO_")
    }
    return {**clean, "GOOS": "linux", "GOWORK": "off", **more}


def _filtered(personal: Path, target: Path) -> Path:
    """What ``go env -w`` has set about downloads and caches, without what decides the bytes."""
    try:
        lines = personal.read_text().splitlines()
    except OSError:
        lines = []
    kept = [line for line in lines if line.partition("=")[0].strip() in _PERSONAL]
    target.write_text("".join(f"{line}\n" for line in kept))
    return target


def _first_error(lines: list[str]) -> str:
    telling = [line for line in lines if not line.startswith(("#", "go: downloading"))]
    return (telling or lines or ["go failed and said nothing"])[0].removeprefix(f".{os.sep}")
