"""What a run is asked to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.suite.clause import Level

DELIVERIES = ("auto", "http", "file")
NATIVE_WORDS = ("auto", "stub")
LEVELS = (Level.MUST.value, Level.SHOULD.value)


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one run.

    ``server`` is the release to judge by, ``level`` the gate, ``reading`` the binding reading,
    ``native`` is ``auto``, ``stub`` or a folder of ready shared objects, ``timeout`` counts
    seconds, ``seed`` names the run (None: drawn).
    """

    url: str
    server: str | None = None
    level: str = "must"
    reading: str | None = None
    native: str = "auto"
    delivery: str = "auto"
    token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    allow: frozenset[str] = frozenset()
    expectations: Path | None = None
    report: Path | None = None
    timeout: float = 30.0
    seed: str | None = None

    def check(self) -> None:
        """Raise KuiperPackError for a server that is not to be touched."""
        if "remote" not in self.allow and not is_loopback(self.url):
            raise KuiperPackError(
                f"{self.url} is not on this machine: clauses install and delete plugins; "
                "allow it with --kuiper-allow remote"
            )


def parse_header(text: str) -> tuple[str, str]:
    """Read ``Name: value``; raises KuiperPackError."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise KuiperPackError(f'"{text}" is no header: write it as "Name: value"')
    return name.strip(), value.strip()


def is_loopback(url: str) -> bool:
    """Whether the host of a URL is this machine by its loopback interface."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
