"""``kuiper-pack rules``."""

import sys
from pathlib import Path

import click

from kuiper_pack.cli.options import format_option, output_option


@click.command()
@format_option()
@output_option
def rules(format_: str, output: Path | None) -> None:
    """List the rules: code, severity and title.

    kuiper-pack explain CODE shows the page of one: why it matters, and how to fix what it finds.
    """
    from kuiper_pack.report.catalogue import write
    from kuiper_pack.rules.catalogue import catalogue

    if output is None:
        write(catalogue(), sys.stdout, format_)
    else:
        from kuiper_pack.build.atomic import text_file

        with text_file(output) as stream:
            write(catalogue(), stream, format_)
