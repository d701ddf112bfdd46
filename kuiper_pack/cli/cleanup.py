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
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="For each answer.",
)
def cleanup(url: str, token: str | None, headers: tuple[str, ...], timeout: float) -> int:
    """Remove what an interrupted `conformance` left on the server at URL.

    Only what a journal of such a run names is touched; runs that go on are left alone. Exit
    codes: 0 nothing is left, 1 something could not be removed, 2 the server cannot be reached.
    """
    from kuiper_pack.client import Client
    from kuiper_pack.client.headers import parse_header
    from kuiper_pack.suite.cleanup import cleanup as clean
    from kuiper_pack.suite.places import state

    with Client(url, token, dict(map(parse_header, headers)), timeout) as client:
        done = clean(client)
    if done.at_work:
        click.echo(f"{done.at_work} runs against {url} go on, and were left alone")
    if not done.journals:
        click.echo(f"no run against {url} was interrupted: {state()} has no journal of one")
        return 0
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
