"""The official images: which name means which, and what is in them at which release."""

import pytest

from kuiper_pack.profiles import STABLE, Release
from kuiper_pack.profiles.images import NAMES, Image, image_of, official


def image(release: str, name: str) -> Image:
    found = image_of(Release.parse(release), name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("alpine", "alpine"),
        ("slim-python", "slim-python"),
        ("lfedge/ekuiper:2.4.0-slim", "slim"),
        ("lfedge/ekuiper:2.4.0-slim-python", "slim-python"),
        ("docker.io/lfedge/ekuiper:2.4-alpine-python", "alpine-python"),
        ("emqx/kuiper:1.0.2-alpine", "alpine"),
        ("lfedge/ekuiper:latest", "alpine"),
        ("lfedge/ekuiper:2.4.0", None),
        ("acme/ekuiper:2.4.0-alpine", None),
        ("my-alpine", None),
        (None, None),
    ],
)
def test_a_name_stands_for_an_official_image_or_for_ones_own(
    written: str | None, meant: str | None
) -> None:
    assert official(written) == meant


@pytest.mark.parametrize(
    ("name", "before", "since"),
    [
        ("alpine", "0.3.2", "0.4.0"),
        ("slim", "0.3.2", "0.4.0"),
        ("slim-python", "1.4.0", "1.4.1"),
        ("alpine-python", "1.14.4", "1.14.5"),
        ("alpine-python", "2.0.0-beta.2", "2.0.0-beta.3"),
    ],
)
def test_an_image_is_known_since_it_is_made(name: str, before: str, since: str) -> None:
    assert image_of(Release.parse(before), name) is None
    assert image(since, name).name == name


def test_the_server_of_alpine_is_not_root_since_1_1_2() -> None:
    assert image("1.1.1", "alpine").root
    assert not image("1.1.2", "alpine").root
    assert image("2.4.0", "slim").root


@pytest.mark.parametrize(
    ("release", "name", "python", "wheels"),
    [
        ("1.14.7", "slim-python", "3.8", "manylinux_2_31"),
        ("2.0.6", "slim-python", "3.8", "manylinux_2_31"),
        ("2.0.7", "slim-python", "3.14", "manylinux_2_36"),
        ("2.0.8", "slim-python", "3.12", "manylinux_2_36"),
        ("2.1.0-beta.3", "slim-python", "3.8", "manylinux_2_31"),
        ("2.1.0", "slim-python", "3.12", "manylinux_2_36"),
        ("2.4.0", "alpine-python", "3.12", "musllinux_1_2"),
    ],
)
def test_an_image_has_the_python_of_its_base(
    release: str, name: str, python: str, wheels: str
) -> None:
    assert (image(release, name).python, image(release, name).wheels) == (python, wheels)


@pytest.mark.parametrize(
    ("release", "name", "lacks", "may_have"),
    [
        ("2.4.0", "alpine", {"bash", "apt-get", "python3", "curl"}, {"apk", "wget", "sh", "unzip"}),
        ("2.4.0", "alpine-python", {"bash", "git"}, {"python3", "pip", "python"}),
        ("0.9.1", "slim", {"apk", "wget"}, {"bash", "apt-get"}),
        ("1.0.0", "slim", {"apk", "sudo"}, {"wget", "gcc"}),
        ("1.9.2", "slim", {"apk"}, {"gcc", "make", "python3"}),
        ("1.10.0", "slim", {"gcc", "python3", "curl"}, {"bash", "wget"}),
        ("2.0.7", "slim-python", {"apk"}, {"git", "gcc", "wget", "python"}),
        ("2.0.8", "slim-python", {"git", "gcc", "wget"}, {"python", "pip"}),
        ("2.1.0-beta.4", "slim-python", {"yum"}, {"git", "gcc", "wget"}),
        ("2.1.0", "slim-python", {"git", "gcc", "wget"}, {"python3"}),
    ],
)
def test_an_image_lacks_what_nobody_put_into_it(
    release: str, name: str, lacks: set[str], may_have: set[str]
) -> None:
    found = image(release, name)
    assert lacks <= found.lacks
    assert found.lacks.isdisjoint(may_have)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_of_an_image_fits_together(name: str) -> None:
    for release in STABLE:
        found = image_of(release, name)
        if found is not None:
            assert (found.libc == "musl") == name.startswith("alpine")
            assert (found.python is not None) == name.endswith("python")
            assert (found.wheels is not None) == name.endswith("python")
            assert not (found.python and "python" in found.lacks)
