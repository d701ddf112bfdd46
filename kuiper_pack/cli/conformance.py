"""``kuiper-pack conformance``."""

import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click

from kuiper_pack.cli.failure import Terminated
from kuiper_pack.cli.options import Choice, Function
from kuiper_pack.suite.options import OPTIONS


def _options(function: Function) -> Function:
    """The options of the suite; each parameter is called like its option."""
    for option in reversed(OPTIONS):
        function = click.option(
            f"--{option.name}",
            option.name.replace("-", "_"),
            type=Choice(option.choices) if option.choices else None,
            is_flag=option.flag,
            default=option.default or (False if option.flag else None),
            show_default=bool(option.default),
            multiple=option.many,
            envvar=option.variable or None,
            metavar=option.metavar,
            help=option.help,
        )(function)
    return function


class _AsWithPytest(click.Command):
    """Takes the names that the options have in pytest, too: messages call them so."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments, with ``--kuiper-level`` as ``--level``; pytest's stand after ``--``."""
        end = args.index("--") if "--" in args else len(args)
        ours = [re.sub(r"^--kuiper-", "--", one) for one in args[:end]]
        rest = super().parse_args(ctx, ours + args[end:])
        given = ctx.params.get("pytest_args") or ()
        if extra := given[: len(given) - len(args[end + 1 :])]:
            words = " ".join(extra)
            raise click.UsageError(f'one URL is judged; "{words}" is for pytest after a --', ctx)
        return rest


@click.command(cls=_AsWithPytest)
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

        from kuiper_pack.client.address import checked
        from kuiper_pack.suite.ending import NAME, Ending
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is not installed: pip install 'kuiper-pack[suite]'"
        ) from error

    class Keeper:
        """Keeps the exit code of the run, which says more than pytest's."""

        code = 2
        interrupt: BaseException | None = None

        def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
            if isinstance(excinfo.value, KeyboardInterrupt):
                self.interrupt = excinfo.value

        @pytest.hookimpl(trylast=True)
        def pytest_sessionfinish(self, session: pytest.Session) -> None:
            ending = session.config.pluginmanager.get_plugin(NAME)
            if isinstance(ending, Ending):
                self.code = ending.code

    keeper = Keeper()
    checked(url)
    arguments = [f"--kuiper-url={url}"]
    if (given["report"] or "").endswith(".xml"):
        arguments.append(f"--junitxml={given['report']}")
        given["report"] = None
    for option in OPTIONS:
        value, name = given[option.name.replace("-", "_")], f"--kuiper-{option.name}"
        values = value if option.many else [value] if value else []
        arguments += [name if option.flag else f"{name}={one}" for one in values]
    with _signals() as came:
        try:
            pytest.main([*_base(url), *arguments, *pytest_args], plugins=[keeper])
        except Exception:
            if not came:  # else it is a part of pytest that was interrupted
                raise
    if signal.SIGTERM in came:
        raise Terminated
    if came or keeper.interrupt is not None:
        raise keeper.interrupt or KeyboardInterrupt
    return keeper.code


def _base(url: str) -> list[str]:
    """What pytest is always told: nothing of the folder that it runs in changes a verdict."""
    from importlib.resources import files

    from kuiper_pack.suite.catalogue import PACKAGE
    from kuiper_pack.suite.places import cache, key_of

    clauses = str(files(PACKAGE))  # a path, or the conftest.py here would be read as well
    return [
        *("-p", "kuiper_pack.pytest_plugin", "--assert=plain", "--no-header"),
        *("-c", os.devnull, "--rootdir=.", f"--confcutdir={clauses}"),
        *("-o", f"cache_dir={cache().absolute() / 'pytest' / key_of(url)}"),
        *("-W", "ignore::pytest.PytestCacheWarning"),
        clauses,
    ]


class _TerminatedRun(KeyboardInterrupt):
    """SIGTERM as pytest understands it: the run ends, and is tidied up."""


_ONE_PRESS = 0.5
"""Seconds in which several interrupts are one: of the terminal, and of who started the command."""


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Signals as pytest understands them; those that came are in the list.

    A second Ctrl-C also ends the tidying up, SIGTERM does not.
    """
    came: list[int] = []
    first = 0.0

    def stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)  # tidying up is not to be interrupted again
        came.append(number)
        raise _TerminatedRun

    def interrupt(number: int, _: FrameType | None) -> None:
        nonlocal first
        came.append(number)
        first = first or time.monotonic()
        if len(came) == 1 or time.monotonic() - first > _ONE_PRESS:
            raise KeyboardInterrupt

    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        if signal.getsignal(signal.SIGTERM) != signal.SIG_IGN:
            before[signal.SIGTERM] = signal.signal(signal.SIGTERM, stop)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            before[signal.SIGINT] = signal.signal(signal.SIGINT, interrupt)
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
