"""What can go wrong with a running plugin, each with the line that a user reads."""

from kuiper_pack.errors import KuiperPackError


class PluginError(KuiperPackError):
    """A running plugin did what it must not; ``log`` are the last lines that it printed."""

    def __init__(self, message: str, log: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.log = log


class CannotStart(PluginError):
    """The process could not be started; ``reason`` is that of the system, where it has one."""

    def __init__(self, message: str, reason: str = "", log: tuple[str, ...] = ()) -> None:
        super().__init__(message, log)
        self.reason = reason


class NoHandshake(PluginError):
    """The process runs, and did not shake hands in time."""


class Died(PluginError):
    """The process ended by itself; ``status`` is its exit code, or minus the signal."""

    def __init__(self, message: str, status: int, log: tuple[str, ...] = ()) -> None:
        super().__init__(message, log)
        self.status = status


class CommandRefused(PluginError):
    """The plugin answered a command with something else than ``ok``; ``answer`` is that."""

    def __init__(self, message: str, answer: str, log: tuple[str, ...] = ()) -> None:
        super().__init__(message, log)
        self.answer = answer


class TimedOut(PluginError):
    """No answer, no row and no acknowledgement within the time."""


class BadMessage(PluginError):
    """What the plugin sent cannot be read: no protocol, no JSON, or not the JSON it should be."""


class InUse(PluginError):
    """Another process holds a socket of this name."""
