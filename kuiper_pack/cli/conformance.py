"""``kuiper-pack conformance``."""

import re
import signal
import threading
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
        """The arguments, with ``--kuiper-level`` as ``--level``."""
        end = args.index("--") if "--" in args else len(args)
        ours = [re.sub(r"^--kuiper-", "--", one) for one in args[:end]]
        return super().parse_args(ctx, ours + args[end:])


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
    arguments = [f"--kuiper-url={url}"]
    for option in OPTIONS:
        value, name = given[option.name.replace("-", "_")], f"--kuiper-{option.name}"
        values = value if option.many else [value] if value else []
        arguments += [name if option.flag else f"{name}={one}" for one in values]
    base = ["-p", "kuiper_pack.pytest_plugin", "-p", "no:cacheprovider", "--assert=plain"]
    base += ["--pyargs", "kuiper_pack.conformance"]
    with _termination_as_interrupt():
        pytest.main([*base, *arguments, *pytest_args], plugins=[keeper])
    if isinstance(keeper.interrupt, _TerminatedRun):
        raise Terminated
    if keeper.interrupt is not None:
        raise keeper.interrupt
    return keeper.code


class _TerminatedRun(KeyboardInterrupt):
    """SIGTERM as pytest understands it: the run ends, and is tidied up."""


@contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    def stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)  # tidying up is not to be interrupted again
        raise _TerminatedRun

    before = signal.getsignal(signal.SIGTERM)
    if before == signal.SIG_IGN or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
