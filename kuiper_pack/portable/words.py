"""What a server says of a plugin that does not start, or has ended."""

import signal
from contextlib import suppress

from kuiper_pack.portable.errors import CannotStart, InUse, PluginError


def not_started(error: PluginError, executable: str) -> str:
    """The whole error of a server since 2.0 whose plugin does not start (api P-13, P-14).

    ``executable`` is its path as the server has it. A process that ends before its handshake is not
    noticed by any release: it waits until the time for the handshake is over.
    """
    if isinstance(error, InUse):
        return "can't create new control channel: can't listen on rep socket: address in use"
    if isinstance(error, CannotStart):
        reason = f"fork/exec {executable}: {_go(error.reason)}" if error.reason else str(error)
        return f"plugin executable {executable} stops with error {reason}"
    return f"plugin {executable} control handshake error: receive time out"


def ended(status: int) -> str:
    """How a process ended, as Go says it: ``exit status 3``, ``signal: killed``; empty for 0.

    ``status`` is the exit code or minus the signal. It is the ``errMsg`` of the status of a
    plugin (api section 8.3), whose ``status`` is then ``error``.
    """
    if status >= 0:
        return f"exit status {status}" if status else ""
    name: str | None = None
    with suppress(ValueError):
        name = signal.strsignal(-status)
    return f"signal: {_go(name) if name else -status}"


def _go(words: str | None) -> str:
    """The words of the C library in the spelling of Go: lower case but for abbreviations."""
    words = words or ""
    return words if words[1:2].isupper() or words[1:2] == "/" else words[:1].lower() + words[1:]
