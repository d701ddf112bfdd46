"""``kuiper-pack serve``."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

import click

from kuiper_pack.cli.options import Choice

if TYPE_CHECKING:
    from kuiper_pack.server import ReferenceServer
    from kuiper_pack.server.options import Loader


_ORIGIN = re.compile(r"[a-z][a-z\d+.-]*://[^/?#@\s]+")


def _origins(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Any:
    """Origins as browsers send them: any other would never be met."""
    for value in values:
        if not _ORIGIN.fullmatch(value):
            raise click.BadParameter(
                f'"{value}" is no origin: write it as http://localhost:3000, without a path'
            )
    return values


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=9081,
    show_default=True,
    help="The port to listen on; 0 for any that is free.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where plugins and all else are kept; default: a folder that is removed in the end.",
)
@click.option(
    "--server",
    "release",
    metavar="RELEASE",
    help="The release to behave like, as 2.4.0 or 1.14.7; default: the newest.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Do what is documented where documents and servers differ.",
)
@click.option(
    "--loader",
    type=Choice(["accept", "elf"]),
    default="accept",
    show_default=True,
    help="Which shared objects load: any file, or ELF files of which no two are alike.",
)
@click.option(
    "--allow-install-scripts",
    is_flag=True,
    help="Run install.sh of packages, with your permissions.",
)
@click.option(
    "--enable-private-net/--no-enable-private-net",
    default=True,
    show_default=True,
    help="Take packages from private addresses; releases to 2.3 always do.",
)
@click.option(
    "--allow-external-file-access/--no-allow-external-file-access",
    default=True,
    show_default=True,
    help="Take packages from files outside the folder of uploads; releases to 2.3 always do.",
)
@click.option(
    "--allow-origin",
    "allowed_origins",
    multiple=True,
    callback=_origins,
    metavar="ORIGIN",
    help="Let web pages of ORIGIN, as http://localhost:3000, change the server; may be repeated.",
)
@click.option(
    "--public-key",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Want tokens, and verify them by the public keys in DIR (etc/mgmt of a server).",
)
@click.option(
    "--plugin-hosts",
    metavar="URL,...",
    help="What prebuild lists plugins of, as the official image does; default: as shipped.",
)
@click.option(
    "--python",
    type=click.Path(path_type=Path),
    metavar="PYTHON|VENV",
    help="The interpreter of portable plugins; default: the first on PATH, as for a server.",
)
@click.option(
    "--handshake-within",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="How long a portable plugin may take to start; default: what the release allows.",
)
def serve(
    host: str,
    port: int,
    data: Path | None,
    release: str | None,
    strict: bool,
    loader: str,
    allow_install_scripts: bool,
    enable_private_net: bool,
    allow_external_file_access: bool,
    allowed_origins: tuple[str, ...],
    public_key: Path | None,
    plugin_hosts: str | None,
    python: Path | None,
    handshake_within: float | None,
) -> int:
    """Serve the plugin API of one release, and as much of rules as shows what plugins do.

    Exit codes: 0 stopped by a signal, 100 stopped by `?stop=1` as the servers do, 2 it could not
    start.
    """
    from kuiper_pack.cli.releases import chosen_releases
    from kuiper_pack.profiles import STABLE, profile
    from kuiper_pack.server import Options, ReferenceServer

    wanted = chosen_releases((release,) if release else ())[-1]
    if not profile(wanted).native:
        first = min(one for one in STABLE if profile(one).native)
        raise click.UsageError(f"release {wanted} has no plugin API, which came with {first}")
    if not ((enable_private_net and allow_external_file_access) or profile(wanted).guards_network):
        raise click.UsageError(f"release {wanted} can forbid no package: leave the --no-... out")
    options = Options(
        loader=cast("Loader", loader),
        strict=strict,
        allow_install_scripts=allow_install_scripts,
        enable_private_net=enable_private_net,
        allow_external_file_access=allow_external_file_access,
        allowed_origins=allowed_origins,
        public_keys=public_key,
        plugin_hosts=plugin_hosts,
        python=python,
        handshake_within=handshake_within,
    )
    server = ReferenceServer(wanted, data=data, options=options, host=host, port=port)
    with _stopped_by_signals(server), server:
        click.echo(f"kuiper-pack: {wanted} listens on {server.url}")
        return server.wait()


@contextmanager
def _stopped_by_signals(server: "ReferenceServer") -> Iterator[None]:
    """The first SIGINT or SIGTERM asks the server to end, a second one is as ever."""

    def stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, before[signal.Signals(number)])
        server.ask_to_stop()

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
