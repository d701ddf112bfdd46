"""A group of commands that imports a command only when it is called, and fails in one line."""

import importlib
import io
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

from kuiper_pack.cli.failure import Terminated, reader_is_gone, report

DEBUG = "kuiper_pack.debug"


class Group(click.Group):
    """A click group that answers an unknown name with the nearest one, and lends ``--debug``.

    ``synonyms`` has words of other tools with the name that the same has here.
    """

    def __init__(
        self, *args: Any, synonyms: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.synonyms = synonyms or {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; it is said where an option of the commands belongs.

        Without any argument that is the help, on stderr, and exit code 2.
        """
        if not args and self.no_args_is_help:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.possibilities or not self._is_of_commands(error.option_name):
                raise
            raise click.UsageError(
                f"{error.option_name} belongs to the command: write it after that", ctx
            ) from error

    def _is_of_commands(self, option: str) -> bool:
        commands = self.commands.values()
        return any(option in param.opts for one in commands for param in one.params)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order in which they were added."""
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, which takes ``--debug`` as well."""
        command = self.find_command(ctx, cmd_name)
        if command is not None and not any(param.name == "debug" for param in command.params):
            command.params.append(_debug_option())
        return command

    def find_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command as it was made."""
        return super().get_command(ctx, name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; an unknown name is answered with the nearest known one."""
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-"):
            from kuiper_pack.spelling import did_you_mean

            meant = self.synonyms.get(name)
            hint = f'; "{meant}" does that' if meant in known else did_you_mean(name, known)
            ctx.fail(f'no such command "{name}"{hint}')
        return super().resolve_command(ctx, args)


class LazyGroup(Group):
    """A group whose commands live in modules named like them.

    ``commands_help`` maps each name to its line of the help page, so that the page costs no import;
    ``package`` is the package that holds the modules. A command may end with ``ctx.exit(code)`` or
    by returning the code; every other way to fail becomes one line on stderr
    (:mod:`kuiper_pack.cli.failure`).
    """

    def __init__(
        self, *args: Any, commands_help: Mapping[str, str], package: str, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.commands_help = commands_help
        self.package = package
        self.params.append(_debug_option())

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the table."""
        return list(self.commands_help)

    def find_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import the command."""
        if name not in self.commands_help:
            return None
        module = importlib.import_module(f"{self.package}.{name}")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands of the help page from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.commands_help.items()))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, report any failure as one line, and exit with the code of the command."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # not every encoding has every name
        settings = extra.setdefault("obj", {})
        try:
            if sys.stdout is None:
                raise click.ClickException("the standard output is closed: send it somewhere")
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()
        except BaseException as error:
            code = report(error, debug=bool(settings.get(DEBUG)))
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does; the ways to be stopped from outside do not reach its own handlers."""
        try:
            with _termination():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.Abort from None
        except BrokenPipeError:
            return reader_is_gone()


@contextmanager
def _termination() -> Iterator[None]:
    """Raise Terminated once for SIGTERM while the block runs; a process that ignores it goes on."""
    import signal

    before = signal.getsignal(signal.SIGTERM)
    if before is not signal.SIG_DFL or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_IGN)  # cleaning up is not to be interrupted again
        raise Terminated

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _debug_option() -> click.Option:
    return click.Option(
        ["--debug"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_remember_debug,
        help="Show the traceback of an error.",
    )


def _remember_debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    settings = ctx.find_root().obj
    if value and isinstance(settings, dict):
        settings[DEBUG] = True
