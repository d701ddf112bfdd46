"""``kuiper-pack run``."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import click

from kuiper_pack.cli.options import Choice, name_option


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("symbol", required=False)
@click.option(
    "--kind",
    type=Choice(["source", "sink", "function"]),
    help="The kind of the symbol, where two share the name.",
)
@name_option
@click.option("--args", "arguments", metavar="JSON", help="The arguments of a function: [1, 2].")
@click.option(
    "--input",
    "input_file",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE.jsonl",
    help="Rows for a sink or argument lists for a function, one JSON value a line; - is stdin.",
)
@click.option(
    "--config",
    metavar="KEY|JSON|FILE",
    help="The configuration: a key of the package's yaml, an object, or a file.",
)
@click.option("--datasource", default="", help="What the stream of a source is created with.")
@click.option(
    "--count",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="The rows of a source after which it ends.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="The time after which a source ends.",
)
@click.option(
    "--python",
    type=click.Path(path_type=Path),
    metavar="PYTHON|VENV",
    help="The interpreter of the plugin; default: a venv in its folder, then the first on PATH.",
)
@click.option(
    "--server",
    metavar="RELEASE",
    help="The release whose ways are followed; default: the newest.",
)
@click.option("--watch", is_flag=True, help="Run it again whenever a file of the folder changes.")
def run(
    path: Path,
    symbol: str | None,
    kind: str | None,
    name: str | None,
    arguments: str | None,
    input_file: Path | None,
    config: str | None,
    datasource: str,
    count: int,
    seconds: float,
    python: Path | None,
    server: str | None,
    watch: bool,
) -> int:
    """Run a symbol of a portable plugin, with no server; results are JSON, one a line.

    PATH is its folder or its zip. What the plugin prints goes to stderr. The code of the plugin is
    run with your permissions; install.sh is not. Exit codes: 0 every result is good, 1 the plugin
    fails or refuses, 2 it cannot be run.
    """
    from kuiper_pack.cli.failure import report
    from kuiper_pack.cli.paths import check_local
    from kuiper_pack.cli.releases import chosen_releases
    from kuiper_pack.errors import KuiperPackError
    from kuiper_pack.portable.configuration import configuration
    from kuiper_pack.portable.errors import CannotStart, InUse, PluginError
    from kuiper_pack.portable.exercise import Exercise, results, symbol_of
    from kuiper_pack.portable.host import Host
    from kuiper_pack.portable.program import read_program
    from kuiper_pack.portable.unpack import unpacked
    from kuiper_pack.portable.watch import changes
    from kuiper_pack.profiles import profile

    check_local(path)
    release = chosen_releases((server,) if server else ())[-1]
    if input_file is not None and arguments is not None:
        raise click.UsageError("--args and --input are given: choose one")
    if watch and str(input_file) == "-":
        raise click.UsageError("--watch needs --input FILE.jsonl: stdin can be read once only")

    def once() -> int:
        try:
            with unpacked(path) as folder:
                program = read_program(folder, profile(release), name, shown=path)
                which, called = symbol_of(program, symbol, kind)
                if datasource and which != "source":
                    raise _misfit("--datasource", "sources", which, called)
                exercise = Exercise(
                    which,
                    called,
                    _inputs(which, called, arguments, input_file),
                    configuration(program, which, called, config),
                    datasource,
                    count,
                    seconds,
                )
                with Host(folder, server=release, python=python, name=name, on_line=_log) as plugin:
                    good = _print(results(plugin, exercise))
                for note in plugin.notes:
                    click.echo(f"note: {note}", err=True)
        except (CannotStart, InUse):
            raise
        except PluginError as error:
            click.echo(f"kuiper-pack: {error}", err=True)
            return 1
        return 0 if good else 1

    _check_is_portable(path)
    if not watch or not path.exists():
        return once()
    for _ in changes(path):
        try:
            once()
        except KuiperPackError as error:
            report(error, debug=False)
        click.echo(f"watching {path}: a change runs it again, Ctrl-C ends it", err=True)
    return 0


def _misfit(option: str, kinds: str, kind: str, symbol: str) -> click.UsageError:
    return click.UsageError(f"{option} is for {kinds}, and {symbol} is a {kind}")


def _inputs(kind: str, symbol: str, arguments: str | None, file: Path | None) -> Iterable[Any]:
    """What goes in; that it is there is known before anything runs."""
    if arguments is not None and kind != "function":
        raise _misfit("--args", "functions", kind, symbol)
    if file is not None:
        if kind == "source":
            raise _misfit("--input", "functions and sinks", kind, symbol)
        if str(file) != "-" and (not file.exists() or file.is_dir()):
            raise click.UsageError(f"--input: {file}: no such file")
        return _lines(kind, file)
    if kind == "function" and arguments is None:
        raise click.UsageError("a function needs --args '[...]' or --input FILE.jsonl")
    if kind == "sink":
        raise click.UsageError("a sink needs rows: --input FILE.jsonl, or --input - for stdin")
    return [_value(arguments, "--args", kind)] if arguments is not None else []


def _lines(kind: str, file: Path) -> Iterator[Any]:
    from kuiper_pack.errors import KuiperPackError

    with _from_stdin() if str(file) == "-" else file.open(encoding="utf-8") as stream:
        number = 0
        try:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield _value(line, f"{file}:{number}", kind)
        except UnicodeDecodeError as error:
            raise KuiperPackError(f"{file}:{number + 1}: not UTF-8: {error.reason}") from error


def _check_is_portable(path: Path) -> None:
    """Raise KuiperPackError for the folder of a native plugin, which needs a server to run in."""
    from kuiper_pack.build.project import read_project
    from kuiper_pack.errors import KuiperPackError
    from kuiper_pack.package.kind import Kind

    kind = read_project(path).kind if path.is_dir() else None
    if kind not in (None, Kind.PORTABLE):
        raise KuiperPackError(
            f"{path}: a native {kind.value}: portable plugins run here; go test tries this one"
        )


def _from_stdin() -> TextIO:
    """Standard input as UTF-8, whatever the locale is: that would let other bytes through."""
    if sys.stdin is None:
        raise click.UsageError("--input -: standard input is closed")
    return open(sys.stdin.fileno(), encoding="utf-8", closefd=False)


def _value(text: str, where: str, kind: str) -> Any:
    from kuiper_pack.errors import KuiperPackError

    try:
        value = json.loads(text)
    except ValueError as error:
        raise KuiperPackError(f"{where}: no JSON, {error}") from error
    if kind == "function" and not isinstance(value, list):
        raise KuiperPackError(f"{where}: the arguments of a function are a list, as in [1, 2]")
    return value


def _print(found: Iterator[dict[str, Any]]) -> bool:
    """Print each result as it comes; whether all are good."""
    from kuiper_pack.portable.messages import as_go

    good = True
    for result in found:
        click.echo(json.dumps(as_go(result), ensure_ascii=False))
        good = good and "error" not in result
    return good


def _log(line: str) -> None:
    """Show a line of the plugin's log beside the results."""
    from kuiper_pack.spelling import printable

    click.echo(click.style(f"  | {printable(line)}", dim=True), err=True)
