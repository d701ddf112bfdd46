"""Go plugins: reading one against hashing it, and predicting for a server that is known."""

import os
import subprocess
import tracemalloc
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import Row, pair, row, run, shown, timed
from kuiper_pack.goplugin.dynamic import DT_RELASZ, DT_RELSZ, Dynamic, Symbols
from kuiper_pack.goplugin.host import host_of
from kuiper_pack.goplugin.image import Image
from kuiper_pack.goplugin.predict import Candidate, predict
from kuiper_pack.goplugin.read import read_binary

LARGE = "KUIPER_PACK_LARGE_PLUGIN"
"""A variable that names a plugin to read; without it one of the standard library is compiled."""
_SYMBOL = {64: 24, 32: 16}


def go_plugins(folder: Path, rounds: int) -> Iterator[Row]:
    """Reading a plugin, its memory, and a prediction."""
    try:
        plugin = Path(os.environ[LARGE]) if LARGE in os.environ else _whole_library(folder)
    except (OSError, subprocess.CalledProcessError) as error:
        yield f"read a Go plugin: no Go ({error})", "", "", "", "1.5"
        return
    size = plugin.stat().st_size
    hashing = timed(run, ["sha256sum", plugin])
    read = pair(timed(read_binary, plugin), hashing, rounds)
    aim = "1.5" if size < 60 << 20 else "2"
    yield row(f"read a Go plugin of {size / 1e6:.0f} MB", read, "sha256sum", aim)

    tables = _dynamic_tables(plugin.read_bytes())
    tracemalloc.start()
    binary = read_binary(plugin)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    against = f"dynamic tables: {tables / 1e6:.1f} MB"
    yield "... and the memory for it", f"{peak / 1e6:.1f} MB", against, f"{peak / tables:.2f}", "3"

    host = host_of(binary, "the server")
    seconds = timed(partial(predict, host, [Candidate("plugin.so", binary)]))()
    yield "predict for a server that was read", shown(seconds), "", "", "0.3 s"


def _whole_library(folder: Path) -> Path:
    """A plugin that has the standard library in it."""
    environment = os.environ | {"GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "1"}
    go = partial(
        subprocess.run, cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    (folder / "go.mod").write_text("module example.test/large\n")
    listed = go(["go", "list", "std"]).stdout.split()
    packages = [one for one in listed if not {"internal", "vendor"} & set(one.split("/"))]
    imports = "".join(f'import _ "{one}"\n' for one in packages)
    (folder / "main.go").write_text(f"package main\n\n{imports}\nfunc main() {{}}\n")
    go(["go", "build", "-trimpath", "-buildmode=plugin", "-o", "large.so", "."])
    return folder / "large.so"


def _dynamic_tables(content: bytes) -> int:
    """Bytes of the tables of symbols, names and relocations."""
    image = Image(content)
    dynamic = Dynamic(image)
    symbols = len(Symbols(image, dynamic)) * _SYMBOL[image.elf.bits]
    relocations = dynamic.value(DT_RELASZ) + dynamic.value(DT_RELSZ)
    return symbols + len(dynamic.strings) + relocations
