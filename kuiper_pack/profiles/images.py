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
    for portable plugins is in it, ``lacks`` are commands that it surely does not have. ``glibc``
    is the version of its C library (``2.36``), None where that is musl. ``wheels`` is the platform
    whose wheels its Python installs, as their tag is written without the processor
    (``manylinux_2_36``).
    """

    name: str
    libc: Literal["musl", "glibc"]
    root: bool
    python: str | None
    sdk: bool
    lacks: frozenset[str]
    glibc: str | None = None
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
_SLIMS = (  # since which release, the C library of the Debian that it is
    ("0.4.0", "2.28"),
    ("1.4.1", "2.31"),
    ("1.4.4", "2.28"),
    ("1.10.1", "2.31"),
    ("2.1.0", "2.36"),
)
_SLIM_PYTHONS = (  # since which release, which Python, and the C library of the Debian below it
    ("1.4.1", "3.8", "2.31"),
    ("2.0.7", "3.14", "2.36"),
    ("2.0.8", "3.12", "2.36"),
    ("2.1.0-alpha.1", "3.8", "2.31"),
    ("2.1.0-beta.4", "3.14", "2.36"),
    ("2.1.0", "3.12", "2.36"),
)
_BUILDERS_SINCE = Release.parse("1.6.1")
"""Before, releases were built in images of Go, and that on Alpine has no C compiler."""


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


def builder_of(release: Release, go: str, libc: Literal["musl", "glibc"]) -> str | None:
    """The container image that the official images and files of ``release`` were compiled in.

    ``go`` is the Go of the release. It has Go, a C compiler and, for Go before 1.26 on arm64, GNU
    gold; its glibc is no newer than that of any image of the release. From
    ``.github/dockerfile`` and ``deploy/docker`` upstream. None where no image had all of these.
    """
    if release >= _BUILDERS_SINCE:
        return f"ghcr.io/lf-edge/ekuiper/base:{go}-{'alpine' if libc == 'musl' else 'debian'}"
    return f"docker.io/library/golang:{go}" if libc == "glibc" else None


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
        return Image(name, "musl", False, "3.12", False, lacks, wheels="musllinux_1_2")
    if name == "slim" and release >= _FIRST_IMAGES:
        lacks = _MANAGERS | {"apk"}
        if release >= _SMALL_SLIM_SINCE:
            lacks |= _NOT_IN_BASES | _NOT_IN_DEBIAN | _PYTHON
        elif release < _WGET_SINCE:
            lacks |= {"wget"}
        (glibc,) = _latest(_SLIMS, release)
        return Image(name, "glibc", True, None, False, lacks, glibc)
    if name == "slim-python" and release >= _FIRST_SLIM_PYTHON:
        lacks = _MANAGERS | {"apk"}
        if _within(release, _SMALL_SLIM_PYTHON):
            lacks |= _NOT_IN_BASES | _NOT_IN_DEBIAN | {"wget"}
        python, glibc = _latest(_SLIM_PYTHONS, release)
        wheels = f"manylinux_{glibc.replace('.', '_')}"
        return Image(name, "glibc", True, python, True, lacks, glibc, wheels)
    return None


def _latest(rows: tuple[tuple[str, ...], ...], release: Release) -> tuple[str, ...]:
    """What the last row says that begins with ``release`` or an older one."""
    *_, last = (row for row in rows if Release.parse(row[0]) <= release)
    return last[1:]


def _within(release: Release, spans: tuple[tuple[str, str | None], ...]) -> bool:
    return any(
        Release.parse(first) <= release and (last is None or release <= Release.parse(last))
        for first, last in spans
    )
