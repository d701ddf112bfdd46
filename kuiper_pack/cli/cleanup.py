"""``kuiper-pack cleanup``."""

import shlex

import click

from kuiper_pack.cli.options import access_options
from kuiper_pack.errors import KuiperPackError


@click.command()
@click.argument("url")
@access_options(30.0)
def cleanup(
    url: str,
    token: str | None,
    token_file: str | None,
    headers: tuple[str, ...],
    timeout: float,
) -> int:
    """Remove what an interrupted `conformance` left on the server at URL.

    Only what a journal of such a run names is touched; runs that go on are left alone. Exit
    codes: 0 nothing is left, 1 something could not be removed, 2 the server cannot be reached.
    """
    from kuiper_pack.client import Client
    from kuiper_pack.client.headers import parse_header
    from kuiper_pack.client.token import read_token
    from kuiper_pack.suite.cleanup import cleanup as clean
    from kuiper_pack.suite.places import state

    secret = read_token(token, token_file)
    with Client(url, secret, dict(map(parse_header, headers)), timeout) as client:
        done = clean(client)
    if done.at_work:
        click.echo(f"runs against {url} that go on, and were left alone: {done.at_work}")
    if not done.journals:
        click.echo(f"no run against {url} was interrupted: {state()} has no journal of one")
        return 0
    click.echo(
        f"interrupted runs: {done.journals}; plugins and other things removed: "
        f"{len(done.removed)}, left: {len(done.left)}"
    )
    if not done.left:
        return 0
    names = ", ".join(map(str, done.left))
    click.echo(f"left on the server: {names}; kuiper-pack cleanup {shlex.quote(url)} tries again")
    if done.trouble:
        raise KuiperPackError(done.trouble)
    return 1
