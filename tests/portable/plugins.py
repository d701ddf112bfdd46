"""Plugins for tests: the one that is shipped, and ones that misbehave."""

from pathlib import Path

from kuiper_pack.portable.miniplugin import files


def written(folder: Path, name: str = "mini", main: str | None = None, **more: str) -> Path:
    """The folder of a plugin; ``main`` replaces its program, ``more`` are further files."""
    home = folder / name
    for file, content in files(name).items():
        path = home / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
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
