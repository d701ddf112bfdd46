"""``kuiper-pack conformance``."""

from pathlib import Path

import click

from kuiper_pack.cli.options import Choice


@click.command()
@click.argument("url")
@click.argument("pytest_args", nargs=-1, metavar="[-- PYTEST ARGS]")
@click.option("--server", metavar="RELEASE", help="Judge it as that release of eKuiper.")
@click.option("--level", type=Choice(["must", "should"]), default="must", help="What fails.")
@click.option("--reading", type=Choice(["documented", "reference"]), help="The binding reading.")
@click.option(
    "--native", default="auto", metavar="auto|stub|DIR", help="Native plugins to install."
)
@click.option(
    "--delivery",
    type=Choice(["auto", "http", "file"]),
    default="auto",
    help="How packages reach the server.",
)
@click.option("--token", envvar="KUIPER_TOKEN", help="Sent as Authorization.")
@click.option(
    "--header", "headers", multiple=True, metavar="NAME: VALUE", help="Sent with every request."
)
@click.option("--allow", default="", metavar="remote", help="remote: a server elsewhere.")
@click.option("--expectations", type=click.Path(path_type=Path), help="Known failures, as TOML.")
@click.option(
    "--report", type=click.Path(path_type=Path), metavar="FILE.json", help="Verdicts, as JSON."
)
def conformance(
    url: str,
    pytest_args: tuple[str, ...],
    server: str | None,
    level: str,
    reading: str | None,
    native: str,
    delivery: str,
    token: str | None,
    headers: tuple[str, ...],
    allow: str,
    expectations: Path | None,
    report: Path | None,
) -> int:
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
    given = {
        "url": url,
        "server": server,
        "level": level,
        "reading": reading,
        "native": native,
        "delivery": delivery,
        "token": token,
        "allow": allow,
        "expectations": expectations,
        "report": report,
    }
    arguments = [f"--kuiper-{name}={value}" for name, value in given.items() if value]
    arguments += [f"--kuiper-header={header}" for header in headers]
    base = ["-p", "kuiper_pack.pytest_plugin", "-p", "no:cacheprovider", "--assert=plain"]
    base += ["--pyargs", "kuiper_pack.conformance"]
    pytest.main([*base, *arguments, *pytest_args], plugins=[keeper])
    return keeper.code
