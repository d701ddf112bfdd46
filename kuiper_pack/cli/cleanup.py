"""``kuiper-pack cleanup``."""

import shlex

import click

from kuiper_pack.errors import KuiperPackError


@click.command()
@click.argument("url")
@click.option("--token", envvar="KUIPER_TOKEN", help="Sent as Authorization.")
@click.option(
    "--header", "headers", multiple=True, metavar="NAME: VALUE", help="Sent with every request."
)
def cleanup(url: str, token: str | None, headers: tuple[str, ...]) -> int:
    """Remove what an interrupted `conformance` left on the server at URL.

    Only what a journal of such a run names is touched. Exit codes: 0 nothing is left,
    1 something could not be removed, 2 the server cannot be reached.
    """
    from kuiper_pack.client import Client
    from kuiper_pack.suite.cleanup import cleanup as clean
    from kuiper_pack.suite.options import parse_header

    with Client(url, token, dict(map(parse_header, headers))) as client:
        done = clean(client)
    click.echo(
        f"{done.journals} interrupted runs, {len(done.removed)} plugins and uploads removed, "
        f"{len(done.left)} left"
    )
    if not done.left:
        return 0
    names = ", ".join(map(str, done.left))
    click.echo(f"left on the server: {names}; kuiper-pack cleanup {shlex.quote(url)} tries again")
    if done.trouble:
        raise KuiperPackError(done.trouble)
    return 1
