"""What a server does with a plugin, and why."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "error", "crash", "unknown"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A package that the plugin and ``other``, the server or an earlier plugin, both have.

    The hashes of what it exports differ, so the runtime refuses the plugin.
    """

    package: str
    plugin_hash: str
    other_hash: str
    other: str


@dataclass(frozen=True, slots=True)
class Cause:
    """What was different when the plugin was built, and what to do about it."""

    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """What happens when a server opens one plugin.

    Attributes:
        outcome: it is opened; it is refused; the server dies; or nobody can tell.
        reason: one line: what was compared, the words of the runtime or of the dynamic linker, or
            what is missing. What ``plugin.Open("path"): `` comes before is left out.
        conflicts: all packages that differ, in the order in which the runtime compares them; it
            names the first one.
        causes: why, in terms of the build, and what to do.
        missing: what would have to be known, where the outcome is unknown.
        assumes: what is believed without being known.
        compared: how many packages were compared.
    """

    outcome: Outcome
    reason: str
    conflicts: tuple[Conflict, ...] = ()
    causes: tuple[Cause, ...] = ()
    missing: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
    compared: int = 0
