"""One thread that watches sockets and pipes, and calls back when there is something to read."""

import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class HasFileno(Protocol):
    """A socket or a pipe."""

    def fileno(self) -> int:
        """The number of its descriptor."""


class Reactor:
    """Watches files in a thread of its own until it is closed.

    Callbacks run in that thread, one at a time; what they raise ends the watching of their file.
    ``watch`` and ``unwatch`` raise ValueError once it is closed.
    """

    def __init__(self, name: str) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._waker.setblocking(False)
        self._selector.register(self._wake, selectors.EVENT_READ, self._woken)
        self._orders: deque[Callable[[], None]] = deque()
        self._ends = False
        self._closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_current(self) -> bool:
        """Whether the caller is a callback."""
        return threading.current_thread() is self._thread

    def watch(self, file: HasFileno, callback: Callable[[], None]) -> None:
        """Call ``callback`` whenever ``file`` can be read."""
        self._do(lambda: self._selector.register(file, selectors.EVENT_READ, callback))

    def unwatch(self, file: HasFileno) -> None:
        """Watch ``file`` no longer; when this returns its callback does not run."""

        def unregister() -> None:
            with suppress(KeyError, ValueError):
                self._selector.unregister(file)

        self._do(unregister)

    def close(self) -> None:
        """End the thread; files that are watched stay open."""
        if self._closed:
            return
        self._do(self._end, last=True)
        self._thread.join()
        self._selector.close()
        self._wake.close()
        self._waker.close()

    def settle(self) -> None:
        """Return when all that can be read at the moment of the call was read; nothing if closed.

        Two rounds: the first ends with a look at the files, the second behind their callbacks.
        """
        with suppress(ValueError):
            for _ in range(2):
                self._do(lambda: None)

    def _do(self, order: Callable[[], Result], *, last: bool = False) -> Result:
        """Let the thread carry out an order, and wait for it; none is taken after the last."""
        if self.is_current:
            return order()
        done = threading.Event()
        results: list[Result] = []
        errors: list[BaseException] = []

        def carry_out() -> None:
            try:
                results.append(order())
            except BaseException as error:
                errors.append(error)
            finally:
                done.set()

        with self._lock:
            if self._closed:
                raise ValueError("the reactor is closed")
            self._closed = last
            self._orders.append(carry_out)
            with suppress(BlockingIOError):  # it is awake
                self._waker.send(b"\0")
        done.wait()
        if errors:
            raise errors[0]
        return results[0]

    def _end(self) -> None:
        self._ends = True

    def _woken(self) -> None:
        with suppress(BlockingIOError):
            self._wake.recv(4096)
        while self._orders:
            self._orders.popleft()()

    def _run(self) -> None:
        while not self._ends:
            for key, _ in self._selector.select():
                if self._is_watched(key):
                    try:
                        key.data()
                    except Exception:  # the thread serves many files and must outlive one
                        with suppress(KeyError, ValueError):
                            self._selector.unregister(key.fileobj)

    def _is_watched(self, key: selectors.SelectorKey) -> bool:
        """Whether a callback before it has not ended the watching."""
        return self._selector.get_map().get(key.fd) is key
