"""What each release has built in: both sides of a change, and what went away again."""

import pytest

from kuiper_pack.profiles import Release
from kuiper_pack.profiles.builtins import builtins


@pytest.mark.parametrize(
    ("kind", "name", "before", "since"),
    [
        ("sources", "mqtt", "0.2.1", "0.3.0"),
        ("sources", "httppush", "1.6.3", "1.7.0"),
        ("sources", "nexmark", "2.3.0-beta.3", "2.3.0-beta.4"),
        ("sinks", "file", "1.8.2", "1.9.0"),
        ("sinks", "sse", "2.3.1", "2.4.0"),
        ("functions", "now", "1.10.2", "1.11.0"),
        ("functions", "window_start", "1.2.1", "1.3.0"),
        ("functions", "median", "2.1.5", "2.2.0"),
    ],
)
def test_a_name_is_built_in_since_a_release(kind: str, name: str, before: str, since: str) -> None:
    assert name not in builtins(Release.parse(before), kind)
    assert name in builtins(Release.parse(since), kind)


@pytest.mark.parametrize(
    ("kind", "name", "release"),
    [
        ("functions", "timestamp", "0.5.0"),
        ("functions", "array_concat", "1.11.0-alpha.0"),
        ("sources", "redisSub", "2.0.0-alpha.2"),
        ("sources", "dirwatch", "2.4.0"),
        ("sinks", "redis", "2.0.0-alpha.9"),
    ],
)
def test_what_was_taken_out_is_not_built_in(kind: str, name: str, release: str) -> None:
    assert name not in builtins(Release.parse(release), kind)


def test_the_newest_release_has_them_all() -> None:
    newest = Release.parse("2.4.0")
    assert {kind: len(builtins(newest, kind)) for kind in ("sources", "sinks", "functions")} == {
        "sources": 10,
        "sinks": 12,
        "functions": 190,
    }
