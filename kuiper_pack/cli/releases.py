"""The releases that ``--server`` names."""

from collections.abc import Sequence

import click

from kuiper_pack.profiles import NEWEST, Release, default_releases, is_known, select


def chosen_releases(servers: Sequence[str]) -> tuple[Release, ...]:
    """The releases, by default those of the current major version.

    Says on stderr which ones are newer than all that are known: they are judged like the newest.
    Raises KuiperPackError for what is no release.
    """
    releases = select(servers) if servers else default_releases()
    for release in releases:
        if not is_known(release):
            click.echo(
                f"kuiper-pack: {release} is newer than every release known here: "
                f"judged like {NEWEST}",
                err=True,
            )
    return releases
