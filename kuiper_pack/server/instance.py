"""The process of one portable plugin over all its lives, and the status that a server tells."""

import logging
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.portable import CannotStart, Died, Host, InUse, NoHandshake, PluginError
from kuiper_pack.portable.program import Program
from kuiper_pack.portable.words import ended, not_started
from kuiper_pack.server.errno_words import words as said
from kuiper_pack.server.uses import Function

_LOG = logging.getLogger(__name__)
_GOES_WITHIN = 5.0
_ISOLATED = (
    "plugin %s: another plugin, or a server or host beside this one, has a socket of its name or "
    "of its functions, so it gets a /tmp of its own: nobody else sees files that it makes there"
)
_NOT_STARTED = (CannotStart, InUse, Died, NoHandshake)


class Status(NamedTuple):
    """What a server says of the process: ``running``, ``initializing``, ``error`` or ``stop``."""

    word: str
    message: str = ""


class Instance:
    """The process of a plugin; it is there from the first try to start it on.

    ``make`` makes a host for a program; it is given what to call when the process ends. All but
    ``give_up`` is called by one thread at a time.
    """

    def __init__(self, name: str, make: Callable[[Program, Callable[[int], None]], Host]) -> None:
        self.name = name
        self.status = Status("initializing")
        self.references: dict[str, int] = {}
        """How many sources and sinks each rule uses."""
        self.uses = 0
        """How many symbols are used, and by whom does not matter."""
        self.lock = threading.RLock()
        """Held by who gives the plugin a command."""
        self.changed = threading.Condition()
        """Told when a process has started."""
        self._make = make
        self._host: Host | None = None
        self._running = False
        self._starting = False
        self._ends = False
        self._gone = threading.Event()
        self._unheard: list[str] = []
        self._functions: dict[str, Function] = {}

    @property
    def host(self) -> Host:
        """What talks to the process; raises PluginError where it never started."""
        if self._host is None:
            raise PluginError(f"plugin {self.name} is not running")
        return self._host

    @property
    def is_running(self) -> bool:
        """Whether the process has shaken hands and lives."""
        return self._running

    def as_json(self) -> dict[str, Any]:
        """The status as servers tell it (api section 8.3)."""
        return {
            "refCount": dict(sorted(self.references.items())),
            "status": self.status.word,
            "errMsg": self.status.message,
        }

    def start(self, program: Program) -> str:
        """Start the process unless it runs; the words of the server where it does not start."""
        if self._running:
            return ""
        with self.lock:  # a command now would take the handshake for its answer
            words = self._start(program)
        with self.changed:
            self.changed.notify_all()
        return words

    def stop(self) -> bool:
        """Kill the process; whether it ran. Sockets stay for the rules that use them."""
        was_running = self._running
        self.status = Status("stop")
        self.give_up()
        if was_running:
            self._gone.wait(_GOES_WITHIN)
        if not self.uses:
            self.close()
        return was_running

    def give_up(self) -> None:
        """Kill the process, from any thread, even while it starts."""
        self._ends = True
        if self._host is not None:
            self._host.kill()

    def close(self) -> None:
        """Kill the process and let go of everything."""
        self._ends = True
        host, self._host = self._host, None
        self.uses -= len(self._functions)
        self._functions.clear()
        if host is not None:
            host.close()

    def fail(self, words: str) -> None:
        """The process is not even tried, for this reason."""
        self.status = Status("error", words)

    def runs_function(self, symbol: str) -> bool:
        """Whether the function was started, in this process or the one before."""
        return symbol in self._functions

    def function(self, symbol: str, tells_timeouts: bool) -> Function:
        """A function, which is started once and used from then on: no server ends it."""
        with self.lock:
            if symbol not in self._functions:
                self._functions[symbol] = Function(self, symbol, tells_timeouts=tells_timeouts)
                self.uses += 1
            return self._functions[symbol]

    def add_reference(self, rule: str) -> None:
        """A rule uses one more source or sink."""
        self.references[rule] = self.references.get(rule, 0) + 1

    def drop_reference(self, rule: str) -> None:
        """A rule uses one less; without a process the servers find out when the next one starts."""
        if not self._running:
            self._unheard.append(rule)
            return
        left = self.references.pop(rule, 0) - 1
        if left > 0:
            self.references[rule] = left

    def _start(self, program: Program) -> str:
        self._starting, self._ends = True, False
        status = Status("running")
        try:
            if self._host is None:
                self._host = self._make(program, self._on_end)
                self._host.open()
                if self._host.isolated:
                    _LOG.warning(_ISOLATED, self.name)
            else:
                self._host.restart(program)
        except KuiperPackError as error:
            if (
                isinstance(error, _NOT_STARTED)
                or self._host is None
                or self._host.status is not None
            ):
                return self._failed(error, str(program.executable))
            status = Status("error", f"receive error: {getattr(error, 'answer', error)}")
        except OSError as error:
            return self._failed(CannotStart(str(error), said(error)), str(program.executable))
        finally:
            self._starting = False
        self._gone.clear()
        self._running = True
        self.status = status
        unheard, self._unheard = self._unheard, []
        for rule in unheard:
            self.drop_reference(rule)
        if self._host.status is not None:  # it ended this moment
            self._on_end(self._host.status)
        return ""

    def _failed(self, error: KuiperPackError, executable: str) -> str:
        if not self._ends:
            _LOG.warning("%s", error)
        if self._host is not None and self.uses:
            self.give_up()
        else:
            self.close()
        words = str(error)
        if isinstance(error, _NOT_STARTED):
            words = not_started(error, executable)
        # the handshake is late first, and the process is killed then, if there is still one
        message = words.rpartition(" error: ")[2]
        if isinstance(error, NoHandshake):
            message = ended(-9)
        elif isinstance(error, CannotStart):
            message = words.rpartition(" stops with error ")[2]
        elif isinstance(error, InUse):
            message = words.partition(": ")[2]
        self.status = Status("error", message)
        return words

    def _on_end(self, status: int) -> None:
        """In a thread of the host: the process has ended."""
        self._running = False
        words = ended(status)
        if words and not self._starting:
            if not self._ends:
                _LOG.warning("plugin %s ended: %s", self.name, words)
            self.status = Status("error", words)
        self._gone.set()
