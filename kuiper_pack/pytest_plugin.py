"""The pytest plugin: judges a server by the clauses, with ``--kuiper-url``.

Without that option it only adds the options: nothing heavy of the suite is imported.
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
    for option in OPTIONS:
        how: dict[str, Any] = {"help": option.help, "default": option.default or None}
        if option.choices:
            how["choices"] = option.choices
        else:
            how["metavar"] = option.metavar
        if option.many:
            how |= {"action": "append", "default": []}
        group.addoption(f"--kuiper-{option.name}", dest=destination(option.name), **how)


def destination(name: str) -> str:
    """Where pytest keeps the option of that name."""
    return "kuiper_" + name.replace("-", "_")


def pytest_configure(config: pytest.Config) -> None:
    """Start a run where a server is named."""
    if not config.getoption("kuiper_url"):
        return
    if hasattr(config, "workerinput") or config.getoption("numprocesses", None):
        raise pytest.UsageError("clauses share one server: run them without -n")
    from kuiper_pack.errors import KuiperPackError
    from kuiper_pack.suite.conduct import NAME, Conduct

    given = {
        option.name: config.getoption(destination(option.name)) or os.environ.get(option.variable)
        for option in OPTIONS
    }
    try:
        wanted = parse(config.getoption("kuiper_url"), given)
        config.pluginmanager.register(Conduct(wanted), NAME)
    except KuiperPackError as error:
        raise pytest.UsageError(str(error)) from error
