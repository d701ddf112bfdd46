"""From changes to the profile of a release, and from what users write to releases."""

import re
from collections.abc import Iterable
from functools import cache

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.profiles.change import fold
from kuiper_pack.profiles.changes import CHANGES
from kuiper_pack.profiles.profile import Profile
from kuiper_pack.profiles.release import Release
from kuiper_pack.profiles.releases import NEWEST, RELEASES, STABLE
from kuiper_pack.profiles.shipped import shipped_sources

_PATCH_MATTERS = ("1.21", "1.22")  # archive/zip changed in 1.21.11 and 1.22.4


@cache
def profile(release: Release) -> Profile:
    """All facts of a release, folded from the changes; equal facts give the same object."""
    facts = Profile(**fold(CHANGES, release), shipped_sources=shipped_sources(release))
    return _shared(facts)


@cache
def behaviour(release: Release) -> Profile:
    """The profile without what no plugin manager looks at: equal behaviour is the same object.

    Of the Go version only ``1.N`` stays, for its zip and JSON readers, and the patch where these
    changed within a minor version; what only those need who compile plugins goes.
    """
    facts = profile(release)
    minor = ".".join(facts.go.split(".")[:2])
    go = facts.go if minor in _PATCH_MATTERS else minor
    return _shared(facts._replace(go=go, contract=None, module="", trimpath=False))


@cache
def _shared(facts: Profile) -> Profile:
    return facts


def is_known(release: Release) -> bool:
    """Whether the release is in the list; a newer one is judged like the newest that is."""
    return release in _KNOWN


def default_releases() -> tuple[Release, ...]:
    """The stable releases of the current major version: what a package is judged for."""
    return tuple(release for release in STABLE if release.major == NEWEST.major)


def select(texts: Iterable[str]) -> tuple[Release, ...]:
    """The releases that users name, oldest first.

    ``2.4.0`` or ``2.4.0-beta.1`` is that release, ``2.4`` every stable release of 2.4, ``2`` every
    stable one of 2, ``all`` every stable release that has a plugin API. A release newer than all
    known ones is itself (see ``is_known``). Raises KuiperPackError for anything else.
    """
    chosen: set[Release] = set()
    for text in texts:
        chosen.update(_select_one(text.strip()))
    return tuple(sorted(chosen))


def _select_one(text: str) -> tuple[Release, ...]:
    if text == "all":
        return tuple(release for release in STABLE if profile(release).native)
    numbers = text.removeprefix("v").split(".")
    if len(numbers) < 3 and all(part.isdigit() for part in numbers):
        wanted = tuple(int(part) for part in numbers)
        found = tuple(r for r in STABLE if (r.major, r.minor)[: len(wanted)] == wanted)
        if found:
            return found
    if _SEVERAL.fullmatch(text):
        raise KuiperPackError(
            f'"{text}" is no release: name several one by one, like 1.14 and 2.4, or all'
        )
    try:
        release = Release.parse(text if len(numbers) > 1 else f"{text}.0")
    except KuiperPackError:
        raise KuiperPackError(f'"{text}" is no release: write it like 2.4.0, 2.4 or all') from None
    if release in _KNOWN or release > NEWEST:
        return (release,)
    from difflib import get_close_matches

    near = get_close_matches(release.text, [r.text for r in RELEASES], n=1, cutoff=0)
    raise KuiperPackError(f"there is no release {text}; did you mean {near[0]}?")


_KNOWN = frozenset(RELEASES)
_SEVERAL = re.compile(r"v?\d[\d.]*\s*(?:-|\.\.+|[,;~:\s]|to)\s*v?\d[\d.]*")
"""Two releases in one text: a range, or a list."""


def ranges(releases: Iterable[Release]) -> str:
    """Releases as users read them: ``2.2.1-2.4.0``, or single ones where there are gaps.

    Neighbours are neighbours in the list of stable releases.
    """
    wanted = sorted(set(releases))
    order = {release: index for index, release in enumerate(STABLE)}
    runs: list[list[Release]] = []
    for release in wanted:
        here = order.get(release)
        before = order.get(runs[-1][-1]) if runs else None
        if here is not None and before is not None and here == before + 1:
            runs[-1].append(release)
        else:
            runs.append([release])
    return ", ".join(
        run[0].text if len(run) == 1 else f"{run[0].text}-{run[-1].text}" for run in runs
    )
