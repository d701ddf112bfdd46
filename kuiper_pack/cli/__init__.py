"""The command line: one module per command, imported when the command is called."""

import click

from kuiper_pack import __version__
from kuiper_pack.cli.group import LazyGroup

COMMANDS = {
    "init": "Write a working plugin project to start from.",
    "build": "Make the package of a plugin project, compiled where needed.",
    "validate": "Judge packages by the rules of the servers they are for.",
    "inspect": "Show what is inside a package and what each server would do with it.",
    "load": "Say whether a server would open Go plugins, without opening them.",
    "run": "Run a symbol of a portable plugin, with no server.",
    "rules": "List the rules.",
    "clauses": "List the clauses that servers are judged by.",
    "explain": "Show the page of a rule or a clause.",
    "conformance": "Judge a server by the clauses of the plugin REST API.",
    "cleanup": "Remove what an interrupted conformance run left on a server.",
    "serve": "Serve the plugin API of a release, to try packages and clients on.",
    "remote": "Use a server: list, create, update and drop its plugins.",
    "repository": "Lay packages out so that servers list them at /prebuild.",
    "demo": "Show it all on this machine, from a project to a judged server.",
}
"""Every command with its line of ``kuiper-pack --help``.

``kuiper_pack.cli.NAME`` holds the command object of the same name.
"""


@click.group(
    cls=LazyGroup,
    commands_help=COMMANDS,
    package=__name__,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
)
@click.version_option(__version__, prog_name="kuiper-pack", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Build, validate and predict eKuiper plugin packages.

    Exit codes: 0 done and clean, 1 the answer is no (findings, a refusal), 2 could not do it.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)
