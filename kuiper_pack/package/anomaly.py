"""What is unusual about an archive, as values: a stable code, one line, and the place."""

from __future__ import annotations

from dataclasses import dataclass

PER_CODE = 20
"""Anomalies of one code that are kept; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One observation. ``code`` never changes its meaning; ``offset`` counts bytes in the file.

    ``entry`` is the name of the entry it is about, or "".
    """

    code: str
    message: str
    offset: int
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of an archive is read; what is beyond is an anomaly that names the budget."""

    entries: int = 50_000
    directory_bytes: int = 8 << 20
    inflated_bytes: int = 1 << 30
    compressed_bytes: int = 1 << 30


class Notes:
    """Collects anomalies, a bounded number of each code."""

    def __init__(self) -> None:
        self._found: dict[str, list[Anomaly]] = {}
        self._counts: dict[str, int] = {}

    def add(self, code: str, message: str, offset: int, entry: str = "") -> None:
        """Adds one, unless there are ``PER_CODE`` of its code."""
        count = self._counts[code] = self._counts.get(code, 0) + 1
        if count <= PER_CODE:
            self._found.setdefault(code, []).append(Anomaly(code, message, offset, entry))

    def result(self) -> tuple[Anomaly, ...]:
        """All of them by place; a code with more than were kept says how many."""
        found = [anomaly for anomalies in self._found.values() for anomaly in anomalies]
        for code, count in self._counts.items():
            if count > PER_CODE:
                last = self._found[code][-1]
                message = f"{count - PER_CODE} more of these"
                found.append(Anomaly(code, message, last.offset))
        return tuple(sorted(found, key=lambda anomaly: anomaly.offset))
