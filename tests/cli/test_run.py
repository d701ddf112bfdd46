"""``kuiper-pack run``: results as JSON lines, the log of the plugin beside them, clear faults."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.portable.plugins import HEAD, alone_in_tmp, written

__all__ = ["alone_in_tmp"]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="servers run portables on POSIX only")


def run(
    folder: Path, *arguments: str, stdin: str | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "kuiper_pack", "run", str(folder), *arguments],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def lines(done: "subprocess.CompletedProcess[str]") -> list[object]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_function_is_called_once_or_for_every_line(tmp_path: Path) -> None:
    folder = written(tmp_path)
    once = run(folder, "miniEcho", "--args", '[{"a": 1}]')
    assert (once.returncode, once.stderr) == (0, "")
    assert lines(once) == [{"args": [{"a": 1}], "result": {"a": 1}}]
    many = run(folder, "miniEcho", "--input", "-", stdin="[1]\n\n[2]\n")
    assert lines(many) == [{"args": [1], "result": 1}, {"args": [2], "result": 2}]


def test_an_error_of_a_function_is_a_result_and_the_exit_code(tmp_path: Path) -> None:
    done = run(written(tmp_path), "miniEcho", "--args", "[]")
    assert done.returncode == 1
    (result,) = lines(done)
    assert isinstance(result, dict)
    assert "missing 1 required positional argument" in result["error"]


def test_a_source_gives_its_rows_with_the_configuration_of_the_package(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "sources" / "miniCount.yaml").write_text(
        "default:\n  interval: 5000\nfast:\n  interval: 1\n"
    )
    done = run(folder, "miniCount", "--config", "fast", "--count", "3", "--datasource", "t")
    assert (done.returncode, done.stderr) == (0, "")
    assert lines(done) == [
        {"message": {"number": number, "datasource": "t"}, "meta": None} for number in range(3)
    ]
    late = run(folder, "miniCount", "--config", '{"interval": 60000}', "--seconds", "1.5")
    assert [late.returncode, len(lines(late))] == [0, 1]
    file = str(folder / "sources" / "miniCount.yaml")
    whole = run(folder, "miniCount", "--config", file)
    assert "is the yaml of the package: name a key of it: default, fast" in whole.stderr
    wrong = run(folder, "miniCount", "--config", "fats")
    assert wrong.returncode == 2
    assert 'did you mean "fast"?' in wrong.stderr


def test_a_sink_takes_rows_and_what_it_prints_is_beside_them(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"n": 1}\n{"n": 2}\n')
    done = run(
        written(tmp_path), "miniLines", "--input", str(rows), "--config", '{"requireAck": true}'
    )
    assert done.returncode == 0
    assert lines(done) == [{"row": {"n": n}, "acknowledged": True} for n in (1, 2)]
    assert done.stderr == '  | {"n": 1}\n  | {"n": 2}\n'


def test_what_a_server_would_trip_over_is_noted(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("1\n" * 50)
    done = run(
        written(tmp_path), "miniLines", "--input", str(rows), "--config", '{"path": "/dev/null"}'
    )
    assert done.returncode == 0
    assert "note: sink miniLines acknowledges rows, and the server reads that only" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["miniEcho"], 2, "a function needs --args"),
        (["miniEcho", "--args", "1"], 2, "the arguments of a function are a list"),
        (["miniEcho", "--args", "[1"], 2, "--args: no JSON"),
        (["miniEco", "--args", "[1]"], 2, 'did you mean "miniEcho"?'),
        ([], 2, "name the symbol to run: miniCount (source)"),
        (["miniLines"], 2, "a sink needs rows"),
        (["miniEcho", "--input", "-", "--watch"], 2, "stdin can be read once only"),
        (["miniLines", "--args", "[1]"], 2, "--args is for functions, and miniLines is a sink"),
        (["miniCount", "--input", "-"], 2, "--input is for functions and sinks, and miniCount"),
        (["miniEcho", "--args", "[1]", "--datasource", "t"], 2, "--datasource is for sources"),
        (["miniEcho", "--args", "[1]", "--python", "nowhere"], 2, "nowhere: no such interpreter"),
        (["miniEcho", "--args", "[1]", "--server", "0.9.1"], 2, "0.9.1 has no portable plugins"),
    ],
)
def test_what_cannot_be_run_is_one_line(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    done = run(written(tmp_path), *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_the_project_of_a_native_plugin_is_sent_to_its_tests(tmp_path: Path) -> None:
    (tmp_path / "kuiper-pack.toml").write_text('kind = "source"\nname = "tide"\n')
    (tmp_path / "tide.json").write_text("{}")
    done = run(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"kuiper-pack: {tmp_path}: a native source: portable plugins run here; go test tries "
        "this one\n"
    )


def test_what_is_wrong_with_a_zip_is_told_by_its_own_name(tmp_path: Path) -> None:
    package = tmp_path / "my.zip"
    with zipfile.ZipFile(package, "w") as file:
        file.writestr("mini.json", '{"language": "python", "executable": "main.py"}')
    done = run(package, "miniEcho", "--args", "[1]")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"{package}/mini.json: " in done.stderr


def test_arguments_come_through_a_pipe_and_have_to_be_text(tmp_path: Path) -> None:
    folder = written(tmp_path)
    done = run(folder, "miniEcho", "--input", "/dev/stdin", stdin="[1]\n")
    assert lines(done) == [{"args": [1], "result": 1}]
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes(b'["caf\xe9"]\n')
    wrong = run(folder, "miniEcho", "--input", str(latin))
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert f"{latin}:1: not UTF-8" in wrong.stderr
    with latin.open("rb") as file:
        piped = subprocess.run(
            [sys.executable, "-m", "kuiper_pack", "run", folder, "miniEcho", "--input", "-"],
            stdin=file,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    assert (piped.returncode, piped.stderr) == (2, wrong.stderr.replace(str(latin), "-"))


def test_a_plugin_that_dies_is_one_line_and_its_log(tmp_path: Path) -> None:
    main = HEAD + "mini(functions={'miniEcho': lambda *a: (print('bye', flush=True), os._exit(7))})"
    done = run(written(tmp_path, main=main), "miniEcho", "--args", "[1]")
    assert done.returncode == 1
    assert done.stderr == (
        "  | bye\nkuiper-pack: mini ended with exit code 7 during Exec of miniEcho; "
        "it printed last: bye\n"
    )


def test_an_interrupt_ends_the_plugin_too(tmp_path: Path) -> None:
    folder = written(tmp_path)
    command = [sys.executable, "-m", "kuiper_pack", "run", str(folder), "miniCount"]
    with subprocess.Popen(
        [*command, "--count", "100000", "--seconds", "600"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.stderr.read() == "kuiper-pack: interrupted\n"
        assert process.wait(30) == 130
    assert not Path("/tmp/plugin_mini.ipc").exists()


def test_a_change_runs_it_again(tmp_path: Path) -> None:
    folder = written(tmp_path)
    command = [sys.executable, "-m", "kuiper_pack", "run", str(folder), "miniEcho", "--watch"]
    with subprocess.Popen(
        [*command, "--args", "[1]"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["result"] == 1
        program = (folder / "main.py").read_text().replace("return value", "return [value]")
        (folder / "main.py").write_text(program)
        assert json.loads(process.stdout.readline())["result"] == [1]
        manifest = (folder / "mini.json").read_text()
        (folder / "mini.json").write_text(manifest[:10])
        while "mini.json: unexpected end of JSON input" not in (line := process.stderr.readline()):
            assert line
        (folder / "mini.json").write_text(manifest)
        assert json.loads(process.stdout.readline())["result"] == [1]
        process.send_signal(signal.SIGINT)
        process.stdout.read()
