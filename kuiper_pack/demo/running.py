"""A chapter of the story: a portable plugin at work, with no server."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from kuiper_pack.demo.step import Result, Step
from kuiper_pack.portable import Host


def run_alone(package: Path) -> Iterator[Step]:
    """Call a function of the miniplugin ``package``, in a process of its own."""
    function, arguments = f"{package.stem}Echo", ["hello"]
    command = f"kuiper-pack run {package.name} {function} --args '{json.dumps(arguments)}'"
    if os.name != "posix":
        yield Step(command, ("portable plugins run on Linux and macOS only",), Result.SKIPPED)
        return
    # any Python will do for it: here the one that is surely there
    with (
        Host(package, python=sys.executable) as plugin,
        plugin.function(function) as echo,
    ):
        result = echo.exec(arguments).result
    right = result == arguments[0]
    answer = json.dumps({"args": arguments, "result": result})
    yield Step(command, (answer,), Result.DONE if right else Result.FAILED)
