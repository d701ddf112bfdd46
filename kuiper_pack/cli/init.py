"""``kuiper-pack init``."""

import shlex
from pathlib import Path

import click

from kuiper_pack.cli.options import Choice, kind_option, name_option, server_option
from kuiper_pack.package.kind import Kind


@click.command()
@click.argument(
    "folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path, file_okay=False)
)
@kind_option
@click.option(
    "--language",
    type=Choice(["go", "python"]),
    help="Default: python for a portable, go for the other kinds. Without --kind, go means a "
    "source.",
)
@name_option
@server_option
def init(
    folder: Path,
    kind: Kind | None,
    language: str | None,
    name: str | None,
    servers: tuple[str, ...],
) -> None:
    """Write a plugin project into DIR, by default the current folder, which must be empty.

    By default it is a portable plugin in Python, named after the folder; with --language go it is a
    native source. The project builds and passes as it
    is; it has a test and a CI file.
    """
    from kuiper_pack.build import scaffold
    from kuiper_pack.cli.releases import chosen_releases

    kind = kind or (Kind.SOURCE if language == "go" else Kind.PORTABLE)
    plan = scaffold.Scaffold(
        kind,
        name or scaffold.name_from(folder.resolve()),
        language or scaffold.default_language(kind),
        chosen_releases(servers) if servers else (),
    )
    rendered = scaffold.render(plan)
    scaffold.write(rendered, folder)
    for path in rendered:
        click.echo(folder / path)
    here = "" if folder == Path() else f" {shlex.quote(str(folder))}"
    click.echo(f"\n{kind.value} {plan.name}; next: kuiper-pack build{here}")
