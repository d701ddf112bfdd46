"""What /prebuild lists: as servers were recorded to answer, and by the page of a host."""

import json
import re

import pytest

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.prebuild import built_in, file_name, folder_of, hosts_of, listed, names_in
from kuiper_pack.profiles import STABLE, Release, profile
from tests.planner.recordings import DATA, KINDS, VERSIONS

PAGE = "".join(f'<a href="{name}">{name}</a>' for name in ("random_amd64.zip", "zmq_amd64.zip"))


def answers() -> list[tuple[str, str, dict[str, str]]]:
    """Release, kind and answer of every recorded list."""
    found = []
    for version, release in VERSIONS.items():
        for line in (DATA / f"{version}.jsonl").read_text(encoding="utf-8").splitlines():
            exchange = json.loads(line)
            path = re.fullmatch(r"/plugins/(\w+)/prebuild", exchange.get("path", ""))
            if path and (exchange["method"], exchange["status"]) == ("GET", 200):
                found.append((release, path[1], json.loads(exchange["text"])))
    return found


@pytest.mark.parametrize(("text", "kind", "answer"), answers())
def test_the_list_is_the_one_of_a_real_server(text: str, kind: str, answer: dict[str, str]) -> None:
    release = Release.parse(text)
    host = next(iter(answer.values())).partition("/kuiper-plugins/")[0]
    folder = f"{host}/{folder_of(release, 'debian', KINDS[kind])}"
    assert listed(release, KINDS[kind], [folder], "amd64", [PAGE]) == answer


def test_only_complete_links_of_the_processor_are_read_from_a_page() -> None:
    page = """<A HREF="random_amd64.zip">one</A> <a class=x href='my_own_amd64.zip'>
    <a href="other_arm64.zip"> <a name="zmq_amd64.zip"> <a href="slash_amd64.zip"/>
    <a href="amd64.zip"> <link href="no_amd64.zip"> <!-- <a href="gone_amd64.zip"> -->"""
    assert names_in(page, "amd64") == ["random", "my_own"]
    assert names_in(page, "arm64") == ["other"]


def test_of_one_name_on_two_hosts_old_servers_list_the_first_and_later_ones_the_last() -> None:
    folders = ["http://a", "http://b"]
    pages = ['<a href="zmq_arm.zip">', PAGE.replace("amd64", "arm")]
    old = listed(Release.parse("1.4.0"), Kind.SOURCE, folders, "arm", pages)
    assert old == {"zmq": "http://a/zmq_arm.zip", "random": "http://b/random_arm.zip"}
    new = listed(Release.parse("1.4.1"), Kind.SOURCE, folders, "arm")
    assert new == {"random": "http://b/random_arm.zip", "zmq": "http://b/zmq_arm.zip"}


def test_hosts_are_parted_by_commas() -> None:
    assert hosts_of("http://a, http://b/x ") == ("http://a", "http://b/x")


@pytest.mark.parametrize(
    ("before", "since", "kind", "gone", "new"),
    [
        ("1.4.4", "1.5.0", Kind.SINK, set(), {"sql"}),
        ("1.6.3", "1.7.0", Kind.SINK, {"redis"}, set()),
        ("1.8.0-alpha.1", "1.8.0-alpha.2", Kind.FUNCTION, set(), {"tfLite"}),
        ("1.9.0-beta.0", "1.9.0", Kind.SINK, {"file"}, {"influx2"}),
        ("1.9.2", "1.10.0-alpha.0", Kind.SINK, set(), {"kafka"}),
        ("1.11.5", "1.12.0", Kind.SOURCE, set(), {"kafka"}),
        ("1.14.7", "2.0.0", Kind.SINK, {"tdengine"}, set()),
    ],
)
def test_the_names_that_are_built_in_change_with_releases(
    before: str, since: str, kind: Kind, gone: set[str], new: set[str]
) -> None:
    old, later = (set(built_in(Release.parse(one), kind) or ()) for one in (before, since))
    assert (old - later, later - old) == (gone, new)


def test_alpine_is_listed_since_1_6_1_and_nothing_before_0_9_1() -> None:
    for release in STABLE:
        facts = profile(release)
        assert (facts.prebuild == "none") == (release < Release.parse("0.9.1"))
        assert (facts.prebuild == "page") == (
            Release.parse("0.9.1") <= release < Release.parse("1.4.1")
        )
        assert ("alpine" in facts.prebuild_systems) == (release >= Release.parse("1.6.1"))
        assert file_name("random", "arm") == "random_arm.zip"


@pytest.mark.parametrize(
    ("release", "said"),
    [
        ("1.4.0", "Invalid configruation for plugin host in kuiper.yaml."),
        ("1.9.2", "invalid configruation for plugin host in kuiper.yaml"),
        ("1.10.0", "invalid configuration for plugin host in kuiper.yaml"),
    ],
)
def test_without_a_host_each_release_says_so_in_its_words(release: str, said: str) -> None:
    assert profile(Release.parse(release)).prebuild_without_host == said
