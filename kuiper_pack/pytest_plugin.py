"""The pytest plugin: judges a server by the clauses, with ``--kuiper-url``, or packages.

The latter with ``--kuiper-zips``. Without these it only adds the options: nothing heavy is
imported.
"""

import os
from typing import Any

import pytest

from kuiper_pack.suite.options import OPTIONS, parse


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, all named ``--kuiper-...``."""
    group = parser.getgroup("kuiper", "conformance of eKuiper plugin servers")
    group.addoption(
        "--kuiper-url",
        dest="kuiper_url",
        metavar="URL",
        help="Judge the server at URL; its own plugins are not touched.",
    )
    group.addoption(
        "--kuiper-zips",
        dest="kuiper_zips",
        metavar="GLOB",
        action="append",
        default=[],
        help="Judge the packages that match, each as an item, by the settings of their projects; "
        "may be repeated.",
    )
    for option in OPTIONS:
        how: dict[str, Any] = {"help": option.help, "default": option.default or None}
        if option.flag:
            how |= {"action": "store_true", "default": False}
        elif option.choices:
            how["choices"] = option.choices
        else:
            how["metavar"] = option.metavar
        if option.many:
            how |= {"action": "append", "default": []}
        group.addoption(f"--kuiper-{option.name}", dest=destination(option.name), **how)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Say why no clause was found where only clauses were asked for."""
    asked = any("kuiper_pack.conformance" in str(one) for one in config.args)
    found_none = exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
    if asked and found_none and not config.getoption("kuiper_url"):
        terminalreporter.line("clauses need a server: give --kuiper-url URL", red=True)


def destination(name: str) -> str:
    """Where pytest keeps the option of that name."""
    return "kuiper_" + name.replace("-", "_")


@pytest.hookimpl(trylast=True)  # pytest's terminal is there by then
def pytest_configure(config: pytest.Config) -> None:
    """Start a run where a server is named, or packages are."""
    from kuiper_pack.errors import KuiperPackError

    try:
        if config.getoption("kuiper_zips"):
            _judge_zips(config)
        if config.getoption("kuiper_url"):
            _judge_server(config)
    except KuiperPackError as error:
        raise pytest.UsageError(str(error)) from error


def _judge_zips(config: pytest.Config) -> None:
    from kuiper_pack.pytest_zips import NAME, Zips

    server = config.getoption(destination("server"))
    servers = (server,) if server else ()
    folder = config.invocation_params.dir
    config.pluginmanager.register(Zips(config.getoption("kuiper_zips"), folder, servers), NAME)


def _judge_server(config: pytest.Config) -> None:
    from kuiper_pack.suite.conduct import NAME, Alone
    from kuiper_pack.suite.ending import NAME as ENDING
    from kuiper_pack.suite.ending import Ending

    given = {
        option.name: config.getoption(destination(option.name)) or os.environ.get(option.variable)
        for option in OPTIONS
    }
    wanted = parse(config.getoption("kuiper_url"), given)
    wanted.check()
    plugins = config.pluginmanager
    if hasattr(config, "workerinput"):
        from kuiper_pack.suite.parallel import Worker

        plugins.register(Worker(wanted, config), NAME)
        return
    ending = Ending(wanted, config)
    plugins.register(ending, ENDING)
    if config.getoption("dist", "no") == "no":
        plugins.register(Alone(wanted, ending), NAME)
    else:
        from kuiper_pack.suite.parallel import Control

        plugins.register(Control(ending), NAME)
