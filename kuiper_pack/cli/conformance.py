"""``kuiper-pack conformance``."""

from typing import Any

import click

from kuiper_pack.cli.options import Choice, Function
from kuiper_pack.suite.options import OPTIONS


def _options(function: Function) -> Function:
    """The options of the suite; each parameter is called like its option."""
    for option in reversed(OPTIONS):
        function = click.option(
            f"--{option.name}",
            option.name.replace("-", "_"),
            type=Choice(option.choices) if option.choices else str,
            default=option.default or None,
            show_default=bool(option.default),
            multiple=option.many,
            envvar=option.variable or None,
            metavar=option.metavar,
            help=option.help,
        )(function)
    return function


@click.command()
@click.argument("url")
@click.argument("pytest_args", nargs=-1, metavar="[-- PYTEST ARGS]")
@_options
def conformance(url: str, pytest_args: tuple[str, ...], **given: Any) -> int:
    """Judge the server at URL by the clauses of the plugin REST API.

    Its own plugins are not touched; what the clauses install is removed again. Exit codes: 0 all
    clauses hold, 1 a clause failed, 2 it cannot be told.
    """
    try:
        import pytest

        from kuiper_pack.suite.conduct import NAME, Conduct
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is not installed: pip install 'kuiper-pack[suite]'"
        ) from error

    class Keeper:
        """Keeps the exit code of the run, which says more than pytest's."""

        code = 2

        @pytest.hookimpl(trylast=True)
        def pytest_sessionfinish(self, session: pytest.Session) -> None:
            conduct = session.config.pluginmanager.get_plugin(NAME)
            if isinstance(conduct, Conduct):
                self.code = conduct.code

    keeper = Keeper()
    arguments = [f"--kuiper-url={url}"]
    for option in OPTIONS:
        value = given[option.name.replace("-", "_")]
        values = value if option.many else [value] if value else []
        arguments += [f"--kuiper-{option.name}={one}" for one in values]
    base = ["-p", "kuiper_pack.pytest_plugin", "-p", "no:cacheprovider", "--assert=plain"]
    base += ["--pyargs", "kuiper_pack.conformance"]
    pytest.main([*base, *arguments, *pytest_args], plugins=[keeper])
    return keeper.code
