"""Portable plugins at work, without a server: started, called, fed, and ended.

with Host("echo.zip") as plugin:
    print(plugin.function("echo").exec([1]).result)
"""

from kuiper_pack.portable.errors import (
    BadMessage,
    CannotStart,
    CommandRefused,
    Died,
    InUse,
    NoHandshake,
    PluginError,
    TimedOut,
)
from kuiper_pack.portable.host import Host
from kuiper_pack.portable.messages import Meta, Reply, Row
from kuiper_pack.portable.symbols import Function, Sink, Source

__all__ = [
    "BadMessage",
    "CannotStart",
    "CommandRefused",
    "Died",
    "Function",
    "Host",
    "InUse",
    "Meta",
    "NoHandshake",
    "PluginError",
    "Reply",
    "Row",
    "Sink",
    "Source",
    "TimedOut",
]
