"""Releases: how they are written, ordered and chosen."""

import re
from functools import lru_cache
from typing import NamedTuple

from kuiper_pack.errors import KuiperPackError

_FORM = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?:-([0-9A-Za-z.]+))?")
_PRE, _PROPER, _REBUILD = 0, 1, 2


class Release(NamedTuple):
    """One server version, ordered as versions are: a pre-release before its release.

    ``1.12.8-plus`` is a later build of 1.12.8, not a pre-release. ``stage`` and ``parts`` order
    what follows the dash: numbers before words, numbers by value.
    """

    major: int
    minor: int
    patch: int
    stage: int = _PROPER
    parts: tuple[tuple[int, int, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Release":
        """Read ``2.4.0``, ``v2.4.0``, ``2.4.0-beta.1`` or ``0.1``.

        Raises KuiperPackError where the text is no version.
        """
        return _parse(text.strip())

    @property
    def text(self) -> str:
        """The version as users write it, without a leading v."""
        base = f"{self.major}.{self.minor}.{self.patch}"
        if not self.parts:
            return base
        suffix = ".".join(word or str(number) for _, number, word in self.parts)
        return f"{base}-{suffix}"

    @property
    def is_stable(self) -> bool:
        """Whether it is a release proper: neither a pre-release nor a rebuild."""
        return self.stage == _PROPER

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=1024)
def _parse(text: str) -> Release:
    match = _FORM.fullmatch(text)
    if match is None:
        raise KuiperPackError(f"{text!r} is no release: write it like 2.4.0")
    major, minor, patch, suffix = match.groups()
    parts = tuple(_part(part) for part in suffix.split(".") if part) if suffix else ()
    stage = _PROPER if not parts else _REBUILD if parts[0][2] == "plus" else _PRE
    return Release(int(major), int(minor), int(patch or 0), stage, parts)


def _part(part: str) -> tuple[int, int, str]:
    return (0, int(part), "") if part.isdigit() else (1, 0, part)
