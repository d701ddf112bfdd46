"""One fact that became different at one release, and all facts of a release."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, NamedTuple

from kuiper_pack.profiles.release import Release


class Change(NamedTuple):
    """``fact`` is ``value`` from release ``since`` on.

    ``source`` says where that was seen: a case of the REST specification (``api C-26``), a row of
    the package rules (``pkg L-12``), or the upstream file that changed. ``missing_in`` names later
    releases, cut from another branch, that do not have it.
    """

    since: str
    fact: str
    value: object
    source: str
    missing_in: tuple[str, ...] = ()


def fold(changes: Sequence[Change], release: Release) -> dict[str, Any]:
    """What is no default in a release: each fact that a change has reached, with its value.

    ``changes`` stand in the order of releases.
    """
    first_later = bisect_right(changes, release, key=_since)
    return {
        change.fact: change.value
        for change in changes[:first_later]
        if not change.missing_in or release.text not in change.missing_in
    }


def _since(change: Change) -> Release:
    return Release.parse(change.since)
