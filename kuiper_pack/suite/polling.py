"""Asking a server again until something holds, since it does some things in its own time."""

import math
import time
from collections.abc import Callable

from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.subject import Server

_FIRST, _LONGEST = 0.01, 0.5
"""Seconds between two requests, at first and in the end."""


def polled(
    server: Server, ask: Callable[[], Reply], enough: Callable[[Reply, float], bool]
) -> Reply:
    """The first reply that is ``enough``, which is told the seconds since the first request too.

    Only what was asked last stays among the exchanges, behind an event that tells of the rest; what
    follows is counted as if it had been asked once.
    """
    transport, pause, times = server.transport, _FIRST, 1
    begun, before = time.monotonic(), len(transport.exchanges)
    while True:
        reply = ask()
        seconds = time.monotonic() - begun
        if enough(reply, seconds):
            break
        time.sleep(pause)
        transport.forget(before)
        pause, times = min(2 * pause, _LONGEST), times + 1
    if times > 1:
        text = f"the same was asked {times} times in {seconds:.1f} seconds"
        transport.waited(before, text, f"sleep {math.ceil(seconds)}")
    return reply
