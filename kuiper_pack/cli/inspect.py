"""``kuiper-pack inspect``."""

import json
import sys
from contextlib import nullcontext
from pathlib import Path

import click

from kuiper_pack.cli.options import (
    format_option,
    kind_option,
    name_option,
    output_option,
    request_option,
    server_option,
)
from kuiper_pack.package.kind import Kind


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@server_option
@kind_option
@name_option
@request_option
@format_option()
@output_option
def inspect(
    path: Path,
    servers: tuple[str, ...],
    kind: Kind | None,
    name: str | None,
    request_file: Path | None,
    format_: str,
    output: Path | None,
) -> int:
    """Show what is inside a package and what each server would do with it.

    Exit codes: 0 every release asked for installs it, 1 some release refuses it, 2 it cannot be
    told: the package cannot be read, or its kind is not known.
    """
    from kuiper_pack.build.atomic import text_file
    from kuiper_pack.build.orders import read_request_for
    from kuiper_pack.build.project import read_project
    from kuiper_pack.cli.paths import check_local
    from kuiper_pack.cli.releases import chosen_releases
    from kuiper_pack.package.package import open_package
    from kuiper_pack.planner import predict
    from kuiper_pack.report.inspection import Inspection, document, write_text

    releases = chosen_releases(servers)
    check_local(path)
    if path.is_dir():
        project = read_project(path)
        kind, name = kind or project.kind, name or project.name
    package = open_package(path, kind=kind, name=name)
    request = read_request_for(package.name, request_file) if request_file else None
    known = package.kind is not None and bool(package.name)
    inspection = Inspection(
        package, {one: predict(package, one, request) for one in releases} if known else {}
    )
    with nullcontext(sys.stdout) if output is None else text_file(output) as stream:
        if format_ == "json":
            json.dump(document(inspection), stream, indent=2)
            stream.write("\n")
        else:
            write_text(inspection, stream)
    if not known:
        remedy = "say --kind and --name"
        if not package.entries:
            remedy = "no file is found in it; kuiper-pack validate says what is wrong"
        click.echo(f"kuiper-pack: {path}: what it installs as is not known: {remedy}", err=True)
        return 2
    return int(any(one.outcome != "installed" for one in inspection.predictions.values()))
