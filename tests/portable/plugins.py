"""Plugins for tests: the one that is shipped, and ones that misbehave."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kuiper_pack.portable.isolation import TMP
from kuiper_pack.portable.miniplugin import write

_OURS = re.compile(r"mini|greeter|gopeer|go(Count|Lines|Echo)")
_PRIVATE = re.compile(r"^kp-(\d+)-")


@pytest.fixture(autouse=True)
def alone_in_tmp() -> Iterator[None]:
    """Wait for the tests of other processes, as plugins have /tmp built in; leave nothing there."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    folder = os.open(TMP, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        before = {*TMP.iterdir()}
        yield
        new = {path.name for path in {*TMP.iterdir()} - before}
    finally:
        os.close(folder)
    left = {name for name in new if _OURS.search(name) or _is_forgotten(name)}
    assert not left, f"left behind in {TMP}: {left}"


def _is_forgotten(name: str) -> bool:
    """Whether it is the folder of a host of ours, or of one whose process has ended."""
    found = _PRIVATE.match(name)
    if found is None or int(found[1]) == os.getpid():
        return found is not None
    return not Path("/proc", found[1]).exists()


def written(folder: Path, name: str = "mini", main: str | None = None, **more: str) -> Path:
    """The folder of a plugin; ``main`` replaces its program, ``more`` are further files."""
    home = write(folder / name, name)
    if main is not None:
        (home / "main.py").write_text(main)
    for file, text in more.items():
        (home / f"{file}.py").write_text(text)
    return home


HEAD = """
import json, os, signal, socket, struct, subprocess, sys, threading, time
import sp
from plugin import Connection, Plugin, dial, serve

def control(name="plugin_mini.ipc"):
    return dial(name, sp.Protocol.REQ)

def shake(connection, number=1, said=b"handshake"):
    connection.send(sp.request_id(number) + said)
    return sp.split_request(connection.receive())[1]

def mini(**symbols):
    Plugin("mini", **symbols).run()
"""
"""What the programs below begin with."""
