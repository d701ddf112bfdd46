"""One fact that became different at one release."""

from dataclasses import dataclass

from kuiper_pack.profiles.profile import Profile
from kuiper_pack.profiles.release import Release


@dataclass(frozen=True, slots=True)
class Change:
    """``fact`` of the profile is ``value`` from release ``since`` on.

    ``source`` says where that was seen: a case of the REST specification (``api C-26``), a row of
    the package rules (``pkg L-12``), or the upstream file that changed. ``missing_in`` names later
    releases, cut from another branch, that do not have it.
    """

    since: str
    fact: str
    value: object
    source: str
    missing_in: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.fact not in Profile.__dataclass_fields__:
            raise ValueError(f"change at {self.since}: {self.fact!r} is no fact of a profile")

    def applies_to(self, release: Release) -> bool:
        """Whether the release has this change."""
        return Release.parse(self.since) <= release and release.text not in self.missing_in
