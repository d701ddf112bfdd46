"""What differs between releases: the list of releases, the changes, and the fold."""

from kuiper_pack.profiles.fold import behaviour, default_releases, is_known, profile, ranges, select
from kuiper_pack.profiles.profile import CONTRACT, Profile
from kuiper_pack.profiles.release import Release
from kuiper_pack.profiles.releases import NEWEST, RELEASES, STABLE

__all__ = [
    "CONTRACT",
    "NEWEST",
    "RELEASES",
    "STABLE",
    "Profile",
    "Release",
    "behaviour",
    "default_releases",
    "is_known",
    "profile",
    "ranges",
    "select",
]
