"""``kuiper-pack load``."""

import json
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kuiper_pack.cli.options import arch_option, format_option, image_option, output_option

if TYPE_CHECKING:
    from kuiper_pack.goplugin.host import Host
    from kuiper_pack.goplugin.predict import Candidate

_CODES = {"ok": 0, "error": 1, "crash": 1, "unknown": 2}


@click.command()
@click.argument("files", metavar="SO...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--server", metavar="RELEASE", help="A server release, like 2.4.0.")
@click.option(
    "--kuiperd",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The program of the server: what it has is known exactly.",
)
@image_option
@arch_option
@format_option()
@output_option
def load(
    files: tuple[Path, ...],
    server: str | None,
    kuiperd: Path | None,
    image: str | None,
    arch: str | None,
    format_: str,
    output: Path | None,
) -> int:
    """Say whether a server would open Go plugins, without opening them.

    The shared objects are opened in their order by one process: one that is refused can spoil the
    next ones. Exit codes: 0 all open, 1 one is refused or ends the server, 2 it cannot be told.
    """
    from kuiper_pack.build.atomic import text_file
    from kuiper_pack.goplugin.predict import predict
    from kuiper_pack.report.loading import Loading, document, write_text

    candidates = [_read(file) for file in files]
    host = _host(server, kuiperd, image, arch, candidates)
    found = predict(host, candidates)
    loading = Loading(host.name, tuple(one.file for one in candidates), found)
    with nullcontext(sys.stdout) if output is None else text_file(output) as stream:
        if format_ == "json":
            json.dump(document(loading), stream, indent=2)
            stream.write("\n")
        else:
            write_text(loading, stream)
    return _CODES[loading.gravest.outcome]


def _read(file: Path) -> "Candidate":
    """The file read, or why it is no shared object. Raises OSError where it cannot be opened."""
    from kuiper_pack.goplugin.errors import BinaryError
    from kuiper_pack.goplugin.predict import Candidate
    from kuiper_pack.goplugin.read import Binary, read_binary

    content: Binary | BinaryError
    try:
        content = read_binary(file)
    except BinaryError as error:
        content = error
    return Candidate(str(file), content, os.path.realpath(file))


def _host(
    server: str | None,
    kuiperd: Path | None,
    image: str | None,
    arch: str | None,
    candidates: "list[Candidate]",
) -> "Host":
    from kuiper_pack.cli.releases import chosen_releases
    from kuiper_pack.errors import KuiperPackError
    from kuiper_pack.goplugin.errors import BinaryError
    from kuiper_pack.goplugin.host import host_of
    from kuiper_pack.goplugin.hosts import host_of_release
    from kuiper_pack.goplugin.read import read_binary

    if (server is None) == (kuiperd is None):
        raise click.UsageError("name the server: either --server RELEASE or --kuiperd FILE")
    if kuiperd is not None:
        if image is not None or arch is not None:
            raise click.UsageError(
                "--image and --arch go with --server; a kuiperd says both itself"
            )
        try:
            return host_of(read_binary(kuiperd), str(kuiperd))
        except BinaryError as error:
            raise KuiperPackError(f"{kuiperd}: {error}; name the kuiperd of the server") from None
    releases = chosen_releases((server or "",))
    if len(releases) != 1:
        raise click.UsageError(f"{server} is more than one release: name one, like {releases[-1]}")
    machines = [
        one.binary.elf.machine for one in candidates if not isinstance(one.binary, BinaryError)
    ]
    return host_of_release(releases[0], arch or next(iter(machines), "amd64"), image)
