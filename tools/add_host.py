"""Add a server to the table of hosts, or what a Go version makes of what all servers share.

``add_host.py RELEASE official|rebuilt KUIPERD`` takes the hashes of packages that plugins can share
with a server, and the layout of its module data, from its binary: no code.
``add_host.py GO CONTRACT`` builds a program of the whole standard library and the contract with
that Go version, and takes the same from it. A line for the same is replaced.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from kuiper_pack.goplugin import hosts
from kuiper_pack.goplugin.read import Binary, read_binary
from kuiper_pack.profiles import CONTRACT

TABLE = Path(hosts.__file__).with_name("hosts.jsonl")


def main(*arguments: str) -> None:
    """Write the line that the arguments ask for into the table."""
    if len(arguments) == 2:
        with tempfile.TemporaryDirectory() as folder:
            binary = read_binary(whole_library(*arguments, Path(folder)))
        line = hosts.line_of(binary, "", "toolchain", frozenset({CONTRACT}))
    else:
        release, origin, kuiperd = arguments
        binary = read_binary(Path(kuiperd))
        line = hosts.line_of(binary, release, origin, _shared(binary))
    add(line)


def add(line: dict[str, Any]) -> None:
    """Put a line into the table, in the order of Go versions."""
    lines = [json.loads(text) for text in TABLE.read_text(encoding="utf-8").splitlines()]
    kept = [one for one in lines if _key(one) != _key(line)]
    text = "".join(
        f"{json.dumps(one, separators=(',', ':'))}\n" for one in sorted([*kept, line], key=_key)
    )
    TABLE.write_text(text, encoding="utf-8")


def whole_library(go: str, contract: str, folder: Path) -> Path:
    """A program that imports the standard library and the contract, built in ``folder``."""
    module = f"module whole\n\ngo {go}\n\nrequire {CONTRACT} {contract}\n"
    (folder / "go.mod").write_text(module, encoding="utf-8")
    listed = _go(go, folder, "list", "std").split()
    packages = [one for one in listed if not {"internal", "vendor"} & set(one.split("/"))]
    imports = "".join(f'import _ "{one}"\n' for one in [*packages, f"{CONTRACT}/api"])
    (folder / "main.go").write_text(f"package main\n\n{imports}\nfunc main() {{}}\n", "utf-8")
    _go(go, folder, "mod", "tidy")
    _go(go, folder, "build", "-trimpath", "-o", "whole", ".")
    return folder / "whole"


def _go(version: str, folder: Path, *arguments: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CGO_")}
    clean |= {"GOTOOLCHAIN": f"go{version}", "GOWORK": "off", "GOFLAGS": "", "CGO_ENABLED": "1"}
    done = subprocess.run(
        ["go", *arguments], cwd=folder, env=clean, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def _shared(binary: Binary) -> frozenset[str]:
    """The modules of a server, but for its own, whose packages depend on tags."""
    modules = binary.build.dependencies if binary.build else ()
    return frozenset(one.path for one in modules if one.replaced_by is None)


def _key(line: dict[str, Any]) -> tuple[object, ...]:
    numbers = tuple(int(part) for part in line["go"].split("."))
    whose = line["release"] or line["modules"].get(CONTRACT, "")
    return numbers, line["origin"], whose, line["machine"]


if __name__ == "__main__":
    main(*sys.argv[1:])
