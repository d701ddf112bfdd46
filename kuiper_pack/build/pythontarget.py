"""The Python of a server: its version and platform, and what these mean to wheels."""

import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from kuiper_pack.package.architecture import MACHINES, host_architecture

_OLDEST_GLIBC = {"amd64": 5}
"""The minor version of the oldest glibc that wheels can name (PEP 600), where it is not 17."""
_LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


@dataclass(frozen=True, slots=True)
class PythonTarget:
    """A CPython on Linux.

    ``version`` is one like ``3.12``, ``libc`` the newest platform of its wheels, ``manylinux_2_36``
    or ``musllinux_1_2``, and ``arch`` the processor, as Go calls it.
    """

    version: str
    libc: str
    arch: str

    @property
    def machine(self) -> str:
        """The processor as Linux calls it."""
        return MACHINES.get(self.arch, self.arch)

    @property
    def title(self) -> str:
        """For people: ``Python 3.12, manylinux_2_36_x86_64``."""
        return f"Python {self.version}, {self.libc}_{self.machine}"

    def platforms(self) -> Iterator[str]:
        """The platform tags of wheels that it installs, the best first (PEP 600, PEP 656)."""
        family, major, minor = self.libc.split("_")
        oldest = _OLDEST_GLIBC.get(self.arch, 17) if family == "manylinux" else 0
        for older in range(int(minor), oldest - 1, -1):
            yield f"{family}_{major}_{older}_{self.machine}"
            if family == "manylinux" and older in _LEGACY:
                yield f"{_LEGACY[older]}_{self.machine}"
        yield f"linux_{self.machine}"

    def environment(self) -> dict[str, str]:
        """What the environment markers of a requirement are asked of (PEP 508)."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.version}.0",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.version}.0",
            "python_version": self.version,
            "sys_platform": "linux",
            "extra": "",
        }

    def is_this_one(self) -> bool:
        """Whether what is compiled by the Python that runs this also runs there."""
        here = ".".join(map(str, sys.version_info[:2]))
        name, version = platform.libc_ver()
        if (sys.platform, here, host_architecture()) != ("linux", self.version, self.arch):
            return False
        if self.libc.startswith("musllinux"):
            return name != "glibc"
        newest = _numbers(self.libc.removeprefix("manylinux_"))
        return name == "glibc" and _numbers(version) <= newest


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.replace("_", ".").split("."))
