"""The pytest plugin: judges a server by the clauses, with ``--kuiper-url``.

Without that option it only adds the options: nothing of the suite is imported.
"""

from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, all named ``--kuiper-...``."""
    group = parser.getgroup("kuiper", "conformance of eKuiper plugin servers")

    def add(name: str, **how: Any) -> None:
        group.addoption(f"--kuiper-{name}", dest=f"kuiper_{name}", **how)

    add("url", metavar="URL", help="judge the server at URL; its plugins are not touched")
    add("server", metavar="RELEASE", help="judge it as that release of eKuiper")
    add("level", default="must", choices=["must", "should"], help="what fails the run")
    add("reading", choices=["documented", "reference"], help="make one reading binding")
    add("native", default="auto", metavar="auto|stub|DIR", help="native plugins to install")
    add("delivery", default="auto", choices=["auto", "http", "file"], help="how packages go there")
    add("token", help="sent as Authorization; also taken from KUIPER_TOKEN")
    add("header", action="append", default=[], metavar="NAME: VALUE", help="with every request")
    add("allow", default="", metavar="remote", help="remote: a server on another machine")
    add("expectations", metavar="FILE", help="TOML of known failures and excluded clauses")
    add("report", metavar="FILE.json", help="write verdicts and exchanges there")
    add("seed", help="draw the run's names from this word")


def pytest_configure(config: pytest.Config) -> None:
    """Start a run where a server is named."""
    if not config.getoption("kuiper_url"):
        return
    if hasattr(config, "workerinput") or config.getoption("numprocesses", None):
        raise pytest.UsageError("clauses share one server: run them without -n")
    from kuiper_pack.errors import KuiperPackError
    from kuiper_pack.suite.conduct import NAME, Conduct, options

    try:
        config.pluginmanager.register(Conduct(options(config)), NAME)
    except KuiperPackError as error:
        raise pytest.UsageError(str(error)) from error
