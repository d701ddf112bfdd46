"""A stand-in for the Python SDK, so that the programs of the recordings run as they were recorded.

It speaks the protocol with the code of the miniplugin. What is judged with it is the server: when a
process starts, what becomes of it, and what is told of it; never the SDK.
"""

import sys
import venv
from importlib.resources import files
from pathlib import Path

_EKUIPER = """\
from types import SimpleNamespace
from miniplugin import Plugin


class Context:
    pass


class Source:
    pass


class Sink:
    pass


class Function:
    pass


class PluginConfig:
    def __init__(self, name, sources, sinks, functions):
        self.name = name
        self.symbols = sources, sinks, functions


def _source(make):
    def run(running):
        source = make()
        source.configure(running.datasource, running.config)
        source.open(running)
    return run


def _sink(make):
    def collect(running, row):
        if not hasattr(running, "sink"):
            running.sink = make()
            running.sink.configure(running.config)
            running.sink.open(running)
        running.sink.collect(running, row)
    return collect


def _function(make):
    def call(*arguments):
        return make().exec(list(arguments), None)
    return call


def _start(config):
    ways = _source, _sink, _function
    symbols = [
        {name: way(make) for name, make in some.items()}
        for way, some in zip(ways, config.symbols)
    ]
    Plugin(config.name, *symbols).run()


plugin = SimpleNamespace(start=_start)
"""


def interpreter(folder: Path) -> Path:
    """A Python in ``folder`` that finds the stand-in where programs import the SDK."""
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python3*/site-packages"))
    portable = files("kuiper_pack.portable")
    code = {
        "ekuiper.py": _EKUIPER.encode(),
        "miniplugin.py": portable.joinpath("miniplugin/plugin.py").read_bytes(),
        "sp.py": portable.joinpath("sp.py").read_bytes(),
    }
    for name, data in code.items():
        (packages / name).write_bytes(data)
    return folder / "bin" / Path(sys.executable).name
