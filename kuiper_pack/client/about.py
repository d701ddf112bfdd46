"""What a server says about itself at ``GET /``."""

from typing import NamedTuple

from kuiper_pack.client.answer import Answer
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.architecture import ARCHITECTURES
from kuiper_pack.profiles import RELEASES, Release

_MEMBERS = {"version", "os", "upTimeSeconds"}
"""What eKuiper says of itself in every release that was recorded."""


class About(NamedTuple):
    """``version`` as it stands there, ``release`` if that is a known one, ``arch`` in Go's word."""

    version: object
    release: Release | None
    arch: str | None


def read_about(root: Answer) -> About | None:
    """What ``root``, the answer to ``GET /``, says; None where it is not an answer of eKuiper."""
    try:
        found = root.json()
    except ValueError:
        return None
    if not root.ok or not isinstance(found, dict) or not found.keys() >= _MEMBERS:
        return None
    said, arch = found["version"], found.get("arch")
    try:
        release = Release.parse(said) if isinstance(said, str) else None
    except KuiperPackError:
        release = None
    return About(
        said,
        release if release in RELEASES else None,
        arch if arch in ARCHITECTURES else None,
    )
