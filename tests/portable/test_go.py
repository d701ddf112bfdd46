"""A plugin in Go, on the library that Go plugins and servers use, runs as in a server."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kuiper_pack.portable import CommandRefused, Host
from tests.portable.plugins import alone_in_tmp

__all__ = ["alone_in_tmp"]
pytestmark = [
    pytest.mark.go,
    pytest.mark.skipif(os.name != "posix", reason="servers run portables on POSIX only"),
    pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed"),
]

MANIFEST = {
    "version": "1.0.0",
    "language": "go",
    "executable": "gopeer",
    "sources": ["goCount"],
    "sinks": ["goLines", "goMissing"],
    "functions": ["goEcho"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("go") / "gopeer"
    source = Path(__file__).parent / "gopeer"
    if (got := _go(source, "mod", "download")).returncode:
        pytest.skip(f"Go modules cannot be had: {got.stderr.strip()}")
    built = _go(source, "build", "-trimpath", "-o", str(home / "gopeer"), ".")
    assert built.returncode == 0, built.stderr
    (home / "gopeer.json").write_text(json.dumps(MANIFEST))
    return home


def _go(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["go", *arguments],
        cwd=folder,
        env={**os.environ, "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("server", ["2.4.0", "1.14.7", "1.4.4"])
def test_every_kind_of_symbol_runs(tmp_path: Path, folder: Path, server: str) -> None:
    out = tmp_path / "out"
    with Host(folder, server=server) as plugin:
        with plugin.function("goEcho") as echo:
            assert echo.validate([]) == "one argument is needed"
            assert echo.validate([1]) == ""
            assert echo.is_aggregate() is False
            assert [echo.exec([n]).result for n in range(50)] == [*range(50)]
        with plugin.source("goCount", datasource="t", config={"interval": 1}) as count:
            rows = [count.row(5) for _ in range(50)]
        assert [row.message for row in rows] == [
            {"number": n, "datasource": "t"} for n in range(50)
        ]
        with plugin.sink("goLines", config={"path": str(out)}) as lines:
            assert [lines.collect({"n": n}) for n in range(50)] == [""] * 50
        assert bool(plugin.notes) is bool(plugin.profile.portable_ack_option)
    assert out.read_text() == "".join(f'{{"n":{n}}}\n' for n in range(50))


@pytest.mark.parametrize(
    ("server", "option"), [("2.4.0", {"requireAck": True}), ("1.14.7", {"requiredACKs": 1})]
)
def test_rows_are_acknowledged(
    tmp_path: Path, folder: Path, server: str, option: dict[str, object]
) -> None:
    config = {"path": str(tmp_path / "out"), **option}
    with Host(folder, server=server) as plugin:
        with plugin.sink("goLines", config=config) as lines:
            assert [lines.collect({"n": n}) for n in range(50)] == [""] * 50
            assert lines.acknowledged == 50
        with plugin.sink("goLines", config={**config, "path": str(tmp_path)}) as lines:
            assert "is a directory" in lines.collect({"n": 1})
        assert plugin.notes == []


def test_a_restart_and_a_refusal(folder: Path) -> None:
    with Host(folder) as plugin:
        echo = plugin.function("goEcho")
        assert echo.exec([1]).result == 1
        plugin.restart()
        assert echo.exec([2]).result == 2
        with pytest.raises(CommandRefused, match="symbol goMissing not found"):
            plugin.sink("goMissing")
