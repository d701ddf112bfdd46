"""``kuiper-pack explain``."""

import sys

import click


@click.command()
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
def explain(codes: tuple[str, ...]) -> None:
    """Show the page of a rule: what it is about, why, and how to fix what it finds."""
    from kuiper_pack.report.pages import write
    from kuiper_pack.rules.catalogue import find

    write([find(code) for code in codes], sys.stdout)
