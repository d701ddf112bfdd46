"""``kuiper-pack explain``."""

import sys

import click


@click.command()
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
def explain(codes: tuple[str, ...]) -> None:
    """Show the page of a rule or a clause.

    That of a rule (KPC01) says what it is about, why, and how to fix what it finds; that of a
    clause (native.create.accepted) what it requires of a server, of which releases, and its source.
    The beginning of codes (KPC) lists the rules that it stands for.
    """
    from kuiper_pack.report.pages import write

    write([_page(code) for code in codes], sys.stdout)


def _page(code: str) -> str:
    if "." in code:
        from kuiper_pack.suite import catalogue, pages

        return pages.page(catalogue.find(code.lower()))
    from kuiper_pack.report.pages import listing, page
    from kuiper_pack.rules.catalogue import beginning, find

    several = beginning(code)
    return listing(code.upper(), several) if several else page(find(code))
