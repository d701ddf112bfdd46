"""``kuiper-pack repository``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kuiper_pack.cli.options import (
    arch_option,
    format_option,
    image_option,
    kind_option,
    server_option,
)
from kuiper_pack.package.kind import Kind

if TYPE_CHECKING:
    from kuiper_pack.build.repository import Placed, Plugin
    from kuiper_pack.rules.validation import Judgement


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.argument("paths", metavar="ZIP...", nargs=-1, required=True, type=click.Path(path_type=Path))
@server_option
@image_option
@arch_option
@kind_option
@format_option()
def repository(
    folder: Path,
    paths: tuple[Path, ...],
    servers: tuple[str, ...],
    image: str | None,
    arch: str | None,
    kind: Kind | None,
    format_: str,
) -> int:
    """Lay packages out in DIR so that servers list them at /plugins/{kind}/prebuild.

    Any web server can show DIR; its URL is what the setting pluginHosts of etc/kuiper.yaml names.
    What lies in DIR already stays, and nothing is written where a package does not pass. The
    system is that of the image, by default Debian's; the processor is by default this machine's.

    Exit codes: 0 all are there, 1 a package fails, 2 one cannot be read or listed.
    """
    from kuiper_pack.build import repository as shelves
    from kuiper_pack.build.orders import Options, Orders
    from kuiper_pack.cli.paths import check_local
    from kuiper_pack.cli.releases import chosen_releases
    from kuiper_pack.package.architecture import host_architecture
    from kuiper_pack.rules.validation import validate

    if not servers:
        raise click.UsageError("name the servers that the packages are for, like --server 2.4.0")
    for path in paths:
        check_local(path)
    arch = arch or host_architecture()
    where = shelves.shelf(chosen_releases(servers), image, arch)
    orders = Orders(Options(servers=servers, image=image, arch=arch, kind=kind))
    judgements = list(validate(paths, orders.order_for))
    code = _refused(judgements)
    if code:
        return code
    plugins = [shelves.Plugin(one.path, _kind(one), one.name) for one in judgements]
    shelves.check(plugins)
    placed = []
    for one in shelves.lay_out(folder, where, plugins):
        placed.append(one)
        if format_ == "text":
            click.echo(f"{folder / one.path}  {one.change}")
    _tell_unlisted(placed)
    if format_ == "json":
        _write_json(placed)
    return 0


def _refused(judgements: "list[Judgement]") -> int:
    """The exit code where packages are not fit, told on stderr; else 0."""
    from kuiper_pack.report import writer
    from kuiper_pack.rules.validation import Verdict

    for one in judgements:
        if one.crash is not None:
            raise one.crash
    unfit = [one for one in judgements if not one.passed]
    if unfit:
        writer("text")([one._replace(is_folder=False) for one in unfit], sys.stderr)
        click.echo("kuiper-pack: nothing was written, for what was found above", err=True)
    if any(one.verdict is Verdict.UNREADABLE for one in unfit):
        return 2
    return 1 if unfit else 0


def _kind(judgement: "Judgement") -> Kind:
    from kuiper_pack.errors import KuiperPackError

    if judgement.kind is None:
        raise KuiperPackError(
            f"{judgement.path}: a sink or a function, its files do not tell; say --kind"
        )
    if judgement.is_folder:
        raise KuiperPackError(f"{judgement.path}: a folder; build it, and name the zip")
    return judgement.kind


def _tell_unlisted(placed: "list[Placed]") -> None:
    from kuiper_pack.profiles import Release, ranges

    unlisted: dict[Plugin, list[Release]] = {}
    for one in placed:
        if not one.listed:
            unlisted.setdefault(one.plugin, []).append(one.release)
    for plugin, releases in unlisted.items():
        click.echo(
            f"kuiper-pack: eKuiper {ranges(releases)} lists only names that it knows, and the "
            f"{plugin.kind.value} {plugin.name} is none: create it by the URL of its zip",
            err=True,
        )


def _write_json(placed: "list[Placed]") -> None:
    import json

    from kuiper_pack.schemas import identifier

    files = [
        {
            "path": one.path,
            "kind": one.plugin.kind.value,
            "name": one.plugin.name,
            "server": one.release.text,
            "listed": one.listed,
            "sha256": one.sha256,
            "change": one.change,
        }
        for one in placed
    ]
    document = {"$schema": identifier("repository"), "files": files}
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
