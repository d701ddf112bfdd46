"""What the official images are made of, as far as a package can stumble over it.

Taken from the last stage of each ``deploy/docker/Dockerfile*`` upstream, at every tag, and from
what the images named there hold. Only what is certain is said: a command that may be there is in no
list.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Literal, NamedTuple

from kuiper_pack.profiles.release import Release

NAMES = ("alpine", "alpine-python", "slim", "slim-python")
"""The images that something is known of."""


class Image(NamedTuple):
    """One image of one release.

    ``libc`` is what its programs are linked with, ``root`` whether the server runs as root,
    ``python`` is the version of the Python on its path, None without one, ``sdk`` whether the SDK
    for portable plugins is in it, ``lacks`` are commands that it surely does not have. ``wheels``
    is the platform whose wheels that Python installs, as its tag is written without the processor
    (``manylinux_2_36``).
    """

    name: str
    libc: Literal["musl", "glibc"]
    root: bool
    python: str | None
    sdk: bool
    lacks: frozenset[str]
    wheels: str | None = None


_MANAGERS = frozenset({"yum", "dnf", "rpm", "zypper", "pacman", "sudo", "brew", "snap"})
_NOT_IN_BASES = frozenset(
    {
        "c++", "cc", "cmake", "conda", "curl", "dotnet", "g++", "gcc", "git", "go", "java", "jq",
        "lsb_release", "make", "node", "npm", "rsync", "scp", "ssh", "systemctl", "zip",
    }
)  # fmt: skip
_PYTHON = frozenset({"python", "python3", "pip", "pip3"})
_NOT_IN_ALPINE = frozenset(
    {
        "apt", "apt-get", "apt-key", "bash", "dpkg", "groupadd", "perl", "service",
        "update-rc.d", "useradd", "usermod", "zsh",
    }
)  # fmt: skip
_NOT_IN_DEBIAN = frozenset({"apk", "unzip", "zsh"})

_FIRST_IMAGES = Release.parse("0.4.0")
_FIRST_SLIM_PYTHON = Release.parse("1.4.1")
_NO_ROOT_SINCE = Release.parse("1.1.2")
_SMALL_SLIM_SINCE = Release.parse("1.10.0-alpha.0")
"""Before, slim came with pkg-config and libczmq-dev, and with what these bring along."""
_WGET_SINCE = Release.parse("1.0.0")
_ALPINE_PYTHON = (("1.14.5", "1.14.7"), ("2.0.0-beta.3", None))
_SMALL_SLIM_PYTHON = (("2.0.8", "2.0.8"), ("2.1.0", None))
"""Before, slim-python came with wget, git and cmake, and with what these bring along."""
_SLIM_PYTHONS = (  # since which release, which Python, and the C library of the Debian below it
    ("1.4.1", "3.8", "manylinux_2_31"),
    ("2.0.7", "3.14", "manylinux_2_36"),
    ("2.0.8", "3.12", "manylinux_2_36"),
    ("2.1.0-alpha.1", "3.8", "manylinux_2_31"),
    ("2.1.0-beta.4", "3.14", "manylinux_2_36"),
    ("2.1.0", "3.12", "manylinux_2_36"),
)


def image_of(release: Release, name: str | None) -> Image | None:
    """The official image that users name, at ``release``; None for any other, and where it is not.

    ``name`` is one of ``NAMES``, or a whole reference like ``lfedge/ekuiper:2.4.0-slim``.
    """
    word = official(name)
    return None if word is None else _image(release, word)


def images_of(name: str | None, releases: Iterable[Release]) -> dict[Release, Image]:
    """What is known of the image that users name, at each of ``releases`` that has it."""
    if official(name) is None:
        return {}
    images = ((one, image_of(one, name)) for one in releases)
    return {one: image for one, image in images if image is not None}


@cache
def official(name: str | None) -> str | None:
    """Which of ``NAMES`` a name stands for; None for an image of somebody's own."""
    if name is None or name in NAMES:
        return name
    reference = re.fullmatch(r"(?:[\w.:-]+/)?(?:lfedge|emqx)/e?kuiper:([\w.-]+)", name)
    if reference is None:
        return None
    tag = reference[1]
    named = [word for word in NAMES if tag.endswith(f"-{word}")]
    return max(named, key=len) if named else "alpine" if tag == "latest" else None


@cache
def _image(release: Release, name: str) -> Image | None:
    if name == "alpine" and release >= _FIRST_IMAGES:
        lacks = _MANAGERS | _NOT_IN_BASES | _NOT_IN_ALPINE | _PYTHON
        return Image(name, "musl", release < _NO_ROOT_SINCE, None, False, lacks)
    if name == "alpine-python" and _within(release, _ALPINE_PYTHON):
        lacks = _MANAGERS | _NOT_IN_BASES | _NOT_IN_ALPINE
        return Image(name, "musl", False, "3.12", False, lacks, "musllinux_1_2")
    if name == "slim" and release >= _FIRST_IMAGES:
        lacks = _MANAGERS | {"apk"}
        if release >= _SMALL_SLIM_SINCE:
            lacks |= _NOT_IN_BASES | _NOT_IN_DEBIAN | _PYTHON
        elif release < _WGET_SINCE:
            lacks |= {"wget"}
        return Image(name, "glibc", True, None, False, lacks)
    if name == "slim-python" and release >= _FIRST_SLIM_PYTHON:
        lacks = _MANAGERS | {"apk"}
        if _within(release, _SMALL_SLIM_PYTHON):
            lacks |= _NOT_IN_BASES | _NOT_IN_DEBIAN | {"wget"}
        _, python, wheels = max(
            (one for one in _SLIM_PYTHONS if Release.parse(one[0]) <= release),
            key=lambda one: Release.parse(one[0]),
        )
        return Image(name, "glibc", True, python, True, lacks, wheels)
    return None


def _within(release: Release, spans: tuple[tuple[str, str | None], ...]) -> bool:
    return any(
        Release.parse(first) <= release and (last is None or release <= Release.parse(last))
        for first, last in spans
    )
