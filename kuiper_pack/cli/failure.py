"""How a command fails: one line on stderr that says what to do, and an exit code."""

import contextlib
import errno
import os
import sys

import click

from kuiper_pack.errors import KuiperPackError

CANNOT = 2
INTERRUPTED = 130
TERMINATED = 143
_FULL = {getattr(errno, name, None) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EBADF")} - {
    None
}
"""Why writing fails; whatever else is written to puts its own name into the error."""


class Terminated(BaseException):
    """SIGTERM: what was begun is cleaned up on the way out, as after Ctrl-C."""


def report(error: BaseException, *, debug: bool) -> int:
    """Print what ``error`` means for the user and return the exit code.

    ``SystemExit`` keeps its code; with ``debug`` the traceback comes first.
    """
    if isinstance(error, SystemExit):
        return _code_of(error)
    if isinstance(error, BrokenPipeError):
        return reader_is_gone()
    if debug:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, OSError) and not error.filename and error.errno in _FULL:
        reader_is_gone()
        error = OSError(error.errno, error.strerror, "standard output")
    prefix, message, code = _explain(error, debug=debug)
    click.echo(f"{prefix}: {message}", err=True)
    return code


def reader_is_gone() -> int:
    """Silence stdout for good and return the exit code; nobody reads what would follow."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return CANNOT


def _explain(error: BaseException, *, debug: bool) -> tuple[str, str, int]:
    """The program or command that speaks, what it says, and the exit code."""
    name = "kuiper-pack"
    match error:
        case KeyboardInterrupt() | click.Abort():
            return name, "interrupted", INTERRUPTED
        case Terminated():
            return name, "terminated", TERMINATED
        case KuiperPackError():
            return name, _one_line(str(error)), CANNOT
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else name
            return command, f"{_usage(error)} (see {command} --help)", CANNOT
        case click.ClickException():
            return name, _one_line(error.format_message()), CANNOT
        case OSError() if error.strerror:
            where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
            return name, _one_line(f"{where}{error.strerror}"), CANNOT
        case MemoryError():
            return name, "out of memory", CANNOT
    text = _one_line(f"{type(error).__name__}: {error}")
    hint = "" if debug else "; run again with --debug and report what it shows"
    return name, f"unexpected {text}{hint}", CANNOT


def _usage(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        close = error.possibilities or ()
        suggestion = f"; did you mean {' or '.join(close)}?" if close else ""
        return f"no such option {error.option_name}{suggestion}"
    text = _one_line(error.format_message()).rstrip(".")
    return text[:1].lower() + text[1:]


def _one_line(text: str) -> str:
    return " ".join(text.split()) or "no reason given"


def _code_of(error: SystemExit) -> int:
    if error.code is None or isinstance(error.code, int):
        return error.code or 0
    click.echo(error.code, err=True)
    return CANNOT
