"""``kuiper-pack clauses``."""

import sys
from pathlib import Path

import click

from kuiper_pack.cli.options import format_option, output_option


@click.command()
@format_option()
@output_option
def clauses(format_: str, output: Path | None) -> None:
    """List the clauses that servers are judged by: id, level and requirement."""
    from kuiper_pack.suite.catalogue import clauses as catalogue
    from kuiper_pack.suite.pages import write

    found = sorted(catalogue(), key=lambda clause: clause.id)
    if output is None:
        write(found, sys.stdout, format_)
    else:
        from kuiper_pack.build.atomic import text_file

        with text_file(output) as stream:
            write(found, stream, format_)
