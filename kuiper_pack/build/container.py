"""Compiling in the container image that a release itself was compiled in."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.build.tool import ToolOutput, run_tool
from kuiper_pack.errors import KuiperPackError

ENGINES = ("docker", "podman", "nerdctl")
"""Programs that run containers, all with the same options; the first one that works is taken."""

_PASSED_ON = (
    *("GOPROXY", "GONOPROXY", "GOPRIVATE", "GOINSECURE", "GOSUMDB", "GONOSUMDB"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
_SECONDS = 10.0
"""How long an engine may take to say whether it works."""


@dataclass(frozen=True, slots=True)
class Container:
    """An image, run by an engine for one processor, as Go calls it."""

    engine: str
    image: str
    arch: str

    @property
    def title(self) -> str:
        """For reports: ``ghcr.io/lf-edge/ekuiper/base:1.25.4-alpine``."""
        return self.image

    def command(
        self,
        mounts: Mapping[Path, str],
        folder: str,
        settings: Mapping[str, str],
        command: Sequence[str],
        environment: Mapping[str, str],
    ) -> list[str]:
        """The command line that runs ``command`` in ``folder`` of a new container.

        ``mounts`` are folders of this machine and where they are in the container, as
        ``/place`` or ``/place:ro``; ``settings`` is its environment. What says where modules come
        from is passed on by name only, for it may hold passwords.
        """
        return [
            *(self.engine, "run", "--rm", "--platform", self._platform),
            *_user(),
            *(part for here, there in mounts.items() for part in ("--volume", f"{here}:{there}")),
            *("--workdir", folder),
            *(part for name in _PASSED_ON if name in environment for part in ("--env", name)),
            *(part for one, value in settings.items() for part in ("--env", f"{one}={value}")),
            self.image,
            *command,
        ]

    @property
    def _platform(self) -> str:
        return f"linux/{self.arch}{'/v7' if self.arch == 'arm' else ''}"

    def run(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        """Run a whole command line; raises :class:`KuiperPackError` with the line that says why."""
        try:
            run_tool(command, folder, environment)
        except ToolOutput as output:
            telling = [line for line in output.lines if not line.startswith(("#", "go: download"))]
            said = (telling or output.lines or ["it failed and said nothing"])[0]
            raise KuiperPackError(f"{said} (in {self.image}, by {self.engine})") from output


def engine_of(environment: Mapping[str, str]) -> str | None:
    """The first engine that is installed and answers, None where there is none."""
    for name in ENGINES:
        path = shutil.which(name, path=environment.get("PATH"))
        if path is not None and _answers(path, environment):
            return name
    return None


def _user() -> tuple[str, ...]:
    """Whom the result shall belong to; on Windows nobody asks."""
    user: tuple[str, ...] = ()
    if sys.platform != "win32":
        user = ("--user", f"{os.getuid()}:{os.getgid()}")
    return user


def _answers(path: str, environment: Mapping[str, str]) -> bool:
    try:
        done = subprocess.run(
            [path, "info"],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
