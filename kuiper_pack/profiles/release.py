"""Releases: how they are written, ordered and chosen."""

import re
from dataclasses import dataclass
from functools import total_ordering

from kuiper_pack.errors import KuiperPackError

_FORM = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?:-([0-9A-Za-z.]+))?")
_PLUS = "plus"


@total_ordering
@dataclass(frozen=True, slots=True)
class Release:
    """One server version, ordered as versions are: a pre-release before its release.

    ``1.12.8-plus`` is a later build of 1.12.8, not a pre-release.
    """

    major: int
    minor: int
    patch: int
    suffix: str = ""

    @classmethod
    def parse(cls, text: str) -> "Release":
        """Read ``2.4.0``, ``v2.4.0``, ``2.4.0-beta.1`` or ``0.1``.

        Raises KuiperPackError where the text is no version.
        """
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise KuiperPackError(f"{text!r} is no release: write it like 2.4.0")
        major, minor, patch, suffix = match.groups()
        return cls(int(major), int(minor), int(patch or 0), suffix or "")

    @property
    def text(self) -> str:
        """The version as users write it, without a leading v."""
        base = f"{self.major}.{self.minor}.{self.patch}"
        return f"{base}-{self.suffix}" if self.suffix else base

    @property
    def is_stable(self) -> bool:
        """Whether it is a release proper: neither a pre-release nor a rebuild."""
        return not self.suffix

    def _key(self) -> tuple[int, int, int, int, tuple[tuple[int, int, str], ...]]:
        stage = 1 if not self.suffix else 2 if self.suffix.startswith(_PLUS) else 0
        parts = tuple(
            (0, int(part), "") if part.isdigit() else (1, 0, part)
            for part in self.suffix.split(".")
            if part
        )
        return (self.major, self.minor, self.patch, stage, parts)

    def __lt__(self, other: "Release") -> bool:
        return self._key() < other._key()

    def __str__(self) -> str:
        return self.text
