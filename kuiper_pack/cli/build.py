"""``kuiper-pack build``."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kuiper_pack.build.deflate import COMPRESSIONS
from kuiper_pack.cli.options import (
    Choice,
    arch_option,
    format_option,
    image_option,
    kind_option,
    name_option,
    note_image,
    output_option,
    server_option,
)
from kuiper_pack.package.kind import Kind

if TYPE_CHECKING:
    from kuiper_pack.build.make import Built
    from kuiper_pack.build.zipwriter import Progress

_LONG_WORK = 32 << 20


@click.command()
@click.argument(
    "folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path, file_okay=False)
)
@server_option
@image_option
@arch_option
@kind_option
@name_option
@click.option(
    "--compression",
    type=Choice(COMPRESSIONS),
    help="How to compress; default: zlib-ng.",
)
@click.option("--verify", is_flag=True, help="Build twice and compare the bytes.")
@click.option("--fix-mod", is_flag=True, help="First set go.mod to what the servers have.")
@output_option
@format_option()
def build(
    folder: Path,
    servers: tuple[str, ...],
    image: str | None,
    arch: str | None,
    kind: Kind | None,
    name: str | None,
    compression: str | None,
    verify: bool,
    fix_mod: bool,
    output: Path | None,
    format_: str,
) -> int:
    """Make the package of the plugin project in DIR, by default the current folder.

    Sources are compiled for the servers named, the package is judged by the rules, and only one
    that passes is put into dist/. Options can also stand in kuiper-pack.toml.
    """
    from kuiper_pack.build import make
    from kuiper_pack.build.project import read_project
    from kuiper_pack.cli.releases import chosen_releases

    project = make.overlay(
        read_project(folder),
        servers=servers,
        image=image,
        arch=arch,
        kind=kind,
        name=name,
        compression=compression,
        verify=verify,
        fix_mod=fix_mod,
        output=str(output.absolute()) if output else None,
    )
    if project.servers:
        chosen_releases(project.servers)
    if image is None:
        note_image(project.image)
    if project.fix_mod:
        from kuiper_pack.build.fixmod import fix_module

        for change in fix_module(folder, project, os.environ):
            click.echo(change, err=True)
    built = []
    for one in make.build(folder, project, watch=_progress_bar):
        built.append(one)
        _tell(one, folder, format_)
    passed = all(one.written for one in built)
    if passed and project.verify:
        from kuiper_pack.build.verify import verify as compare

        compare(folder, project, built, os.environ)
        if format_ == "text":
            click.echo("built twice, with the same bytes")
    if format_ == "json":
        _write_json(built)
    return 0 if passed else 1


def _tell(one: "Built", folder: Path, format_: str) -> None:
    if one.judgement.findings:
        from kuiper_pack.report import writer

        # Of a zip that is not there, the files that it was made from are named, if all are.
        made_from = {finding.file for finding in one.judgement.findings} - {None}
        there = one.written or not all((folder / str(file)).exists() for file in made_from)
        path = Path(_shown(one.path)) if there else folder
        writer("text")([one.judgement._replace(path=path)], sys.stderr)
    if not one.written:
        click.echo(f"{_shown(one.path)}: not written, for what was found above", err=True)
    elif format_ == "text":
        click.echo(f"{_shown(one.path)}  {one.size:,} bytes  sha256 {one.sha256}")


def _shown(path: Path) -> str:
    """The path as the user would type it from here."""
    try:
        return str(path.relative_to(Path.cwd().resolve()))
    except ValueError:
        return str(path)


def _write_json(built: "list[Built]") -> None:
    import json

    from kuiper_pack.schemas import identifier

    packages = [
        {
            "path": str(one.path),
            "sha256": one.sha256,
            "kind": one.kind.value,
            "name": one.name,
            "version": one.version,
            "size": one.size,
            "tool": one.tool,
            "deflate": one.deflate,
        }
        for one in built
        if one.written
    ]
    document = {"$schema": identifier("build"), "packages": packages}
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


@contextmanager
def _progress_bar(name: str, size: int) -> "Iterator[Progress | None]":
    """A bar on stderr for long work, where a person looks at it."""
    if size < _LONG_WORK or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=size)
        yield lambda done: bar.advance(task, done)
