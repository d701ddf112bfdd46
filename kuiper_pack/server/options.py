"""How a reference server behaves, apart from its release."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Loader = Literal["accept", "elf"]
LOADERS: tuple[Loader, ...] = ("accept", "elf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The choices of ``kuiper-pack serve``.

    ``strict``: what is documented where documents and servers differ: a deleted plugin is gone at
    once, and a refusal leaves nothing behind. ``enable_private_net`` and
    ``allow_external_file_access`` are the settings of releases that can forbid packages from
    private addresses, and from files outside the folder of uploads. ``allowed_origins`` are those
    of web pages that may change the server. ``plugin_hosts`` is the setting of that name, and makes
    this the official image that old releases list plugins in only. With ``public_keys``, a folder,
    requests need a token that a key in it verifies. ``python`` runs portable plugins, by default
    the one of the PATH; ``handshake_within`` is the time in which they have to start, by default
    that of the release. ``largest_download`` counts bytes, the times count seconds.
    """

    loader: Loader = "accept"
    strict: bool = False
    allow_install_scripts: bool = False
    enable_private_net: bool = True
    allow_external_file_access: bool = True
    allowed_origins: tuple[str, ...] = ()
    largest_download: int = 1 << 30
    download_timeout: float = 300.0
    script_timeout: float = 300.0
    plugin_hosts: str | None = None
    public_keys: Path | None = None
    python: Path | str | None = None
    handshake_within: float | None = None
    exit_delay: float = 1.0
