"""Releases: written, ordered and chosen the way users think of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.profiles import (
    NEWEST,
    RELEASES,
    STABLE,
    Release,
    behaviour,
    default_releases,
    is_known,
    profile,
    ranges,
    select,
)


def texts(*names: str) -> tuple[str, ...]:
    return tuple(release.text for release in select(names))


def test_the_list_runs_from_the_first_tag_to_the_newest_in_order() -> None:
    assert RELEASES[0].text == "0.0.2"
    assert NEWEST.text == "2.4.0"
    assert list(RELEASES) == sorted(RELEASES)
    assert len(set(RELEASES)) == len(RELEASES)


def test_pre_releases_come_before_and_rebuilds_after_their_release() -> None:
    order = ["2.0.0-alpha.9", "2.0.0-alpha.10", "2.0.0-beta.1", "2.0.0", "2.0.1"]
    assert [release.text for release in sorted(map(Release.parse, order))] == order
    assert Release.parse("1.12.8") < Release.parse("1.12.8-plus") < Release.parse("1.12.8-plus.1")
    assert Release.parse("1.12.8-plus.4") < Release.parse("1.13.0-alpha.1")


@given(st.sampled_from(RELEASES))
def test_a_release_reads_back_as_it_is_written(release: Release) -> None:
    assert Release.parse(release.text) == Release.parse(f"v{release.text}") == release


def test_a_minor_version_names_all_its_stable_releases() -> None:
    assert texts("2.3") == ("2.3.0", "2.3.1")
    assert texts("v1.6", "2.3.1") == ("1.6.0", "1.6.1", "1.6.2", "1.6.3", "2.3.1")
    assert texts("2.4.0-beta.1") == ("2.4.0-beta.1",)


def test_all_names_every_stable_release_that_has_a_plugin_api() -> None:
    assert texts("all")[0] == "0.3.0"
    assert texts("all")[-1] == "2.4.0"


def test_without_a_choice_the_current_major_version_is_meant() -> None:
    assert {release.major for release in default_releases()} == {2}
    assert default_releases()[0].text == "2.0.0"


@pytest.mark.parametrize("text", ["2.0.3", "0.9.2", "1.14.0-alpha.9", "x", "", "2.x", "2.4.0.1"])
def test_a_release_that_never_was_is_an_error_of_one_line(text: str) -> None:
    with pytest.raises(KuiperPackError) as error:
        select([text])
    assert "\n" not in str(error.value)


def test_the_error_names_the_nearest_release() -> None:
    with pytest.raises(KuiperPackError, match=r"no release 1\.14\.8; did you mean 1\.1"):
        select(["1.14.8"])


def test_a_newer_release_is_judged_like_the_newest_and_known_to_be_unknown() -> None:
    (newer,) = select(["2.5.0"])
    assert not is_known(newer)
    assert profile(newer) == profile(NEWEST)


def test_ranges_join_neighbours_and_keep_gaps() -> None:
    assert ranges(select(["2.3", "2.4", "0.9.1"])) == "0.9.1, 2.3.0-2.4.0"
    assert ranges(select(["2.4.0-beta.1", "2.4.0"])) == "2.4.0-beta.1, 2.4.0"
    assert ranges(STABLE) == "0.0.4-2.4.0" or ranges(STABLE).startswith("0.0.2")


def test_behaviour_leaves_out_what_no_plugin_manager_looks_at() -> None:
    early, late = Release.parse("2.0.0"), Release.parse("2.0.8")
    assert behaviour(early) is behaviour(late)
    assert behaviour(late) is not behaviour(NEWEST)
