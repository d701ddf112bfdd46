"""One fact that became different at one release."""

from typing import NamedTuple


class Change(NamedTuple):
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
