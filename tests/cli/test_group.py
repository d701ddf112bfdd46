"""The command line fails in one line, suggests, and stays quick to start."""

import importlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from kuiper_pack import __version__, cli
from kuiper_pack.cli import COMMANDS

STAND_IN = """
import sys, time, types
import click
from kuiper_pack import cli
from kuiper_pack.errors import KuiperPackError

@click.command()
@click.argument("how")
def demo(how):
    if how == "wait":
        print("ready", flush=True)
        time.sleep(60)
    elif how == "write":
        for _ in range(100_000):
            print("x" * 100)
    elif how == "refuse":
        return 1
    elif how == "known":
        raise KuiperPackError("no package at x.zip;\\n give the path of a zip")
    elif how == "file":
        open("no/such/file")
    elif how == "bug":
        raise ValueError("two\\nlines")
    elif how == "memory":
        raise MemoryError

sys.modules["kuiper_pack.cli.demo"] = module = types.ModuleType("kuiper_pack.cli.demo")
module.demo = demo
cli.main(prog_name="kuiper-pack")
"""


def kuiper_pack(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "kuiper_pack", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def stand_in(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", STAND_IN, "demo", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_version_is_that_of_the_package() -> None:
    result = kuiper_pack("--version")
    assert (result.returncode, result.stdout) == (0, f"kuiper-pack {__version__}\n")


def test_help_lists_every_command_with_its_line() -> None:
    result = kuiper_pack("--help")
    assert result.returncode == 0
    words = " ".join(result.stdout.split())
    for name, line in COMMANDS.items():
        assert f" {name} {line}" in words


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], []])
def test_start_imports_no_command_and_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import json, sys\n"
        "from kuiper_pack.cli import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit:\n    print('\\n' + json.dumps(sorted(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = json.loads(result.stdout.splitlines()[-1])
    ours = {name for name in loaded if name.startswith("kuiper_pack")}
    ends = {"kuiper_pack.cli.failure", "kuiper_pack.errors"}
    assert ours == {"kuiper_pack", "kuiper_pack.cli", "kuiper_pack.cli.group", *ends}
    heavy = {"asyncio", "difflib", "jsonschema", "json.tool", "requests", "rich", "yaml", "zlib_ng"}
    assert not heavy & set(loaded)


@pytest.mark.parametrize("name", COMMANDS)
def test_command_has_help_and_a_help_for_every_option(name: str) -> None:
    command = getattr(importlib.import_module(f"kuiper_pack.cli.{name}"), name)
    assert isinstance(command, click.Command)
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[0]} has no help"


@pytest.mark.parametrize("group", [(), ("remote",)])
def test_no_command_shows_the_help_and_fails(group: tuple[str, ...]) -> None:
    result = kuiper_pack(*group)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith(" ".join(["Usage: kuiper-pack", *group]))
    assert "\nCommands:\n" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["valdate"], 'kuiper-pack: no such command "valdate"; did you mean "validate"?'),
        (["Build"], 'kuiper-pack: no such command "Build"; did you mean "build"?'),
        (["qqq"], 'kuiper-pack: no such command "qqq"'),
        (["--versoin"], "kuiper-pack: no such option --versoin; did you mean --version?"),
    ],
)
def test_wrong_word_is_answered_with_the_nearest_right_one(arguments: list[str], line: str) -> None:
    result = kuiper_pack(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == f"{line} (see kuiper-pack --help)\n"


def test_wrong_option_of_a_command_names_the_command() -> None:
    result = stand_in("x", "--debg")
    assert result.returncode == 2
    assert result.stderr == (
        "kuiper-pack demo: no such option --debg; did you mean --debug? "
        "(see kuiper-pack demo --help)\n"
    )


def test_missing_argument_is_one_line() -> None:
    result = stand_in()
    assert result.returncode == 2
    assert result.stderr == (
        "kuiper-pack demo: missing argument 'HOW' (see kuiper-pack demo --help)\n"
    )


@pytest.mark.parametrize(
    ("how", "code", "line"),
    [
        ("refuse", 1, ""),
        ("known", 2, "kuiper-pack: no package at x.zip; give the path of a zip\n"),
        ("file", 2, "kuiper-pack: no/such/file: No such file or directory\n"),
        ("memory", 2, "kuiper-pack: out of memory\n"),
        (
            "bug",
            2,
            "kuiper-pack: unexpected ValueError: two lines; "
            "run again with --debug and report what it shows\n",
        ),
    ],
)
def test_command_ends_with_its_code_and_at_most_one_line(how: str, code: int, line: str) -> None:
    result = stand_in(how)
    assert (result.returncode, result.stdout, result.stderr) == (code, "", line)


def test_debug_adds_the_traceback_before_the_line() -> None:
    result = stand_in("bug", "--debug")
    assert result.returncode == 2
    assert result.stderr.startswith("Traceback (most recent call last):\n")
    assert result.stderr.endswith("\nkuiper-pack: unexpected ValueError: two lines\n")


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to one process")
@pytest.mark.parametrize(
    ("how", "code", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
def test_being_stopped_is_one_line_and_the_exit_code_of_the_signal(
    how: signal.Signals, code: int, word: str
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STAND_IN, "demo", "wait"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(how)
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (code, f"kuiper-pack: {word}\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("arguments", [["--version"], ["rules"], ["rules", "-o", "/dev/full"]])
def test_a_full_disk_is_one_line_that_names_the_target(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "kuiper_pack", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    target = "/dev/full" if "-o" in arguments else "standard output"
    assert result.returncode == 2
    assert result.stderr == f"kuiper-pack: {target}: No space left on device\n"


def test_reader_that_goes_away_gets_silence_and_exit_2() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STAND_IN, "demo", "write"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 2


def test_a_module_of_the_command_line_is_a_command_or_a_helper() -> None:
    folder = Path(cli.__file__).parent
    helpers = {"__init__", "failure", "group", "options"}
    modules = {path.stem for path in folder.glob("*.py")}
    assert set(COMMANDS) <= modules
    for name in modules - helpers - set(COMMANDS):
        module = importlib.import_module(f"kuiper_pack.cli.{name}")
        assert not any(isinstance(value, click.Command) for value in vars(module).values()), (
            f"{name} holds a command that COMMANDS does not list"
        )
