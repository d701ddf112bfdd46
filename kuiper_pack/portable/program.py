"""The program of a portable plugin: what its package says, and the command that starts it."""

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import open_package
from kuiper_pack.planner.manifest import check_manifest, decode_manifest
from kuiper_pack.planner.outcome import Refused
from kuiper_pack.planner.state import Portable
from kuiper_pack.portable.errors import CannotStart
from kuiper_pack.profiles import Profile

_ARGUMENT = '{"sendTimeout":1000}'
_OURS = ("PYTHON", "VIRTUAL_ENV", "__PYVENV")


@dataclass(frozen=True, slots=True)
class Program:
    """A plugin in a folder of its own, as a server has it after the installation."""

    folder: Path
    manifest: Portable

    @property
    def name(self) -> str:
        """The name of the plugin, which its control socket is named after."""
        return self.manifest.name

    @property
    def sockets(self) -> tuple[str, ...]:
        """The names of the sockets that the server listens on for it."""
        functions = (f"func_{name}.ipc" for name in self.manifest.functions or ())
        return (f"plugin_{self.name}.ipc", *functions)

    @property
    def executable(self) -> Path:
        """The file that is run."""
        return self.folder / self.manifest.executable

    def check_executable(self) -> None:
        """Raise CannotStart where a system refuses to execute it: a shell would run any text."""
        if self.manifest.language != "go":
            return
        with self.executable.open("rb") as file:
            begins = file.read(4)
        if not os.access(self.executable, os.X_OK):
            raise CannotStart(
                f"{self.executable}: permission denied: make it executable, in the zip too",
                "permission denied",
            )
        if sys.platform == "linux" and not begins.startswith((b"\x7fELF", b"#!")):
            raise CannotStart(
                f"{self.executable}: exec format error: neither an ELF file nor a script with #!",
                "exec format error",
            )

    def command(self, profile: Profile, python: str) -> list[str]:
        """The command line as the servers build it; ``python`` is the interpreter (pkg P-13)."""
        manifest = self.manifest
        if manifest.language == "go":
            return [str(self.executable), _ARGUMENT]
        unbuffered = ["-u"] if profile.portable_unbuffered else []
        run = [python, *unbuffered, str(self.executable), _ARGUMENT]
        if profile.virtual_env and manifest.virtual_env_type == "conda":
            run = [
                "conda",
                "run",
                "-n",
                manifest.env or "",
                python,
                str(self.executable),
                _ARGUMENT,
            ]
        return run


def read_program(
    folder: Path, profile: Profile, name: str | None = None, *, shown: Path | None = None
) -> Program:
    """The program in a folder; raises KuiperPackError in the words of the server, or CannotStart.

    ``name`` is that of the plugin where the folder holds more than one manifest; ``shown`` the
    package as its user calls it, where the folder is what was unpacked of it.
    """
    shown = shown or folder
    package = open_package(folder, kind=Kind.PORTABLE, name=name)
    document = package.manifest
    if document is None:
        raise KuiperPackError(
            f"{shown}: no {package.name}.json: a portable plugin needs a manifest of its name"
        )
    try:
        manifest = decode_manifest(profile, package.name, document.data)
        check_manifest(manifest, package.name)
    except Refused as refused:
        raise KuiperPackError(f"{shown}/{package.name}.json: {refused}") from refused
    if not (folder / manifest.executable).is_file():
        raise CannotStart(
            f'{shown}/{package.name}.json: the executable "{manifest.executable}" is not there',
            "no such file or directory",
        )
    return Program(folder.resolve(), manifest)


def interpreter(chosen: Path | str | None, folder: Path, environment: Mapping[str, str]) -> str:
    """The Python that runs the plugin: the chosen one or its venv, else never the venv of ours.

    Raises KuiperPackError where there is none.
    """
    if chosen is not None:
        return _of(Path(chosen))
    for name in (".venv", "venv"):
        if (folder / name / "pyvenv.cfg").is_file():
            return _of(folder / name)
    own = os.path.dirname(sys.executable) if sys.prefix != sys.base_prefix else None  # noqa: PTH120
    places = environment.get("PATH", os.defpath).split(os.pathsep)
    path = os.pathsep.join(place for place in places if place != own)
    for name in ("python", "python3"):
        if found := shutil.which(name, path=path):
            return found
    raise KuiperPackError("no python is on the PATH: name one with --python")


def environment_of(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables for the plugin: those of ours that belong to our Python are left out."""
    return {name: value for name, value in environment.items() if not name.startswith(_OURS)}


def _of(chosen: Path) -> str:
    """The interpreter that a file, a command or a venv means."""
    if chosen.is_dir():
        for inside in ("bin/python", "Scripts/python.exe"):
            if (chosen / inside).exists():
                return str((chosen / inside).absolute())
        raise KuiperPackError(f"{chosen}: no Python in this folder: give a venv or an interpreter")
    found = str(chosen.absolute()) if chosen.is_file() else shutil.which(str(chosen))
    if found is None:
        raise KuiperPackError(f"{chosen}: no such interpreter: give its path, or that of a venv")
    return found
