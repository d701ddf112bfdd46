"""How a reference server behaves, apart from its release."""

from dataclasses import dataclass
from typing import Literal

Loader = Literal["accept", "elf"]
LOADERS: tuple[Loader, ...] = ("accept", "elf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The choices of ``kuiper-pack serve``.

    ``strict``: what is documented where documents and servers differ: a deleted plugin is gone at
    once, and a refusal leaves nothing behind. ``guard_network``: releases that can forbid downloads
    from private addresses do. ``uploads_only``: those that can forbid files outside the folder of
    uploads do. ``largest_download`` counts bytes, the timeouts count seconds.
    """

    loader: Loader = "accept"
    strict: bool = False
    allow_install_scripts: bool = False
    guard_network: bool = False
    uploads_only: bool = False
    largest_download: int = 1 << 30
    download_timeout: float = 300.0
    script_timeout: float = 300.0
    exit_delay: float = 1.0
