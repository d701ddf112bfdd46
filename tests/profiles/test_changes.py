"""Every list of changes between releases: in order, with sources, and none without effect."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from kuiper_pack.profiles import RELEASES, Release, changes
from kuiper_pack.profiles.change import Change, fold
from kuiper_pack.profiles.profile import Profile
from kuiper_pack.server import manners, metadata_manners
from kuiper_pack.server.manners import Manners
from kuiper_pack.server.metadata_manners import MetadataManners
from kuiper_pack.server.rules import ways
from kuiper_pack.server.rules.ways import Ways

LISTS = [
    pytest.param(changes.CHANGES, Profile, id="profiles"),
    pytest.param(manners.CHANGES, Manners, id="manners"),
    pytest.param(metadata_manners.CHANGES, MetadataManners, id="metadata"),
    pytest.param(ways.CHANGES, Ways, id="rules"),
]
every_list = pytest.mark.parametrize(("listed", "kind"), LISTS)


def holds(change: Change, release: Release) -> bool:
    return Release.parse(change.since) <= release and release.text not in change.missing_in


@every_list
def test_neighbours_differ_in_what_changed_between_them_and_in_nothing_else(
    listed: Sequence[Change], kind: Any
) -> None:
    for before, after in pairwise(RELEASES):
        old, new = (kind(**fold(listed, release))._asdict() for release in (before, after))
        differs = {fact for fact in old if old[fact] != new[fact]}
        said = {one.fact for one in listed if holds(one, before) != holds(one, after)}
        assert differs == said, f"between {before} and {after}"


@every_list
def test_every_change_names_a_release_that_was_tagged(listed: Sequence[Change], kind: Any) -> None:
    known = {release.text for release in RELEASES}
    for change in listed:
        assert {change.since, *change.missing_in} <= known
        assert change.fact in kind._fields


@every_list
def test_changes_stand_in_the_order_of_releases(listed: Sequence[Change], kind: Any) -> None:
    sinces = [Release.parse(change.since) for change in listed]
    assert sinces == sorted(sinces)
    assert len({(change.since, change.fact) for change in listed}) == len(listed)


@every_list
def test_every_fact_changes_and_every_change_names_its_source(
    listed: Sequence[Change], kind: Any
) -> None:
    assert all(change.source for change in listed)
    given = {"shipped_sources"}  # has a table of its own
    assert {change.fact for change in listed} == {*kind._fields} - given
